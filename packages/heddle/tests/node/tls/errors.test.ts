import {
  connect,
  createServer as createNodeServer,
  type Server as NetServer,
  type Socket,
} from "node:net";
import {
  CancelledError,
  type Coroutine,
  createTask,
  Event,
  fromPromise,
  getEventLoop,
  run,
  sleep,
  TimeoutError,
} from "heddle";
import { openConnection, startServer } from "heddle/node";
import { afterEach, describe, expect, test } from "vitest";
import { text } from "../../bytes.ts";
import { caught } from "../../caught.ts";
import { echo, serve } from "../serving.ts";
import { ca, expired, localhost, otherHost, selfSigned } from "./certificates.ts";
import { dialTls, reasons, reports, serveTls } from "./securing.ts";

const host = "127.0.0.1";

afterEach(() => getEventLoop().setExceptionHandler(null));

/** A server of plain TCP that is none of the run's. */
function* raw(onSocket: (socket: Socket) => void): Coroutine<{ port: number; server: NetServer }> {
  const server = createNodeServer(onSocket);
  yield* fromPromise(new Promise<void>((ready) => server.listen(0, host, ready)));
  return { server, port: (server.address() as { port: number }).port };
}

describe("the server's certificate", () => {
  test("is for checkServerIdentity to judge, which returns or throws", () =>
    run(function* () {
      reports();
      const { port } = yield* serveTls();
      const error = new Error("not the one that was pinned");
      const checks = [
        () => error,
        () => {
          throw error;
        },
      ];
      for (const checkServerIdentity of checks) {
        expect((yield* caught(dialTls(port, { checkServerIdentity }))) === error).toBe(true);
      }
    }));

  test.each([
    ["has expired", expired, { ca }, "CERT_HAS_EXPIRED", "its certificate has expired"],
    [
      "is self-signed",
      selfSigned,
      { ca },
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "its certificate is self-signed. If it is to be trusted, give it as `ca`",
    ],
    [
      "is of an authority that nobody knows",
      localhost,
      { ca: undefined },
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "nobody who is trusted here vouches for its certificate. If it is to be trusted, give the " +
        "authority's certificate as `ca` (or the other side leaves out one in between)",
    ],
    [
      "comes with an authority that nobody knows",
      { cert: localhost.cert + ca, key: localhost.key },
      { ca: undefined },
      "SELF_SIGNED_CERT_IN_CHAIN",
      "nobody who is trusted here vouches for its certificate. If it is to be trusted, give the " +
        "authority's certificate as `ca` (or the other side leaves out one in between)",
    ],
    [
      "is for another host",
      otherHost,
      { ca },
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "its certificate is for another host: Host: localhost. is not in the cert's altnames: " +
        "DNS:other.test, DNS:*.wild.test",
    ],
  ])("%s", (_, server, client, code, why) =>
    run(function* () {
      const told = reports();
      const { port } = yield* serveTls(server);
      const options = { servername: "localhost", ...client } as { servername: string };
      const error = yield* caught(openConnection({ host, port, tls: options }));
      expect(error).toMatchObject({
        code,
        message: `no secure connection to ${host}:${port}: ${why} (${code})`,
      });
      // Who insists gets it.
      const anyway = { ...options, rejectUnauthorized: false };
      const [reader, writer] = yield* openConnection({ host, port, tls: anyway });
      expect(writer.getExtraInfo("authorized")).toBe(false);
      writer.write("x");
      expect(text(yield* reader.readexactly(1))).toBe("x");
      // The server hears of what the client did not like by TLS 1.2 alone; it lives on.
      expect(told.length).toBeLessThanOrEqual(1);
    }),
  );

  test("is for checkServerIdentity to judge, if there is one", () =>
    run(function* () {
      const { port } = yield* serveTls(otherHost);
      const seen: unknown[] = [];
      const judge = (name: string, { subject }: { subject: object }) => {
        seen.push(name, subject);
        return undefined;
      };
      yield* dialTls(port, { checkServerIdentity: judge });
      expect(seen).toEqual(["localhost", { CN: "heddle's other-host" }]);
      const refuse = () => new RangeError("not this one");
      expect(yield* caught(dialTls(port, { checkServerIdentity: refuse }))).toMatchObject({
        name: "RangeError",
        message: "not this one",
      });
    }));
});

