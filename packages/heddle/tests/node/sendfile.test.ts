import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CancelledError,
  ContextVar,
  createTask,
  Event,
  fromPromise,
  getRunningLoop,
  Protocol,
  run as runHere,
  type StreamReader,
  type StreamWriter,
  sleep,
  type Transport,
} from "heddle";
import { createConnection, sendfile } from "heddle/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Connection } from "../../src/stream/connection.ts";
import { caught } from "../caught.ts";
import { networks } from "./networks.ts";
import { dial, serve } from "./serving.ts";
import { dialTls, serveTls } from "./tls/securing.ts";

const SIZE = 3_000_000;
let folder = "";
let path = "";
let content: Uint8Array;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sendfile-"));
  path = join(folder, "content");
  content = Uint8Array.from({ length: SIZE }, (_, i) => (i * 7) ^ (i >> 9));
  writeFileSync(path, content);
});
afterAll(() => rmSync(folder, { recursive: true }));

function* file(name = path) {
  return yield* fromPromise<FileHandle>(open(name));
}

/** Both ends of one connection. */
function* connected() {
  const accepted = new Event();
  let far: [StreamReader, StreamWriter] | undefined;
  const { port } = yield* serve(function* (...streams) {
    far = streams;
    accepted.set();
    yield* sleep(Number.POSITIVE_INFINITY);
  });
  const near = yield* dial(port);
  yield* accepted.wait();
  return { port, near, far: far as [StreamReader, StreamWriter] };
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe.each(networks)("$name", ({ run }) => {
  test("the whole file arrives, and the connection goes on", () =>
    run(function* () {
      const { near, far } = yield* connected();
      const [reader, writer] = near;
      const handle = yield* file();
      writer.write("head:");
      const sending = createTask(sendfile(writer.transport, handle));
      expect(new TextDecoder().decode(yield* far[0].readexactly(5))).toBe("head:");
      const came = yield* far[0].readexactly(SIZE);
      expect(yield* sending).toBe(SIZE);
      expect(same(came, content)).toBe(true);
      writer.write("tail");
      far[1].write("answer");
      expect(yield* far[0].readexactly(4)).toHaveLength(4);
      expect(yield* reader.readexactly(6)).toHaveLength(6);
      expect(writer.transport.getWriteBufferLimits()).toEqual({ high: 65_536, low: 16_384 });
      // The file stands at its end: there is nothing more to send.
      expect(yield* sendfile(writer.transport, handle)).toBe(0);
      yield* fromPromise(handle.close());
    }));

  test("a part of it", () =>
    run(function* () {
      const { near, far } = yield* connected();
      const { transport } = near[1];
      const handle = yield* file();
      const parts: [{ offset?: number; count?: number }, number, number][] = [
        [{ offset: 1_000_000, count: 700_001 }, 1_000_000, 1_700_001],
        [{ offset: SIZE - 5 }, SIZE - 5, SIZE],
        [{ offset: SIZE - 5, count: 100 }, SIZE - 5, SIZE],
        [{ offset: SIZE + 5 }, 0, 0],
        [{ offset: 3, count: 0 }, 0, 0],
        // An offset does not move the file: this begins at its start, and the next one goes on.
        [{ count: 300_000 }, 0, 300_000],
        [{ count: 10 }, 300_000, 300_010],
      ];
      for (const [options, from, to] of parts) {
        const sending = createTask(sendfile(transport, handle, options));
        const came = yield* far[0].readexactly(to - from);
        expect(yield* sending).toBe(to - from);
        expect(same(came, content.subarray(from, to))).toBe(true);
      }
      yield* fromPromise(handle.close());
    }));

  test("a protocol of one's own hears of its pauses in pairs, and of nothing else", () =>
    run(function* () {
      const heard: string[] = [];
      class Notes extends Protocol {
        override pauseWriting() {
          heard.push("pause");
        }
        override resumeWriting() {
          heard.push("resume");
        }
        override dataReceived(data: Uint8Array) {
          heard.push(`data ${data.length}`);
        }
        override connectionLost() {
          heard.push("lost");
        }
      }
      const { port } = yield* serve(function* (reader, writer) {
        writer.write("early");
        let left = SIZE + 2_000_000;
        while (left > 0) left -= (yield* reader.read(65_536)).length;
        writer.close();
      });
      const [transport, protocol] = yield* createConnection(() => new Notes(), {
        host: "127.0.0.1",
        port,
      });
      const handle = yield* file();
      transport.write(new Uint8Array(2_000_000));
      const wasPaused = heard.includes("pause");
      expect(yield* sendfile(transport, handle)).toBe(SIZE);
      expect(transport.getProtocol() === protocol).toBe(true);
      while (!heard.includes("lost")) yield* sleep(1);
      const pauses = wasPaused ? ["pause", "resume"] : [];
      expect(heard).toEqual([...pauses, "data 5", "lost"]);
      yield* fromPromise(handle.close());
    }));

  test("what a protocol throws is reported, and its calls are made where it belongs", () =>
    run(function* () {
      const told: unknown[] = [];
      getRunningLoop().setExceptionHandler((_, { message }) => told.push(message));
      const whose = new ContextVar("whose", { default: "nobody's" });
      whose.set("the connection's");
      const heard: string[] = [];
      class Failing extends Protocol {
        override pauseWriting() {
          heard.push(`pause: ${whose.get()}`);
        }
        override resumeWriting() {
          heard.push(`resume: ${whose.get()}`);
          throw new Error("cannot go on");
        }
      }
      const { port } = yield* serve(function* (reader, writer) {
        yield* sleep(20);
        while ((yield* reader.read(65_536)).length > 0) {}
        writer.close();
      });
      const [transport] = yield* createConnection(() => new Failing(), { host: "127.0.0.1", port });
      const handle = yield* file();
      transport.write(new Uint8Array(20_000_000));
      whose.set("the sender's");
      expect(yield* sendfile(transport, handle)).toBe(SIZE);
      expect(heard).toEqual(["pause: the connection's", "resume: the connection's"]);
      expect(told).toEqual(["Failing.resumeWriting() failed"]);
      getRunningLoop().setExceptionHandler(null);
      transport.close();
      yield* fromPromise(handle.close());
    }));

  test("after the end was said it is refused", () =>
    run(function* () {
      const { near } = yield* connected();
      const handle = yield* file();
      near[1].writeEof();
      const error = yield* caught(sendfile(near[1].transport, handle));
      expect(String(error)).toBe("RuntimeError: cannot call sendfile() after writeEof()");
      yield* fromPromise(handle.close());
    }));

  test("cancelling stops between two pieces; the connection can be used", () =>
    run(function* () {
      const { near, far } = yield* connected();
      const { transport } = near[1];
      const handle = yield* file();
      const protocol = transport.getProtocol();
      const sending = createTask(sendfile(transport, handle, { offset: 0 }));
      yield* far[0].readexactly(1_000);
      sending.cancel();
      expect(yield* caught(sending)).toBeInstanceOf(CancelledError);
      expect(transport.getProtocol() === protocol).toBe(true);
      expect(transport.getWriteBufferLimits().high).toBe(65_536);
      near[1].write("end of it");
      near[1].writeEof();
      const draining = createTask(near[1].drain());
      const rest = yield* far[0].read();
      yield* draining;
      const sent = 1_000 + rest.length - 9;
      expect(sent).toBeLessThanOrEqual(SIZE);
      expect(same(rest.subarray(0, -9), content.subarray(1_000, sent))).toBe(true);
      yield* fromPromise(handle.close());
    }));

  test("a connection that is lost, or closing", () =>
    run(function* () {
      const { near, far } = yield* connected();
      const handle = yield* file();
      const { transport } = near[1];
      const sending = createTask(sendfile(transport, handle));
      yield* far[0].readexactly(1_000);
      const second = sendfile(transport, handle);
      expect(String(yield* caught(second))).toContain("another sendfile() is sending over");
      far[1].transport.abort();
      expect(yield* caught(sending)).toMatchObject({ name: "ConnectionResetError" });
      yield* caught(near[1].waitClosed());
      expect(yield* caught(sendfile(transport, handle))).toMatchObject({
        name: "RuntimeError",
        message: "sendfile() on a transport that is closing",
      });
      yield* fromPromise(handle.close());
    }));

  test("over TLS", () =>
    run(function* () {
      const pieces: Uint8Array[] = [];
      const all = new Event();
      const { port } = yield* serveTls({}, function* (reader, writer) {
        pieces.push(yield* reader.readexactly(2 * SIZE));
        writer.write("thanks");
        all.set();
      });
      const [reader, writer] = yield* dialTls(port);
      const handle = yield* file();
      expect(yield* sendfile(writer.transport, handle, { offset: 0 })).toBe(SIZE);
      expect(yield* sendfile(writer.transport, handle, { offset: 0 })).toBe(SIZE);
      yield* all.wait();
      expect(yield* reader.readexactly(6)).toHaveLength(6);
      expect(same(pieces[0] as Uint8Array, Buffer.concat([content, content]))).toBe(true);
      yield* fromPromise(handle.close());
    }));

  test("what the file's reading throws is thrown, and the connection stays open", () =>
    run(function* () {
      const { near, far } = yield* connected();
      const handle = yield* file(folder);
      expect(yield* caught(sendfile(near[1].transport, handle))).toMatchObject({ code: "EISDIR" });
      near[1].write("still here");
      expect(yield* far[0].readexactly(10)).toHaveLength(10);
      yield* fromPromise(handle.close());
    }));
});

test("memory stays bounded when the other side never reads", () =>
  runHere(function* () {
    const { near, far } = yield* connected();
    far[1].transport.pauseReading();
    const endless = yield* file("/dev/zero");
    const { transport } = near[1];
    let most = 0;
    let done = false;
    const sending = createTask(sendfile(transport, endless));
    const watching = createTask(function* () {
      while (!done) {
        most = Math.max(most, transport.getWriteBufferSize());
        yield* sleep(1);
      }
    });
    // Real time, in which the system's buffers fill.
    yield* sleep(150);
    const before = process.memoryUsage().arrayBuffers;
    yield* sleep(50);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 256 * 1024);
    done = true;
    yield* watching;
    expect(sending.done()).toBe(false);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(256 * 1024);
    sending.cancel();
    yield* caught(sending);
    transport.abort();
    yield* fromPromise(endless.close());
  }));

test("arguments that cannot be are refused at once", () => {
  const call = sendfile as (...args: unknown[]) => unknown;
  const transport: Transport = Object.create(Connection.prototype);
  const handle = { fd: 3, read() {} };
  const bad: [unknown[], string][] = [
    [[undefined, handle], "sendfile() needs a transport first: of streams, writer.transport"],
    [[transport, "a.txt"], 'got the path "a.txt": open it by yield* fromPromise(open(path))'],
    [[transport, 3], "needs a FileHandle, as open() of node:fs/promises gives it"],
    [[transport, handle, { offset: -1 }], "needs a offset of at least 0, got -1"],
    [[transport, handle, { count: 1.5 }], "needs a whole number as its count, got 1.5"],
    [
      [transport, handle, { cuont: 1 }],
      'has no option "cuont"; there are: offset, count, fallback',
    ],
    [[transport, handle, { fallback: 1 }], "needs true or false as fallback"],
    [[transport, handle, { fallback: false }], "fallback is false"],
  ];
  for (const [args, message] of bad) expect(() => call(...args)).toThrow(message);
});
