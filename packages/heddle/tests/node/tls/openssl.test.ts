import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { type Coroutine, fromPromise, getEventLoop, run, type StreamReader, sleep } from "heddle";
import { openConnection, startServer } from "heddle/node";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { text } from "../../bytes.ts";
import { caught } from "../../caught.ts";
import { ca, client, localhost, otherHost, pathOf } from "./certificates.ts";
import { dialTls, serveTls } from "./securing.ts";

const installed = spawnSync("openssl", ["version"]).status === 0;
if (!installed) console.log("openssl.test.ts: skipped, since openssl is not installed");

const host = "127.0.0.1";

afterEach(() => getEventLoop().setExceptionHandler(null));

/** `openssl` with these arguments; it ends with the test. */
function openssl(...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn("openssl", args, { stdio: "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data) => {
      output += data;
    });
  }
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return { child, output: () => output };
}

const ended = (child: ChildProcess) =>
  fromPromise(new Promise<number | null>((resolve) => child.once("close", resolve)));

const certificateOf = (name: string) => [
  "-cert",
  pathOf(`${name}.pem`),
  "-key",
  pathOf(`${name}.key.pem`),
];

/** What comes up to `words`. */
function* until(reader: StreamReader, words: string): Coroutine<string> {
  return text(yield* reader.readuntil(words));
}

describe.skipIf(!installed)("openssl s_client", () => {
  test.each(["-tls1_2", "-tls1_3"])("%s: talks with a server, and ends", (version) =>
    run(function* () {
      const { port } = yield* serveTls({ alpnProtocols: ["heddle/1"] }, function* (reader, writer) {
        for (;;) {
          const line = yield* reader.readline();
          if (line.length === 0) break;
          writer.write(text(line).toUpperCase());
        }
        writer.write("that was all\n");
        writer.close();
      });
      const { child, output } = openssl(
        ..."s_client -quiet -verify_return_error -servername localhost -alpn heddle/1".split(" "),
        ...["-CAfile", pathOf("ca.pem"), "-verify_hostname", "localhost", version],
        ...["-connect", `${host}:${port}`, "-no_ign_eof"],
      );
      child.stdin?.write("one\ntwo\n");
      while (!output().includes("TWO\n")) yield* sleep(5);
      child.stdin?.end();
      yield* ended(child);
      expect(output()).toContain("ONE\nTWO\n");
    }),
  );

  test("gives its certificate, and asks for a name", () =>
    run(function* () {
      const seen: unknown[] = [];
      const { port } = yield* serveTls(
        { ca, requestCert: true, sni: { "other.test": otherHost }, ...localhost },
        function* (_, writer) {
          seen.push(writer.getExtraInfo("peercert")?.subject.CN, writer.getExtraInfo("servername"));
          writer.write("welcome\n");
          writer.close();
        },
      );
      const { child, output } = openssl(
        ..."s_client -servername other.test".split(" "),
        ...["-CAfile", pathOf("ca.pem"), "-connect", `${host}:${port}`, ...certificateOf("client")],
      );
      yield* ended(child);
      expect(output()).toContain("subject=CN = heddle's other-host");
      expect(output()).toContain("Verify return code: 0 (ok)");
      expect(output()).toContain("welcome\n");
      expect(seen).toEqual(["heddle's client", "other.test"]);
    }));

  test("-starttls smtp: in mid-stream", () =>
    run(function* () {
      const server = yield* startServer(
        function* (reader, writer) {
          writer.write("220 mail.test ready\r\n");
          yield* until(reader, "\r\n");
          writer.write("250-mail.test\r\n250 STARTTLS\r\n");
          yield* until(reader, "STARTTLS\r\n");
          writer.write("220 go on\r\n");
          yield* writer.startTls(localhost);
          writer.write(`250 secure: ${text(yield* reader.readline())}`);
          writer.close();
        },
        { host, port: 0 },
      );
      const { child, output } = openssl(
        ..."s_client -quiet -starttls smtp -verify_return_error -servername localhost".split(" "),
        ...["-CAfile", pathOf("ca.pem"), "-connect", `${host}:${server.sockets[0]?.port}`],
      );
      child.stdin?.write("NOOP\n");
      yield* ended(child);
      expect(output()).toContain("250 secure: NOOP");
    }));

  test("does not accept a certificate: the server lives on", () =>
    run(function* () {
      getEventLoop().setExceptionHandler(() => {});
      const { port } = yield* serveTls();
      const { child } = openssl(
        ..."s_client -verify_return_error -verify_hostname other.test".split(" "),
        ...["-CAfile", pathOf("ca.pem"), "-connect", `${host}:${port}`],
      );
      expect(yield* ended(child)).not.toBe(0);
      const [reader, writer] = yield* dialTls(port);
      writer.write("x");
      expect(text(yield* reader.readexactly(1))).toBe("x");
    }));
});

/** A port that is free now. */
function* freePort(): Coroutine<number> {
  const server = createServer();
  yield* fromPromise(new Promise<void>((ready) => server.listen(0, host, ready)));
  const { port } = server.address() as AddressInfo;
  yield* fromPromise(new Promise<void>((gone) => server.close(() => gone())));
  return port;
}

/** `openssl s_server` on a free port. */
function* sServer(...args: string[]): Coroutine<{ port: number; child: ChildProcess }> {
  const port = yield* freePort();
  const { child, output } = openssl("s_server", "-accept", `${host}:${port}`, ...args);
  while (!output().includes("ACCEPT")) yield* sleep(5);
  return { port, child };
}

describe.skipIf(!installed)("openssl s_server", () => {
  test.each(["-tls1_2", "-tls1_3"])("%s: is talked to by a client", (version) =>
    run(function* () {
      const { port } = yield* sServer("-rev", version, ...certificateOf("localhost"));
      const [reader, writer] = yield* dialTls(port);
      writer.write("heddle\n");
      expect(text(yield* reader.readline())).toBe("elddeh\n");
      writer.close();
      yield* writer.waitClosed();
    }),
  );

  test("speaks HTTP, ends by itself, and agrees on a protocol", () =>
    run(function* () {
      const { port } = yield* sServer("-www", "-alpn", "http/1.1", ...certificateOf("localhost"));
      const [reader, writer] = yield* dialTls(port, { alpnProtocols: ["h2", "http/1.1"] });
      expect(writer.getExtraInfo("alpnProtocol")).toBe("http/1.1");
      writer.write("GET / HTTP/1.0\r\n\r\n");
      expect(text(yield* reader.read())).toContain("HTTP/1.0 200 ok");
    }));

  test("wants a certificate", () =>
    run(function* () {
      const { port } = yield* sServer(
        ...["-rev", "-Verify", "1", "-verify_return_error", "-CAfile", pathOf("ca.pem")],
        ...certificateOf("localhost"),
      );
      const [reader, writer] = yield* dialTls(port, client);
      writer.write("ab\n");
      expect(text(yield* reader.readline())).toBe("ba\n");
      writer.close();
      const [refused] = yield* dialTls(port);
      expect(yield* caught(refused.readexactly(1))).toMatchObject({
        code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
      });
    }));

  test("has a certificate for another host, or speaks a version that is too old", () =>
    run(function* () {
      const { port } = yield* sServer("-rev", ...certificateOf("other-host"));
      expect(yield* caught(dialTls(port))).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
      const { port: old } = yield* sServer("-rev", "-tls1_2", ...certificateOf("localhost"));
      const error = yield* caught(
        openConnection({ host, port: old, tls: { ca, minVersion: "TLSv1.3" } }),
      );
      expect(error).toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" });
    }));
});
