import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  type Awaitable,
  ConnectionResetError,
  type Coroutine,
  createTask,
  fromPromise,
  gather,
  rethrowIfCancelled,
  run,
  sleep,
  type Transport,
} from "heddle";
import { openConnection } from "heddle/node";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Limits } from "../file-server/site.ts";
import { type FileServer, startFileServer } from "../file-server.ts";
import { openFiles } from "../parts/with-file.ts";
import { installed } from "./installed.ts";
import { startExample } from "./start-program.ts";

const LARGE = 20_000_000;

/** A folder with a page, a few files, and links; beside it is a secret. */
function makeSite(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "heddle-files-")));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const root = join(folder, "site");
  mkdirSync(join(root, "with index"), { recursive: true });
  mkdirSync(join(root, "plain"));
  mkdirSync(join(folder, "site-secret"));
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "site-secret", "secret.txt"), "secret");
  writeFileSync(join(root, "hello.txt"), "hello, world\n");
  writeFileSync(join(root, "käse & <brot>.html"), "<p>Käse");
  writeFileSync(join(root, "empty"), "");
  writeFileSync(join(root, "with index", "index.html"), "<h1>index");
  writeFileSync(join(root, "large.bin"), Buffer.alloc(LARGE, "0123456789abcdef"));
  utimesSync(join(root, "hello.txt"), 1_700_000_000.5, 1_700_000_000.5);
  symlinkSync("hello.txt", join(root, "inside"));
  symlinkSync("../secret.txt", join(root, "outside"));
  symlinkSync("..", join(root, "up"));
  symlinkSync("loop", join(root, "loop"));
  return root;
}

interface Here {
  port: number;
  root: string;
  server: FileServer;
  log: string[];
}

/** Runs `body` with a server of such a folder. */
function withSite<T>(body: (here: Here) => Coroutine<T>, limits: Partial<Limits> = {}): Promise<T> {
  const root = makeSite();
  const log: string[] = [];
  const write = (lines: string) => void log.push(...lines.trimEnd().split("\n"));
  return run(function* () {
    const server = yield* startFileServer(root, 0, write, limits);
    return yield* body({ port: server.port, root, server, log });
  });
}

/** Sends `request`; everything that comes until the server closes. */
function* ask(port: number, request: string): Coroutine<string> {
  const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port, timeout: 5000 });
  writer.write(Buffer.from(request, "latin1"));
  const answer = yield* reader.read();
  writer.close();
  return Buffer.from(answer).toString("latin1");
}

const HOST = "Host: here\r\n";
const get = (path: string, ...headers: string[]) =>
  `GET ${path} HTTP/1.1\r\n${HOST}${headers.map((line) => `${line}\r\n`).join("")}`;
const last = (path: string, ...headers: string[]) =>
  `${get(path, ...headers)}Connection: close\r\n\r\n`;

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
const bodyOf = (answer: string) => answer.slice(answer.indexOf("\r\n\r\n") + 4);
const headerOf = (answer: string, name: string) =>
  new RegExp(`^${name}: (.*)\r$`, "im").exec(answer)?.[1];

/** A program's output. */
async function output(program: string, args: string[]) {
  const child = spawn(program, args);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr };
}

