import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromPromise, run } from "heddle";
import { openUnixConnection, startServer, startUnixServer } from "heddle/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { caught } from "../caught.ts";
import { echo } from "./serving.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unix-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a server at `path` says to "ping". */
function* ping(path: string) {
  const [reader, writer] = yield* openUnixConnection({ path });
  writer.write("ping");
  writer.writeEof();
  const answer = new TextDecoder().decode(yield* reader.read());
  writer.close();
  yield* writer.waitClosed();
  return answer;
}

const onLinux = process.platform === "linux" ? test : test.skip;
if (process.platform !== "linux") console.log("unix.test.ts: abstract names are of Linux: skipped");

onLinux("abstract names leave no file", () =>
  run(function* () {
    const path = `\0heddle-test-${process.pid}`;
    const server = yield* startUnixServer(echo, { path });
    expect(yield* ping(path)).toBe("ping");
    const second = yield* caught(startUnixServer(echo, { path }));
    expect(second).toMatchObject({ code: "EADDRINUSE" });
    expect(String(second)).toContain(`cannot listen on @heddle-test-${process.pid}: `);
    server.close();
    yield* server.waitClosed();
    expect(yield* caught(ping(path))).toMatchObject({ code: "ECONNREFUSED" });
  }),
);

/** A process that listens at `path`, and was killed. */
async function killedServer(path: string): Promise<void> {
  const child = spawn(process.execPath, [
    "-e",
    `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("there"))`,
  ]);
  await once(child.stdout, "data");
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

test("the socket of a process that was killed is replaced", async () => {
  const path = join(folder, "stale");
  await killedServer(path);
  expect(statSync(path).isSocket()).toBe(true);
  await run(function* () {
    expect(yield* caught(ping(path))).toMatchObject({ code: "ECONNREFUSED" });
    const server = yield* startUnixServer(echo, { path });
    expect(yield* ping(path)).toBe("ping");
    server.close();
    yield* server.waitClosed();
    expect(existsSync(path)).toBe(false);
  });
});

test("one that somebody listens on stays", () =>
  run(function* () {
    const path = join(folder, "live");
    yield* startUnixServer(echo, { path });
    expect(yield* caught(startUnixServer(echo, { path }))).toMatchObject({ code: "EADDRINUSE" });
    expect(yield* ping(path)).toBe("ping");
  }));

test("so does a file that is no socket", () =>
  run(function* () {
    const path = join(folder, "file");
    writeFileSync(path, "precious");
    expect(yield* caught(startUnixServer(echo, { path }))).toMatchObject({ code: "EADDRINUSE" });
    expect(statSync(path).size).toBe(8);
  }));

test("a path that is too long, or in no folder", () =>
  run(function* () {
    const long = join(folder, "x".repeat(120));
    expect(yield* caught(startUnixServer(echo, { path: long }))).toMatchObject({
      code: "ENAMETOOLONG",
      message: expect.stringContaining("the path of a Unix socket may have 107 bytes"),
    });
    const lost = startUnixServer(echo, { path: join(folder, "no", "where") });
    expect(yield* caught(lost)).toMatchObject({ code: expect.stringMatching(/^(EACCES|ENOENT)$/) });
  }));

test("readableAll and writableAll are permissions of the file", () =>
  run(function* () {
    const path = join(folder, "all");
    const mask = process.umask(0o077);
    try {
      yield* startUnixServer(echo, { path, readableAll: true, writableAll: true });
    } finally {
      process.umask(mask);
    }
    expect(statSync(path).mode & 0o666).toBe(0o666);
    const socket = connectSocket({ path });
    socket.end("x");
    const [data] = (yield* fromPromise(once(socket, "data"))) as [Buffer];
    expect(String(data)).toBe("x");
  }));

test("reusePort: two servers on one port, or an error that says which Node it needs", () =>
  run(function* () {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    const options = { host: "127.0.0.1", port: 0, reusePort: true };
    if (major < 22 || (major === 22 && minor < 12)) {
      expect(yield* caught(startServer(echo, options))).toMatchObject({
        name: "RuntimeError",
        message: expect.stringContaining("reusePort needs Node 22.12 or later, this is Node"),
      });
      return;
    }
    const first = yield* startServer(echo, options);
    const port = first.sockets[0]?.port as number;
    const second = yield* startServer(echo, { ...options, port });
    expect(second.sockets[0]?.port).toBe(port);
  }));
