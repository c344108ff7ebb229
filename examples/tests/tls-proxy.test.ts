import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { connect as secure } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { run } from "heddle";
import { openConnection } from "heddle/node";
import { afterEach, expect, it } from "vitest";
import { installed } from "./installed.ts";
import { startExample } from "./start-program.ts";

const certificates = new URL("../../packages/heddle/tests/node/tls/certificates/", import.meta.url);
const path = (file: string) => fileURLToPath(new URL(file, certificates));
const ca = readFileSync(path("ca.pem"));

let upstream: Server | undefined;
afterEach(() => void upstream?.close());

/** A server that answers each connection, and says its own end when it has heard the other's. */
async function startUpstream(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let heard = "";
    socket.on("data", (data) => {
      heard += data;
      if (heard.includes("GET ")) {
        socket.end("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
      }
    });
    socket.on("end", () => socket.end(`heard ${heard.length} bytes`));
    socket.on("error", () => {});
  });
  upstream = server;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

async function startProxy() {
  const to = `127.0.0.1:${await startUpstream()}`;
  const identity = ["--cert", path("localhost.pem"), "--key", path("localhost.key.pem")];
  const proxy = startExample("tls-proxy", "--listen", "0", "--to", to, ...identity);
  const port = Number(/^port (\d+)/.exec(await proxy.printed("port "))?.[1]);
  return { proxy, port };
}

it("passes bytes on in both directions, and each end by itself", async () => {
  const { proxy, port } = await startProxy();
  await run(function* () {
    const [reader, writer] = yield* openConnection({ host: "localhost", port, tls: { ca } });
    writer.write(new Uint8Array(1_000_000));
    yield* writer.drain();
    writer.writeEof();
    expect(`${yield* reader.read()}`).toBe("heard 1000000 bytes");
    writer.close();
  });
  proxy.terminate();
  const { status, stdout, stderr } = await proxy.ended;
  expect(stderr).toBe("");
  expect(stdout).toContain(
    "SIGTERM: no more connections\n1 connections (0 cut off), 1000019 bytes",
  );
  expect(status).toBe(0);
});

it.skipIf(!installed("curl", "curl"))("curl speaks to it", async () => {
  const { proxy, port } = await startProxy();
  const args = ["--silent", "--cacert", path("ca.pem"), `https://localhost:${port}/`];
  const { stdout } = await promisify(execFile)("curl", args);
  expect(stdout).toBe("hello\n");
  proxy.interrupt();
  expect((await proxy.ended).status).toBe(0);
});

it.skipIf(!installed("openssl", "openssl"))(
  "passes an abort on: nobody takes a part for the whole",
  async () => {
    const { proxy, port } = await startProxy();
    const ended = new Promise<string>((resolve) => {
      upstream!.removeAllListeners("connection").on("connection", (socket: Socket) => {
        socket
          .on("end", () => resolve("a clean end"))
          .on("error", ({ message }) => resolve(message));
        socket.resume();
      });
    });
    const client = connect(port, "localhost");
    const secured = secure({ socket: client, ca, servername: "localhost" });
    secured.on("error", () => {});
    secured.write("part of an upload");
    await once(secured, "secureConnect");
    setTimeout(() => client.resetAndDestroy(), 200);
    expect(await ended).toBe("read ECONNRESET");

    upstream!.removeAllListeners("connection").on("connection", (socket: Socket) => {
      socket.write("HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\nhalf of it");
      socket.on("error", () => {});
      setTimeout(() => socket.resetAndDestroy(), 100);
    });
    // openssl tells an end of TLS from an end of the connection.
    const args = ["s_client", "-quiet", "-connect", `localhost:${port}`];
    const { stderr } = await promisify(execFile)("openssl", args).catch((error) => error);
    expect(stderr).toMatch(/unexpected eof/);
    proxy.terminate();
    await proxy.ended;
  },
);

it.each([
  ["localhost", '"localhost" is no HOST:PORT'],
  ["localhost:99999", 'not "99999"'],
])("--to %s is refused", async (to, message) => {
  const { status, stderr } = await startExample("tls-proxy", "--to", to).ended;
  expect(stderr).toContain(message);
  expect(stderr).toContain("--listen PORT");
  expect(status).toBe(2);
});