describe("file-server", () => {
  it("sends files, index pages and listings", async () => {
    await withSite(function* ({ port }) {
      const hello = yield* ask(port, last("/hello.txt"));
      expect(statusOf(hello)).toBe(200);
      expect(bodyOf(hello)).toBe("hello, world\n");
      expect(headerOf(hello, "Content-Type")).toBe("text/plain; charset=utf-8");
      expect(headerOf(hello, "Content-Length")).toBe("13");
      expect(headerOf(hello, "Last-Modified")).toBe("Tue, 14 Nov 2023 22:13:20 GMT");
      expect(bodyOf(yield* ask(port, last("/inside?query#not")))).toBe("hello, world\n");
      expect(bodyOf(yield* ask(port, last("http://here/hello.txt")))).toBe("hello, world\n");
      expect(bodyOf(yield* ask(port, last("/empty")))).toBe("");
      expect(bodyOf(yield* ask(port, last("/with%20index/")))).toBe("<h1>index");
      expect(bodyOf(yield* ask(port, last("/k%C3%A4se%20%26%20%3Cbrot%3E.html")))).toBe("<p>KÃ¤se");
      const moved = yield* ask(port, last("//with%20index"));
      expect(statusOf(moved)).toBe(301);
      expect(headerOf(moved, "Location")).toBe("/with%20index/");
      const page = yield* ask(port, last("/"));
      expect(headerOf(page, "Content-Type")).toBe("text/html; charset=utf-8");
      expect(page).toContain('<a href="plain/">plain/</a>');
      expect(Buffer.from(page, "latin1").toString()).toContain(
        '<a href="k%C3%A4se%20%26%20%3Cbrot%3E.html">käse &amp; &lt;brot&gt;.html</a>',
      );
      const head = yield* ask(port, last("/hello.txt").replace("GET", "HEAD"));
      expect(headerOf(head, "Content-Length")).toBe("13");
      expect(bodyOf(head)).toBe("");
      const large = yield* ask(port, last("/large.bin"));
      expect(bodyOf(large)).toBe("0123456789abcdef".repeat(LARGE / 16));
      expect(openFiles()).toBe(0);
    });
  });

  it.each([
    ["/../secret.txt", 403],
    ["/plain/../../secret.txt", 403],
    ["/%2e%2e/secret.txt", 403],
    ["/..%2fsecret.txt", 403],
    ["/plain/..", 403],
    ["/outside", 403],
    ["/up/secret.txt", 403],
    ["/up/site-secret/secret.txt", 403],
    ["/up/", 403],
    ["/loop", 403],
    ["/hello.txt%00.png", 400],
    ["/%c0%ae%c0%ae/secret.txt", 400],
    ["/%zz", 400],
    ["hello.txt", 400],
    ["*", 400],
    ["/nothing", 404],
    ["/hello.txt/", 404],
    ["/hello.txt/more", 404],
    [`/${"x".repeat(256)}`, 404],
  ])("GET %s: %i, and the connection stays", async (path, status) => {
    await withSite(function* ({ port }) {
      const answers = yield* ask(port, `${get(path)}\r\n${last("/hello.txt")}`);
      expect(statusOf(answers)).toBe(status);
      expect(answers).toContain(`\r\nConnection: keep-alive\r\n`);
      expect(answers).not.toContain("secret");
      expect(answers.endsWith("\r\n\r\nhello, world\n")).toBe(true);
    });
  });

  const refused: [request: string, status: number][] = [
    ["nonsense\r\n\r\n", 400],
    ["\rnonsense\n", 400],
    ["GET /\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400],
    [`GET / HTTP/1.1\r\n${HOST}Bad Name: x\r\n\r\n`, 400],
    [`GET / HTTP/1.1\r\n${HOST}Name : x\r\n\r\n`, 400],
    [`GET / HTTP/1.1\r\n${HOST}A: b\r\n folded\r\n\r\n`, 400],
    [`GET / HTTP/1.1\r\n${HOST}A: b\nB: c\r\n\r\n`, 400],
    [`GET / HTTP/1.1\r\n${HOST}A: \0\r\n\r\n`, 400],
    [`${get("/", "Content-Length: 1", "Content-Length: 2")}\r\n`, 400],
    [`${get("/", "Content-Length: -1")}\r\n`, 400],
    [`${get("/", "Content-Length: 1", "Transfer-Encoding: chunked")}\r\n`, 400],
    [`${get("/", "Transfer-Encoding: chunked")}\r\n`, 501],
    [`${get("/", "Content-Length: 99999999")}\r\n`, 413],
    [`${get("/", "Expect: 100-continue")}\r\n`, 417],
    [`BREW / HTTP/1.1\r\n${HOST}\r\n`, 501],
    [`GET / HTTP/2.0\r\n${HOST}\r\n`, 505],
    [`${get(`/${"x".repeat(9000)}`)}\r\n`, 414],
    [`${get(`/${"x".repeat(30_000)}`)}\r\n`, 414],
    [`${get("/", `A: ${"x".repeat(30_000)}`)}\r\n`, 431],
  ];
  const shown = refused.map(
    ([request, status]) => [request.slice(0, 80), status, request] as const,
  );
  it.each(shown)("%j: %i, and the connection ends", async (_, status, request) => {
    await withSite(function* ({ port }) {
      const answer = yield* ask(port, `${request}${last("/hello.txt")}`);
      expect(statusOf(answer)).toBe(status);
      expect(headerOf(answer, "Connection")).toBe("close");
      expect(answer).not.toContain("hello");
    });
  });

  it("405 for other methods; a body is passed over", async () => {
    await withSite(function* ({ port }) {
      const post = `POST /hello.txt HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nab`;
      const answer = yield* ask(port, `${post}\r\n\r${last("/hello.txt")}`);
      expect(statusOf(answer)).toBe(405);
      expect(headerOf(answer, "Allow")).toBe("GET, HEAD");
      expect(answer.endsWith("\r\n\r\nhello, world\n")).toBe(true);
    });
  });

  it("redirects to a directory, with the query", async () => {
    await withSite(function* ({ port }) {
      expect(headerOf(yield* ask(port, last("/plain?a=b?c")), "Location")).toBe("/plain/?a=b?c");
      expect(headerOf(yield* ask(port, last("/.")), "Location")).toBe("/");
    });
  });

  it("lets go of a client who does not take the rest of an answer", async () => {
    await withSite(
      function* ({ port, server }) {
        const transports = new Set<Transport>();
        // What is left when the system's buffers are full is at times less than the server's own.
        for (let end = 500_000; end < 8_000_000; end += 60_000) {
          const [, writer] = yield* openConnection({ host: "127.0.0.1", port, limit: 1024 });
          writer.write(last("/large.bin", `Range: bytes=0-${end}`));
          yield* sleep(1);
          for (const each of server.site.connections) transports.add(each.writer.transport);
        }
        yield* sleep(800);
        expect(server.site.connections.size).toBe(0);
        for (const transport of transports) expect(transport.getWriteBufferSize()).toBe(0);
      },
      { idle: 100, head: 100, progress: 200 },
    );
  });

  it("keeps connections as HTTP/1.1 and 1.0 say", async () => {
    await withSite(function* ({ port }) {
      const old = "GET /empty HTTP/1.0\r\n";
      expect((yield* ask(port, `${old}\r\n${old}\r\n`)).match(/HTTP/g)).toHaveLength(1);
      const two = yield* ask(port, `${old}Connection: Keep-Alive\r\n\r\n${old}\r\n`);
      expect(two.match(/HTTP/g)).toHaveLength(2);
      const many = `${get("/hello.txt")}\r\n`.repeat(500) + last("/empty");
      expect((yield* ask(port, many)).match(/hello, world\n/g)).toHaveLength(500);
      expect(statusOf(yield* ask(port, `\r\n\r\n${last("/empty")}`))).toBe(200);
      const slowly = last("/hello.txt");
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port });
      for (const char of slowly) {
        writer.write(char);
        yield* sleep(0);
      }
      expect(Buffer.from(yield* reader.read()).toString()).toContain("hello, world");
    });
  });

  it.each([
    ["bytes=0-4", 206, "hello", "bytes 0-4/13"],
    ["bytes=7-", 206, "world\n", "bytes 7-12/13"],
    ["bytes=-6", 206, "world\n", "bytes 7-12/13"],
    ["bytes=-99", 206, "hello, world\n", "bytes 0-12/13"],
    ["bytes=12-99", 206, "\n", "bytes 12-12/13"],
    ["bytes=13-", 416, "416 Range Not Satisfiable\n", "bytes */13"],
    ["bytes=-0", 416, "416 Range Not Satisfiable\n", "bytes */13"],
    ["bytes=5-2", 200, "hello, world\n", undefined],
    ["bytes=0-1,3-4", 200, "hello, world\n", undefined],
    ["lines=1-2", 200, "hello, world\n", undefined],
  ])("Range: %s", async (range, status, body, contentRange) => {
    await withSite(function* ({ port }) {
      const answer = yield* ask(port, last("/hello.txt", `Range: ${range}`));
      expect(statusOf(answer)).toBe(status);
      expect(bodyOf(answer)).toBe(body);
      expect(headerOf(answer, "Content-Range")).toBe(contentRange);
      expect(headerOf(answer, "Content-Length")).toBe(String(body.length));
    });
  });

  it("a part of a large file; If-Range asks for the whole of another version", async () => {
    await withSite(function* ({ port }) {
      const range = "Range: bytes=10000000-10200001";
      const part = yield* ask(port, last("/large.bin", range));
      expect(bodyOf(part)).toHaveLength(200_002);
      expect(bodyOf(part).startsWith("0123456789")).toBe(true);
      const etag = headerOf(part, "ETag");
      expect(statusOf(yield* ask(port, last("/large.bin", range, `If-Range: ${etag}`)))).toBe(206);
      const other = yield* ask(port, last("/hello.txt", "Range: bytes=0-1", 'If-Range: "x"'));
      expect(statusOf(other)).toBe(200);
    });
  });

  it("304 for what the client has, until it changes", async () => {
    await withSite(function* ({ port, root }) {
      const first = yield* ask(port, last("/hello.txt"));
      const etag = headerOf(first, "ETag");
      const date = headerOf(first, "Last-Modified");
      const status = function* (...headers: string[]) {
        return statusOf(yield* ask(port, last("/hello.txt", ...headers)));
      };
      expect(yield* status(`If-None-Match: ${etag}`)).toBe(304);
      expect(yield* status(`If-None-Match: "x", W/${etag}`)).toBe(304);
      expect(yield* status("If-None-Match: *")).toBe(304);
      expect(yield* status('If-None-Match: "x"', `If-Modified-Since: ${date}`)).toBe(200);
      expect(yield* status(`If-Modified-Since: ${date}`)).toBe(304);
      expect(yield* status("If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT")).toBe(200);
      expect(yield* status("If-Modified-Since: some day")).toBe(200);
      writeFileSync(join(root, "hello.txt"), "HELLO, WORLD\n");
      const changed = yield* ask(port, last("/hello.txt", `If-None-Match: ${etag}`));
      expect(bodyOf(changed)).toBe("HELLO, WORLD\n");
    });
  });

  it("a large file in bounded memory, for a client who reads slowly", async () => {
    await withSite(function* ({ port, server }) {
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port, limit: 1024 });
      writer.write(`${get("/large.bin")}\r\n`);
      yield* sleep(300);
      const [connection] = server.site.connections;
      expect(connection!.writer.transport.getWriteBufferSize()).toBeLessThan(200_000);
      expect(openFiles()).toBe(1);
      yield* reader.readuntil("\r\n\r\n");
      const hash = createHash("sha256")
        .update(yield* reader.readexactly(LARGE))
        .digest("hex");
      const whole = Buffer.alloc(LARGE, "0123456789abcdef");
      expect(hash).toBe(createHash("sha256").update(whole).digest("hex"));
    });
  });

  it("closes the connection when a file shrinks while it is sent, or the client leaves", async () => {
    await withSite(function* ({ port, root }) {
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port, limit: 1024 });
      writer.write(`${get("/large.bin")}\r\n`);
      yield* sleep(100);
      truncateSync(join(root, "large.bin"), 1000);
      let received = 0;
      try {
        for (let n = 1; n > 0; received += n) n = (yield* reader.read(65_536)).length;
      } catch (error) {
        rethrowIfCancelled(error);
        expect(error).toBeInstanceOf(ConnectionResetError); // as good
      }
      expect(received).toBeLessThan(LARGE);
      writeFileSync(join(root, "large.bin"), Buffer.alloc(LARGE));
      const [, leaving] = yield* openConnection({ host: "127.0.0.1", port, limit: 1024 });
      leaving.write(`${get("/large.bin")}\r\n`);
      yield* sleep(50);
      leaving.transport.abort();
      yield* sleep(50);
      expect(openFiles()).toBe(0);
    });
  });

  it("does not wait for ever: for a request, for its end, for a reader", async () => {
    const limits = { idle: 100, head: 200, progress: 300 };
    await withSite(function* ({ port, log }) {
      expect(yield* ask(port, "")).toBe("");
      const slow = yield* ask(port, `${get("/")}A`);
      expect(statusOf(slow)).toBe(408);
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port, limit: 1024 });
      writer.write(`${get("/large.bin")}\r\n`);
      yield* sleep(700);
      expect(openFiles()).toBe(0);
      yield* expectRejection(reader.readexactly(LARGE));
      expect(log[0]).toMatch(/^127\.0\.0\.1 - - \[.*\] "-" 408 \d+$/);
    }, limits);
  });

  it("two hundred clients at once; each request is logged", async () => {
    await withSite(function* ({ port, server, log }) {
      const visit = () => ask(port, `${get("/hello.txt")}\r\n${last("/with%20index/")}`);
      const answers = yield* gather(Array.from({ length: 200 }, visit));
      for (const answer of answers) expect(answer.match(/ 200 OK/g)).toHaveLength(2);
      yield* server.stop(100);
      expect(log).toHaveLength(400);
      const form =
        /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/hello\.txt HTTP\/1\.1" 200 13$/;
      expect(log.filter((line) => form.test(line))).toHaveLength(200);
    });
  });

  it("stops: idle connections end at once, what is being sent gets its time", async () => {
    await withSite(function* ({ port, server }) {
      const [idle] = yield* openConnection({ host: "127.0.0.1", port });
      const [busy, writer] = yield* openConnection({ host: "127.0.0.1", port, limit: 1024 });
      const [stuck, other] = yield* openConnection({ host: "127.0.0.1", port, limit: 1024 });
      writer.write(`${get("/large.bin")}\r\n`);
      other.write(`${get("/large.bin")}\r\n`);
      yield* sleep(100);
      const stopping = createTask(server.stop(500));
      expect((yield* idle.read()).length).toBe(0);
      yield* busy.readuntil("\r\n\r\n");
      expect((yield* busy.readexactly(LARGE)).length).toBe(LARGE);
      expect((yield* busy.read()).length).toBe(0);
      yield* stopping;
      yield* expectRejection(stuck.readexactly(LARGE));
      yield* expectRejection(openConnection({ host: "127.0.0.1", port }));
    });
  });

  it("as a program: serves, logs on stderr, and ends in good order by Ctrl-C", async () => {
    const program = startExample("file-server", makeSite(), "0");
    const port = Number(/127\.0\.0\.1:(\d+)\n/.exec(await program.printed("\n"))![1]);
    await run(function* () {
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port });
      writer.write(`${get("/hello.txt")}\r\n`);
      yield* reader.readuntil("hello, world\n");
      program.interrupt();
      expect((yield* reader.read()).length).toBe(0);
    });
    const { status, stdout, stderr } = await program.ended;
    expect(stderr).toMatch(/^127\.0\.0\.1 - - \[.*\] "GET \/hello\.txt HTTP\/1\.1" 200 13\n$/);
    expect(stdout).toBe(`listening on 127.0.0.1:${port}\nstopping\n`);
    expect(status).toBe(0);
  });

  it.each(["abc", "99999", "-1"])("port %s is refused", async (port) => {
    const { status, stderr } = await startExample("file-server", ".", port).ended;
    expect(stderr).toMatch(/^a port is a number[^\n]*\n\nheddle run examples\/file-server.ts/);
    expect(status).toBe(2);
  });

  it("says what is wrong with its folder", async () => {
    const { status, stderr } = await startExample("file-server", "/no/such/folder", "0").ended;
    expect(stderr).toContain("not a folder: ");
    expect(status).toBe(2);
  });
});

