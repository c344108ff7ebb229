import { createServer as createNodeServer, type Socket } from "node:net";
import { connect, TLSSocket } from "node:tls";
import {
  createTask,
  Event,
  fromPromise,
  gather,
  getEventLoop,
  type IncompleteReadError,
  Protocol,
  run,
  sleep,
  type Transport,
  wait,
} from "heddle";
import {
  connectAcceptedSocket,
  createConnection,
  createServer,
  openConnection,
  openUnixConnection,
  startUnixServer,
} from "heddle/node";
import { afterEach, describe, expect, test } from "vitest";
import { text } from "../../bytes.ts";
import { caught } from "../../caught.ts";
import { networks } from "../networks.ts";
import { echo } from "../serving.ts";
import { ca, client, localhost, locked, otherHost, pfx, selfSigned } from "./certificates.ts";
import { between, dialTls, reasons, reports, serveTls } from "./securing.ts";

afterEach(() => getEventLoop().setExceptionHandler(null));

describe.each(networks)("$name", ({ run }) => {
  test("an echo by TLS, and what is known of the connection", () =>
    run(function* () {
      const seen: unknown[] = [];
      const { port, server } = yield* serveTls({}, function* (reader, writer) {
        seen.push(writer.getExtraInfo("servername"), writer.getExtraInfo("peercert"));
        yield* echo(reader, writer);
      });
      const [reader, writer] = yield* dialTls(port);
      writer.write("hello\n");
      expect(text(yield* reader.readline())).toBe("hello\n");

      expect(writer.getExtraInfo("socket")).toBeInstanceOf(TLSSocket);
      expect(writer.getExtraInfo("peername")).toEqual({
        address: "127.0.0.1",
        port,
        family: "IPv4",
      });
      expect(writer.getExtraInfo("peercert")?.subject).toEqual({ CN: "heddle's localhost" });
      expect(writer.getExtraInfo("peercert")?.subjectaltname).toBe(
        "DNS:localhost, IP Address:127.0.0.1",
      );
      expect(writer.getExtraInfo("authorized")).toBe(true);
      expect(writer.getExtraInfo("cipher")).toEqual({
        name: "TLS_AES_256_GCM_SHA384",
        version: "TLSv1.3",
      });
      expect(writer.getExtraInfo("servername")).toBe("localhost");
      expect(writer.getExtraInfo("alpnProtocol")).toBeUndefined();
      expect(writer.getExtraInfo("nothing", "of the kind")).toBe("of the kind");
      expect(seen).toEqual(["localhost", undefined]);

      writer.close();
      yield* writer.waitClosed();
      expect(writer.getExtraInfo("peercert")).toBeUndefined();
      server.close();
      yield* server.waitClosed();
    }));

  test("the certificate may be for an address: then no name is sent", () =>
    run(function* () {
      const { port } = yield* serveTls();
      const [, writer] = yield* openConnection({ host: "127.0.0.1", port, tls: { ca } });
      expect(writer.getExtraInfo("servername")).toBeUndefined();
      expect(writer.getExtraInfo("authorized")).toBe(true);
    }));

  test("protocols: their calls are those of TCP", () =>
    run(function* () {
      const calls: string[] = [];
      const over = new Event();
      class Recorder extends Protocol {
        transport: Transport | null = null;
        readonly name: string;
        constructor(name: string) {
          super();
          this.name = name;
        }
        override connectionMade(transport: Transport): void {
          this.transport = transport;
          calls.push(`${this.name} made`);
        }
        override dataReceived(data: Uint8Array): void {
          calls.push(`${this.name} ${text(data)}`);
          if (this.name === "server") this.transport?.write(data);
          else this.transport?.writeEof();
        }
        override eofReceived(): boolean {
          calls.push(`${this.name} eof`);
          return false;
        }
        override connectionLost(error: Error | null): void {
          calls.push(`${this.name} lost ${error}`);
          if (this.name === "client") over.set();
        }
      }
      const server = yield* createServer(() => new Recorder("server"), {
        host: "127.0.0.1",
        port: 0,
        tls: localhost,
      });
      const [transport] = yield* createConnection(() => new Recorder("client"), {
        host: "127.0.0.1",
        port: server.sockets[0]?.port as number,
        tls: { ca },
      });
      transport.write(Buffer.from("hello"));
      yield* over.wait();
      server.close();
      yield* server.waitClosed();
      expect(calls.filter((call) => call.startsWith("client"))).toEqual([
        "client made",
        "client hello",
        "client eof",
        "client lost null",
      ]);
      expect(calls.filter((call) => call.startsWith("server"))).toEqual([
        "server made",
        "server hello",
        "server eof",
        "server lost null",
      ]);
    }));

  describe.each(["TLSv1.3", "TLSv1.2"] as const)("by %s", (version) => {
    test("either side may end its half and be answered", () =>
      run(function* () {
        const { port } = yield* serveTls({ maxVersion: version }, function* (reader, writer) {
          const all = yield* reader.read();
          yield* sleep(1);
          writer.write(`got ${text(all)}`);
          writer.close();
        });
        const [reader, writer] = yield* dialTls(port);
        expect(writer.getExtraInfo("cipher")?.version).toBe(version);
        writer.write("all of it");
        expect(writer.canWriteEof()).toBe(true);
        writer.writeEof();
        expect(text(yield* reader.read())).toBe("got all of it");
        expect(() => writer.write("more")).toThrow("cannot call write() after writeEof()");
        writer.close();
        yield* writer.waitClosed();
      }));

    test("megabytes go both ways at once, with little in the buffers", () =>
      run(function* () {
        const size = 8 * 1024 * 1024;
        const { port } = yield* serveTls({ maxVersion: version });
        const [reader, writer] = yield* dialTls(port);
        const piece = Buffer.alloc(64 * 1024, "0123456789abcdefg");
        let most = 0;
        const send = function* () {
          for (let sent = 0; sent < size; sent += piece.length) {
            writer.write(piece);
            most = Math.max(most, writer.transport.getWriteBufferSize());
            yield* writer.drain();
          }
          writer.writeEof();
        };
        const receive = function* () {
          for (let at = 0; ; ) {
            const data = yield* reader.read(1 << 20);
            if (data.length === 0) return at;
            for (let i = 0; i < data.length; i += 4099) {
              if (data[i] !== piece[(at + i) % piece.length]) return -1;
            }
            at += data.length;
          }
        };
        const [, received] = yield* gather([send(), receive()]);
        expect(received).toBe(size);
        expect(most).toBeLessThan(64 * 1024 + piece.length + 1);
      }));
  });

  describe("application protocols", () => {
    test("the first of the server's that the client speaks", () =>
      run(function* () {
        const { port } = yield* serveTls({ alpnProtocols: ["h3", "one", "two"] });
        const [, writer] = yield* dialTls(port, { alpnProtocols: ["two", "one"] });
        expect(writer.getExtraInfo("alpnProtocol")).toBe("one");
      }));

    test("none in common is an error on both sides", () =>
      run(function* () {
        const told = reports();
        const { port } = yield* serveTls({ alpnProtocols: ["one"] });
        const error = yield* caught(dialTls(port, { alpnProtocols: ["two"] }));
        expect(error).toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL" });
        expect(String(error)).toContain("have no application protocol in common (alpnProtocols)");
        yield* sleep(5);
        expect(told.length).toBe(1);
      }));
  });

  describe("a certificate for each name", () => {
    const subject = function* (port: number, servername: string) {
      const [, writer] = yield* dialTls(port, { servername });
      const name = writer.getExtraInfo("peercert")?.subject.CN;
      writer.close();
      return name;
    };

    test("by a record, with a star", () =>
      run(function* () {
        const { port } = yield* serveTls({
          ...localhost,
          sni: { "other.test": otherHost, "*.wild.test": otherHost },
        });
        expect(yield* subject(port, "other.test")).toBe("heddle's other-host");
        expect(yield* subject(port, "OTHER.test")).toBe("heddle's other-host");
        expect(yield* subject(port, "any.wild.test")).toBe("heddle's other-host");
        expect(yield* subject(port, "localhost")).toBe("heddle's localhost");
        // One part more, not two.
        const deep = yield* caught(subject(port, "a.b.wild.test"));
        expect(deep).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
      }));

    test.each([
      ["a function", (name: string) => (name === "other.test" ? otherHost : null)],
      ["an async function", async (name: string) => (name === "other.test" ? otherHost : null)],
      [
        "a coroutine function",
        function* (name: string) {
          yield* sleep(1);
          return name === "other.test" ? otherHost : null;
        },
      ],
    ])("by %s", (_, sni) =>
      run(function* () {
        const { port } = yield* serveTls({ ...localhost, sni });
        expect(yield* subject(port, "other.test")).toBe("heddle's other-host");
        expect(yield* subject(port, "localhost")).toBe("heddle's localhost");
      }),
    );

    test("what it throws fails that handshake alone", () =>
      run(function* () {
        const told = reports();
        const { port } = yield* serveTls({
          ...localhost,
          sni: (name) => {
            if (name === "localhost") return null;
            throw new RangeError(`no ${name} here`);
          },
        });
        expect(yield* caught(subject(port, "other.test"))).toMatchObject({ code: "ECONNRESET" });
        yield* sleep(1);
        expect(reasons(told)).toEqual([
          ["the TLS handshake with 127.0.0.1:PORT failed", undefined, "no other.test here"],
        ]);
        expect(yield* subject(port, "localhost")).toBe("heddle's localhost");
      }));

    test("so does what is no answer", () =>
      run(function* () {
        const told = reports();
        const { port } = yield* serveTls({ ...localhost, sni: () => ({ cert: "rubbish" }) });
        expect(yield* caught(subject(port, "other.test"))).toMatchObject({ code: "ECONNRESET" });
        yield* sleep(1);
        expect(String(told[0]?.exception)).toContain("the answer of sni() needs PEM as its cert");
      }));
  });

  describe("certificates of clients", () => {
    test("one that is asked for and valid", () =>
      run(function* () {
        const { port } = yield* serveTls({ ca, requestCert: true }, function* (_, writer) {
          writer.write(String(writer.getExtraInfo("peercert")?.subject.CN));
          writer.close();
        });
        const [reader] = yield* dialTls(port, client);
        expect(text(yield* reader.read())).toBe("heddle's client");
      }));

    test("none: refused, in words, on both sides", () =>
      run(function* () {
        const told = reports();
        const { port } = yield* serveTls({ ca, requestCert: true });
        // By TLS 1.3 the client learns of it by its first read.
        const [reader] = yield* dialTls(port);
        const error = yield* caught(reader.read(1));
        expect(error).toMatchObject({ code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" });
        expect(String(error)).toContain(
          "the other side requires a certificate: give `cert` and `key`",
        );
        expect(reasons(told)).toEqual([
          [
            "the TLS handshake with 127.0.0.1:PORT failed",
            "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE",
            "no secure connection with 127.0.0.1:PORT: it gave no certificate, which is required " +
              "(requestCert) (ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE)",
          ],
        ]);
      }));

    test("one of nobody's: the server says which it was", () =>
      run(function* () {
        const told = reports();
        const { port } = yield* serveTls({ ca, requestCert: true });
        const [reader] = yield* dialTls(port, selfSigned);
        expect((yield* caught(reader.readexactly(1))) instanceof Error).toBe(true);
        yield* sleep(1);
        expect(told.map(({ exception }) => (exception as { code?: string }).code)).toEqual([
          "DEPTH_ZERO_SELF_SIGNED_CERT",
        ]);
      }));

    test("rejectUnauthorized: false leaves it to the handler", () =>
      run(function* () {
        const options = { ca, requestCert: true, rejectUnauthorized: false };
        const { port } = yield* serveTls(options, function* (_, writer) {
          writer.write(String(writer.getExtraInfo("authorized")));
          writer.close();
        });
        expect(text(yield* (yield* dialTls(port))[0].read())).toBe("false");
        expect(text(yield* (yield* dialTls(port, client))[0].read())).toBe("true");
      }));
  });

  describe("the forms of a certificate", () => {
    test.each([
      [
        "bytes",
        { cert: Buffer.from(localhost.cert), key: new TextEncoder().encode(localhost.key) },
      ],
      ["arrays", { cert: [localhost.cert], key: [Buffer.from(localhost.key)] }],
      ["a locked key", { cert: localhost.cert, ...locked }],
      ["PKCS #12", pfx],
    ])("%s", (_, tls) =>
      run(function* () {
        const { port } = yield* serveTls(tls);
        const [reader, writer] = yield* dialTls(port, { ca: [Buffer.from(ca), otherHost.cert] });
        writer.write("x");
        expect(text(yield* reader.readexactly(1))).toBe("x");
      }),
    );
  });
});

describe("on the system's network alone", () => {
  test("the name is the host's, if no other is given", () =>
    run(function* () {
      const { port } = yield* serveTls();
      const [, writer] = yield* openConnection({ host: "localhost", family: 4, port, tls: { ca } });
      expect(writer.getExtraInfo("servername")).toBe("localhost");
    }));

  test("a peer that never reads: the writer waits", () =>
    run(function* () {
      const { port } = yield* serveTls({}, function* () {
        yield* sleep(Number.POSITIVE_INFINITY);
      });
      const [, writer] = yield* dialTls(port);
      let rounds = 0;
      const writing = (function* () {
        for (;;) {
          writer.write(Buffer.alloc(256 * 1024));
          yield* writer.drain();
          rounds++;
        }
      })();
      // The system's own buffers are of some megabytes. A real time: it is the system that is to be full.
      const task = createTask(writing);
      yield* wait([task], { timeout: 300 });
      const before = rounds;
      yield* wait([task], { timeout: 50 });
      expect(rounds).toBe(before);
      expect(writer.transport.getWriteBufferSize()).toBeLessThanOrEqual(512 * 1024);
      task.cancel();
      writer.transport.abort();
    }));

  test("an end without TLS's own farewell is an end", () =>
    run(function* () {
      const { port } = yield* serveTls();
      const middle = yield* between(port);
      const [reader, writer] = yield* dialTls(middle.port);
      writer.write("half a sen");
      yield* reader.readexactly(5);
      for (const socket of middle.inbound) socket.end();
      const error = yield* caught(reader.readexactly(100));
      expect(error).toMatchObject({ name: "IncompleteReadError", expected: 100 });
      expect(text((error as IncompleteReadError).partial)).toBe("a sen");
      writer.close();
      yield* writer.waitClosed();
      middle.server.close();
    }));

  test("what is no TLS in mid-stream ends the connection, on either side", () =>
    run(function* () {
      const heard: unknown[] = [];
      const { port, server } = yield* serveTls({}, function* (reader, writer) {
        yield* reader.readexactly(1);
        writer.write("y");
        heard.push(yield* caught(reader.readexactly(100)));
      });
      const middle = yield* between(port);
      for (const sockets of [middle.inbound, middle.outbound]) {
        const [reader, writer] = yield* dialTls(middle.port);
        writer.write("x");
        yield* reader.readexactly(1);
        sockets.at(-1)?.write("this is in the clear");
        if (sockets === middle.inbound) heard.push(yield* caught(reader.readexactly(100)));
        else yield* caught(reader.readexactly(100));
        yield* caught(writer.waitClosed());
      }
      server.close();
      yield* server.waitClosed();
      const words = "TLS ended the connection: what came is not TLS, or was changed";
      const told = heard.map(String).filter((each) => each.includes(words));
      expect(told.length).toBe(2);
      middle.server.close();
    }));

  test("a reset is a ConnectionResetError", () =>
    run(function* () {
      const { port } = yield* serveTls();
      const middle = yield* between(port);
      const [reader, writer] = yield* dialTls(middle.port);
      writer.write("x");
      yield* reader.readexactly(1);
      for (const socket of middle.inbound) socket.resetAndDestroy();
      expect(yield* caught(reader.read(1))).toMatchObject({
        name: "ConnectionResetError",
        code: "ECONNRESET",
      });
      expect(yield* caught(writer.waitClosed())).toMatchObject({ name: "ConnectionResetError" });
      for (const socket of middle.outbound) socket.destroy();
      middle.server.close();
    }));

  test("a session is resumed", () =>
    run(function* () {
      const { port } = yield* serveTls();
      const [reader, writer] = yield* dialTls(port);
      let session: Buffer | undefined;
      const socket = writer.getExtraInfo("socket") as TLSSocket;
      socket.on("session", (it: Buffer) => {
        session = it;
      });
      writer.write("x");
      yield* reader.readexactly(1);
      expect(socket.isSessionReused()).toBe(false);
      const [, again] = yield* dialTls(port, { session: session as Buffer });
      expect((again.getExtraInfo("socket") as TLSSocket).isSessionReused()).toBe(true);
    }));

  test("by a Unix socket: whose certificate it is must be said", () =>
    run(function* () {
      const path = `\0heddle-tls-${process.pid}`;
      yield* startUnixServer(echo, { path, tls: localhost });
      expect(() => openUnixConnection({ path, tls: { ca } })).toThrow(
        "tls of openUnixConnection() needs a servername: the name that the",
      );
      const [reader, writer] = yield* openUnixConnection({
        path,
        tls: { ca, servername: "localhost" },
      });
      writer.write("x");
      expect(text(yield* reader.readexactly(1))).toBe("x");
    }));

  test("a socket that was accepted elsewhere", () =>
    run(function* () {
      const sockets: Socket[] = [];
      const came = new Event();
      const server = createNodeServer({ allowHalfOpen: true }, (socket) => {
        sockets.push(socket);
        came.set();
      });
      yield* fromPromise(new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready)));
      const { port } = server.address() as { port: number };
      const calling = createTask(dialTls(port));
      yield* came.wait();
      class Greeter extends Protocol {
        override connectionMade(transport: Transport): void {
          transport.write(Buffer.from("welcome"));
          transport.close();
        }
      }
      yield* connectAcceptedSocket(() => new Greeter(), sockets[0] as Socket, { tls: localhost });
      const [reader] = yield* calling;
      expect(text(yield* reader.read())).toBe("welcome");
      server.close();
    }));

  test("what is written at the very end is sent", async () => {
    const received: Buffer[] = [];
    let ended: Promise<unknown> | undefined;
    await run(function* () {
      const connected = new Event();
      const { port } = yield* serveTls({}, function* (_, writer) {
        connected.set();
        writer.write("x".repeat(1_000_000));
        writer.write("the end");
        yield* sleep(Number.POSITIVE_INFINITY);
      });
      const socket = connect({ port, host: "127.0.0.1", ca, servername: "localhost" });
      socket.on("data", (data) => received.push(data));
      ended = new Promise((resolve) => socket.once("end", resolve));
      yield* connected.wait();
    });
    // The other end is none of the run's: its last events may still be on their way.
    await ended;
    const whole = Buffer.concat(received);
    expect(whole.length).toBe(1_000_007);
    expect(whole.subarray(-7).toString()).toBe("the end");
  });
});
