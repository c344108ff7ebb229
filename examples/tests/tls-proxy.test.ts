import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
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