describe.skipIf(!installed("curl", "curl"))("curl", () => {
  const curl = (...args: string[]) =>
    fromPromise(output("curl", ["-s", "--max-time", "10", ...args]));

  it("gets, resumes, asks whether it changed, and keeps its connection", async () => {
    await withSite(function* ({ port, server, root }) {
      const url = `http://127.0.0.1:${port}`;
      expect((yield* curl(`${url}/hello.txt`)).stdout).toBe("hello, world\n");
      expect((yield* curl("-r", "7-11", `${url}/hello.txt`)).stdout).toBe("world");
      const head = (yield* curl("-I", `${url}/hello.txt`)).stdout;
      expect(headerOf(head, "Content-Length")).toBe("13");
      const etag = headerOf(head, "ETag");
      const again = yield* curl("-i", "-H", `If-None-Match: ${etag}`, `${url}/hello.txt`);
      expect(statusOf(again.stdout)).toBe(304);
      expect((yield* curl("-L", `${url}/with%20index`)).stdout).toBe("<h1>index");
      const two = yield* curl("-v", `${url}/empty`, `${url}/hello.txt`);
      expect(two.stderr).toMatch(/Re-using existing connection/i);
      const out = join(root, "copy");
      yield* curl("-o", out, `${url}/large.bin`);
      const { stdout } = yield* fromPromise(output("cmp", [out, join(root, "large.bin")]));
      expect(stdout).toBe("");
      expect((yield* curl("--http1.0", `${url}/hello.txt`)).stdout).toBe("hello, world\n");
      yield* server.stop(100);
    });
  });

  it("is not let out of the folder", async () => {
    await withSite(function* ({ port }) {
      for (const path of [
        "/../secret.txt",
        "/plain/../../secret.txt",
        "/outside",
        "/up/secret.txt",
      ]) {
        const args = ["--path-as-is", "-w", "%{http_code}", `http://127.0.0.1:${port}${path}`];
        expect((yield* curl(...args)).stdout, path).toBe("403 Forbidden\n403");
      }
    });
  });
});

describe.skipIf(!installed("wrk", "wrk"))("wrk", () => {
  it.each(["hello.txt", "large.bin"])("%s: no error", async (name) => {
    await withSite(function* ({ port }) {
      const url = `http://127.0.0.1:${port}/${name}`;
      const { stdout } = yield* fromPromise(output("wrk", ["-t1", "-c16", "-d1s", url]));
      expect(Number(/(\d+) requests in/.exec(stdout)?.[1])).toBeGreaterThan(10);
      expect(stdout).not.toMatch(/Socket errors|Non-2xx/);
    });
  });
});

function* expectRejection(awaitable: Awaitable<unknown>): Coroutine<void> {
  let result: unknown;
  try {
    result = yield* awaitable;
  } catch (error) {
    rethrowIfCancelled(error);
    return;
  }
  expect.fail(`it did not fail: ${result}`);
}