describe("nothing in common", () => {
  test.each([
    [
      "version",
      { minVersion: "TLSv1.3" },
      { maxVersion: "TLSv1.2" },
      "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
      "have no version of TLS in common (minVersion, maxVersion)",
      "ERR_SSL_UNSUPPORTED_PROTOCOL",
    ],
    [
      "cipher",
      { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" },
      { ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" },
      // By its older or its newer name.
      expect.stringMatching(/^ERR_SSL_SSL.*_ALERT_HANDSHAKE_FAILURE$/),
      "have no cipher in common",
      "ERR_SSL_NO_SHARED_CIPHER",
    ],
  ] as const)("no %s", (_, server, client, code, why, serverCode) =>
    run(function* () {
      const told = reports();
      const { port } = yield* serveTls(server);
      const error = yield* caught(dialTls(port, client));
      expect(error).toMatchObject({ code });
      expect(String(error)).toContain(why);
      yield* sleep(1);
      expect(reasons(told)[0]?.[1]).toBe(serverCode);
    }),
  );
});

describe("the other side does not speak TLS", () => {
  test("a server", () =>
    run(function* () {
      const { port } = yield* serve(function* (_, writer) {
        writer.write("220 mail.example.com ready\r\n");
        yield* sleep(Number.POSITIVE_INFINITY);
      });
      expect(yield* caught(dialTls(port))).toMatchObject({
        code: "ERR_SSL_WRONG_VERSION_NUMBER",
        message:
          `no secure connection to ${host}:${port}: the other side does not speak TLS, or not on ` +
          "this port (ERR_SSL_WRONG_VERSION_NUMBER)",
      });
    }));

  test("a client", () =>
    run(function* () {
      const told = reports();
      const { port, server } = yield* serveTls();
      const [reader, writer] = yield* openConnection({ host, port });
      writer.write("GET / HTTP/1.0\r\n\r\n");
      yield* caught(reader.readexactly(1000));
      yield* sleep(1);
      expect(reasons(told)).toEqual([
        [
          "the TLS handshake with 127.0.0.1:PORT failed",
          "ERR_SSL_HTTP_REQUEST",
          "no secure connection with 127.0.0.1:PORT: the other side does not speak TLS, or not on " +
            "this port (ERR_SSL_HTTP_REQUEST)",
        ],
      ]);
      expect(server.statistics().clients).toBe(0);
      yield* dialTls(port);
    }));

  test("or leaves in the middle of the handshake", () =>
    run(function* () {
      const told = reports();
      const middle = yield* raw((socket) => socket.once("data", () => socket.end()).resume());
      const error = yield* caught(dialTls(middle.port));
      expect(error).toMatchObject({ name: "ConnectionResetError", code: "ECONNRESET" });
      expect(String(error)).toContain("the other side closed the connection during the handshake");
      middle.server.close();

      const { port } = yield* serveTls();
      const socket = connect(port, host, () => socket.end());
      yield* fromPromise(new Promise((gone) => socket.once("close", gone)));
      yield* sleep(1);
      expect(reasons(told).map(([, code]) => code)).toEqual(["ECONNRESET"]);
    }));
});

describe("a handshake that takes too long", () => {
  test("at the calling side", () =>
    run(function* () {
      const ended = new Event();
      const silent = yield* raw((socket) => socket.resume().once("close", () => ended.set()));
      const error = yield* caught(dialTls(silent.port, { handshakeTimeout: 5 }));
      expect(error).toBeInstanceOf(TimeoutError);
      expect(String(error)).toContain(
        `no secure connection to ${host}:${silent.port}: the TLS handshake took longer than 5 ms`,
      );
      yield* ended.wait();
      // The limit of the whole includes it.
      const all = openConnection({ host, port: silent.port, tls: { ca }, timeout: 5 });
      expect(String(yield* caught(all))).toContain("no connection to");
      silent.server.close();
    }));

  test("at the side that is called", () =>
    run(function* () {
      const told = reports();
      const { port } = yield* serveTls({ handshakeTimeout: 5 });
      const [reader] = yield* openConnection({ host, port });
      expect((yield* reader.read()).length).toBe(0);
      expect(told[0]?.exception).toBeInstanceOf(TimeoutError);
    }));
});

test("one that is cancelled closes its socket, and leaves no task", () =>
  run(function* () {
    const ended = new Event();
    const began = new Event();
    const silent = yield* raw((socket) => {
      socket.once("data", () => began.set());
      socket.resume().once("close", () => ended.set());
    });
    const task = createTask(dialTls(silent.port));
    yield* began.wait();
    task.cancel();
    expect(yield* caught(task)).toBeInstanceOf(CancelledError);
    yield* ended.wait();
    silent.server.close();
  }));

test("a handshake under way ends with its run", async () => {
  let socket: Socket | undefined;
  const gone = await run(function* () {
    const { port } = yield* serveTls();
    socket = connect(port, host);
    const closed = new Promise((resolve) => socket?.resume().once("close", resolve));
    yield* fromPromise(new Promise((ready) => socket?.once("connect", ready)));
    yield* sleep(1);
    return { closed };
  });
  await gone.closed;
});

describe("options that cannot be are refused at once", () => {
  const dialBad = (tls: unknown) => openConnection({ port: 1, tls } as never);
  const serveBad = (tls: unknown) => startServer(echo, { port: 0, tls } as never);
  const { cert, key } = localhost;
  test.each([
    [dialBad, 7, TypeError, "tls of openConnection() needs an object of options (cert, key, pfx,"],
    [
      dialBad,
      { cert1: cert },
      TypeError,
      `tls of openConnection() has no option "cert1"; there are`,
    ],
    [dialBad, { requestCert: true }, TypeError, `has no option "requestCert"`],
    [dialBad, { ca: "ca.pem" }, TypeError, 'needs PEM as its ca, which has a line "-----BEGIN'],
    [dialBad, { ca: "ca.pem" }, TypeError, 'CERTIFICATE-----": the contents of the file'],
    [
      dialBad,
      { ca: [ca, 7] },
      TypeError,
      "needs PEM (a string, bytes or an array of them) as its ca",
    ],
    [dialBad, { ca: ca.replace("MII", "MMM") }, TypeError, "cannot be read in its ca"],
    [dialBad, { cert, key: "x" }, TypeError, 'as its key, which has a line "-----BEGIN PRIVATE'],
    [dialBad, { minVersion: "1.2" }, TypeError, "needs one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3 as"],
    [
      dialBad,
      { minVersion: "TLSv1.3", maxVersion: "TLSv1.2" },
      RangeError,
      "needs a minVersion that",
    ],
    [dialBad, { ciphers: "NONE-SUCH" }, TypeError, "OpenSSL knows none of its ciphers"],
    [dialBad, { servername: "" }, TypeError, 'needs a string as its servername, got ""'],
    [dialBad, { alpnProtocols: "h2" }, TypeError, "needs an array of names of 1 to 255 bytes"],
    [dialBad, { alpnProtocols: [""] }, TypeError, "needs an array of names of 1 to 255 bytes"],
    [dialBad, { handshakeTimeout: 0 }, RangeError, "needs a handshakeTimeout of at least 1, got 0"],
    [dialBad, { rejectUnauthorized: 0 }, TypeError, "needs true or false as rejectUnauthorized"],
    [dialBad, { checkServerIdentity: 1 }, TypeError, "as checkServerIdentity"],
    [dialBad, { session: "x" }, TypeError, 'the bytes of a "session" event'],
    [dialBad, { secureContext: {} }, TypeError, "needs what tls.createSecureContext() gives"],
    [dialBad, { secureContext: {}, ca }, TypeError, "has ca in its secureContext"],
    [serveBad, true, TypeError, "tls of startServer() needs a cert and its key (or a pfx, or sni)"],
    [serveBad, { cert }, TypeError, "tls of startServer() needs its key, too"],
    [serveBad, { key }, TypeError, "tls of startServer() needs a cert, too"],
    [serveBad, { cert, key: otherHost.key }, TypeError, "its key is not that of its cert"],
    [serveBad, { pfx: "x", passphrase: 7 }, TypeError, "needs a string as its passphrase"],
    [serveBad, { pfx: Buffer.from("x") }, TypeError, "tls of startServer() cannot be used: "],
    [serveBad, { cert, key, sni: 7 }, TypeError, "as sni, got number"],
    [
      serveBad,
      { cert, key, sni: { "a.b": { cert: "x" } } },
      TypeError,
      'sni["a.b"] in tls of startServer() needs PEM',
    ],
    [serveBad, { cert, key, sni: { "a.b": { kert: "x" } } }, TypeError, 'has no option "kert"'],
  ])("%# %o", (call, tls, kind, message) => {
    expect(() => call(tls)).toThrow(kind);
    expect(() => call(tls)).toThrow(message);
  });

  test("a locked key needs its passphrase", async () => {
    const { locked } = await import("./certificates.ts");
    expect(() => serveBad({ cert, key: locked.key })).toThrow("its passphrase is missing or wrong");
    expect(() => serveBad({ cert, ...locked, passphrase: "guess" })).toThrow(
      "its passphrase is missing or wrong",
    );
  });
});
