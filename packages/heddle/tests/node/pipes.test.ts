import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { Event, fromPromise, Protocol, run, sleep, TimeoutError, timeout } from "heddle";
import {
  connectReadPipe,
  connectWritePipe,
  fromNodeDuplex,
  fromNodeReadable,
  fromNodeWritable,
  openConnection,
  runProcess,
  startServer,
  toNodeDuplex,
  toNodeReadable,
  toNodeWritable,
} from "heddle/node";
import { describe, expect, test } from "vitest";
import { caught } from "../caught.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-pipes-"));
const MIB = 1024 * 1024;

class Recorder extends Protocol {
  readonly calls: string[] = [];
  readonly lost = new Event();
  override connectionMade(): void {
    this.calls.push("made");
  }
  override dataReceived(data: Uint8Array): void {
    this.calls.push(`data ${Buffer.from(data)}`);
  }
  override eofReceived(): undefined {
    this.calls.push("eof");
  }
  override connectionLost(error: Error | null): void {
    this.calls.push(`lost ${error?.message ?? null}`);
    this.lost.set();
  }
  override pauseWriting(): void {
    this.calls.push("pause");
  }
  override resumeWriting(): void {
    this.calls.push("resume");
  }
}

describe("connectReadPipe", () => {
  test("a stream", () =>
    run(function* () {
      const stream = new PassThrough();
      const [transport, protocol] = yield* connectReadPipe(() => new Recorder(), stream);
      expect(transport.isReading()).toBe(true);
      stream.write("one");
      yield* sleep(5);
      transport.pauseReading();
      stream.end("two");
      yield* sleep(5);
      expect(protocol.calls).toEqual(["made", "data one"]);
      transport.resumeReading();
      yield* protocol.lost.wait();
      expect(protocol.calls).toEqual(["made", "data one", "data two", "eof", "lost null"]);
      expect(stream.destroyed).toBe(true);
    }));

  test("an error, and an end before the end", () =>
    run(function* () {
      const failing = new PassThrough();
      const [, first] = yield* connectReadPipe(() => new Recorder(), failing);
      failing.destroy(new Error("broken"));
      yield* first.lost.wait();
      expect(first.calls).toEqual(["made", "lost broken"]);
      const cut = new PassThrough();
      const [, second] = yield* connectReadPipe(() => new Recorder(), cut);
      cut.destroy();
      yield* second.lost.wait();
      expect(second.calls).toEqual(["made", "lost the stream was destroyed before its end"]);
    }));

  test("descriptors of a FIFO and a file", () =>
    run(function* () {
      const fifo = join(folder, "fifo");
      yield* runProcess("mkfifo", [fifo]);
      const reading = openSync(fifo, "r+");
      const [transport, protocol] = yield* connectReadPipe(() => new Recorder(), reading);
      const [writing] = yield* connectWritePipe(() => new Recorder(), openSync(fifo, "w"));
      writing.write(Buffer.from("through"));
      while (protocol.calls.length < 2) yield* sleep(2);
      expect(protocol.calls).toEqual(["made", "data through"]);
      writing.close();
      transport.close();
      yield* protocol.lost.wait();
      expect(() => closeSync(reading)).toThrow("EBADF");
      const path = join(folder, "file");
      writeFileSync(path, "content");
      const [, file] = yield* connectReadPipe(() => new Recorder(), openSync(path, "r"));
      yield* file.lost.wait();
      expect(file.calls).toEqual(["made", "data content", "eof", "lost null"]);
    }));

  test("what is no pipe", () =>
    run(function* () {
      expect(() => connectReadPipe(() => new Recorder(), 9999)).toThrow("is not open (EBADF)");
      expect(() => connectReadPipe(() => new Recorder(), {} as never)).toThrow(TypeError);
      expect(() => connectReadPipe(() => new Recorder(), -1)).toThrow(RangeError);
      const objects = Readable.from([{}]);
      expect(() => connectReadPipe(() => new Recorder(), objects)).toThrow("object mode");
      expect(() => connectWritePipe(() => new Recorder(), {} as never)).toThrow(TypeError);
    }));
});

describe("connectWritePipe", () => {
  test("flow control, and the end", () =>
    run(function* () {
      const stream = new PassThrough({ highWaterMark: 1000 });
      const [transport, protocol] = yield* connectWritePipe(() => new Recorder(), stream);
      transport.write(Buffer.alloc(100_000));
      expect(protocol.calls).toEqual(["made", "pause"]);
      let taken = 0;
      stream.on("data", (data: Buffer) => {
        taken += data.length;
      });
      while (protocol.calls.length < 3) yield* sleep(1);
      transport.writeEof();
      yield* protocol.lost.wait();
      expect(protocol.calls).toEqual(["made", "pause", "resume", "lost null"]);
      expect(taken).toBe(100_000);
    }));

  test("what cannot be written is said when it is closed, too", () =>
    run(function* () {
      const full = openSync("/dev/full", "w");
      const [transport, protocol] = yield* connectWritePipe(() => new Recorder(), full);
      transport.write(Buffer.from("lost"));
      transport.close();
      yield* protocol.lost.wait();
      expect(protocol.calls).toEqual(["made", "lost ENOSPC: no space left on device, write"]);
    }));

  test("the run closes it, and what was written is sent", async () => {
    const path = join(folder, "written");
    await run(function* () {
      const [transport] = yield* connectWritePipe(() => new Recorder(), createWriteStream(path));
      transport.write(Buffer.alloc(MIB, "x"));
    });
    expect(readFileSync(path)).toHaveLength(MIB);
  });
});

describe("from Node's streams", () => {
  test("a reader, with back-pressure", () =>
    run(function* () {
      let made = 0;
      const source = new Readable({
        read() {
          made += 65_536;
          this.push(made > 8 * MIB ? null : Buffer.alloc(65_536, "x"));
        },
      });
      const reader = fromNodeReadable(source, { limit: 1000 });
      yield* reader.readexactly(1);
      yield* sleep(20);
      expect(made).toBeLessThan(MIB);
      expect(yield* reader.read()).toHaveLength(8 * MIB - 1);
      expect(reader.atEof()).toBe(true);
    }));

  test("text, files and errors", () =>
    run(function* () {
      const lines = fromNodeReadable(Readable.from(["ä\n", "b"], { objectMode: false }));
      expect(String(yield* lines.readline())).toBe("ä\n");
      expect(String(yield* lines.readline())).toBe("b");
      const missing = fromNodeReadable(createReadStream(join(folder, "none")));
      expect(yield* caught(missing.read())).toMatchObject({ code: "ENOENT" });
      expect(() => fromNodeReadable(Readable.from([{}]))).toThrow("object mode");
    }));

  test("a writer: drain waits for who is slow, and hears of errors", () =>
    run(function* () {
      const stream = new PassThrough({ highWaterMark: 1000 });
      const writer = fromNodeWritable(stream);
      writer.write(Buffer.alloc(MIB));
      expect(yield* caught(timeout(20, () => writer.drain()))).toBeInstanceOf(TimeoutError);
      stream.resume();
      yield* writer.drain();
      writer.close();
      yield* writer.waitClosed();
      const failing = fromNodeWritable(
        new Writable({ write: (_chunk, _encoding, done) => done(new Error("full")) }),
      );
      failing.write("x");
      expect(yield* caught(failing.waitClosed())).toMatchObject({ message: "full" });
      expect(yield* caught(failing.drain())).toMatchObject({ message: "full" });
    }));

  test("a writer that is closed hears of what was not written", () =>
    run(function* () {
      const errorOf = function* (stream: Writable) {
        const writer = fromNodeWritable(stream);
        writer.write("lost");
        writer.close();
        return yield* caught(writer.waitClosed());
      };
      const full = createWriteStream("/dev/full");
      expect(yield* errorOf(full)).toMatchObject({ code: "ENOSPC" });
      const nowhere = createWriteStream(join(folder, "none", "file"));
      expect(yield* errorOf(nowhere)).toMatchObject({ code: "ENOENT" });
      const unfinished = new Writable({
        write: (_chunk, _encoding, done) => done(),
        final: (done) => done(new Error("not finished")),
      });
      expect(yield* errorOf(unfinished)).toMatchObject({ message: "not finished" });
      const cut = new Writable({ write: () => {} });
      setTimeout(() => cut.destroy(), 10);
      expect(yield* errorOf(cut)).toMatchObject({
        name: "ConnectionResetError",
        message: "the stream was destroyed before its end",
      });
    }));

  test("a reader that is closed hears of no error", () =>
    run(function* () {
      const stream = new PassThrough();
      const [transport, protocol] = yield* connectReadPipe(() => new Recorder(), stream);
      transport.close();
      stream.destroy();
      yield* protocol.lost.wait();
      expect(protocol.calls).toEqual(["made", "lost null"]);
    }));

  test("both ways", () =>
    run(function* () {
      const [reader, writer] = fromNodeDuplex(createGzip());
      writer.write("hello");
      writer.writeEof();
      const packed = yield* reader.read();
      const [unpacked, input] = fromNodeDuplex(createGunzip());
      input.write(packed);
      input.writeEof();
      expect(String(yield* unpacked.read())).toBe("hello");
    }));
});

describe("to Node's streams", () => {
  test("a duplex over a connection, 16 MiB both ways", () =>
    run(function* () {
      const server = yield* startServer(
        function* (reader, writer) {
          yield* fromPromise(() => pipeline(toNodeReadable(reader), toNodeWritable(writer)));
        },
        { host: "127.0.0.1", port: 0 },
      );
      const { port } = server.sockets[0] as { port: number };
      const duplex = toNodeDuplex(...(yield* openConnection({ host: "127.0.0.1", port })));
      let taken = 0;
      duplex.on("data", (data: Buffer) => {
        taken += data.length;
      });
      const ended = new Promise((resolve) => duplex.on("close", resolve));
      const source = Readable.from(
        (function* () {
          for (let i = 0; i < 256; i++) yield Buffer.alloc(65_536, "x");
        })(),
      );
      source.pipe(duplex);
      yield* fromPromise(() => ended);
      expect(taken).toBe(16 * MIB);
    }));

  test("back-pressure: what nobody reads is not read", () =>
    run(function* () {
      const sent = { bytes: 0 };
      const server = createServer((socket) => {
        socket.on("error", () => {});
        const more = () => {
          while (socket.write(Buffer.alloc(65_536))) sent.bytes += 65_536;
        };
        socket.on("drain", more);
        more();
      });
      const port = yield* fromPromise(
        () =>
          new Promise<number>((resolve) =>
            server.listen(0, "127.0.0.1", () =>
              resolve((server.address() as { port: number }).port),
            ),
          ),
      );
      const [reader, writer] = yield* openConnection({ host: "127.0.0.1", port });
      const stream = toNodeReadable(reader);
      stream.read(0);
      yield* sleep(50);
      expect(stream.readableLength).toBeLessThanOrEqual(2 * 65_536);
      stream.destroy();
      writer.close();
      server.close();
    }));

  test("errors and destruction pass on", () =>
    run(function* () {
      const far = new PassThrough();
      const [reader, writer] = fromNodeDuplex(far);
      const near = toNodeDuplex(reader, writer);
      const failed = new Promise<Error>((resolve) => near.on("error", resolve));
      near.resume();
      far.destroy(new Error("broken"));
      expect((yield* fromPromise(() => failed)).message).toBe("broken");

      const other = new PassThrough();
      const [input, output] = fromNodeDuplex(other);
      const stream = toNodeDuplex(input, output);
      stream.resume();
      yield* sleep(5);
      stream.destroy();
      yield* output.waitClosed();
      expect(other.destroyed).toBe(true);
      expect(() => toNodeDuplex({} as never, output)).toThrow("a StreamReader");
      expect(() => toNodeWritable({} as never)).toThrow("a StreamWriter");
    }));

  test("the end of the run destroys them, without an error", async () => {
    const heard: string[] = [];
    const watch = (name: string, stream: Readable | Writable) =>
      stream
        .on("error", (error: Error) => heard.push(`${name}: ${error}`))
        .on("close", () => heard.push(`${name} closed`));
    await run(function* () {
      watch("readable", toNodeReadable(fromNodeReadable(new PassThrough())).resume());
      const stuck = fromNodeWritable(new Writable({ highWaterMark: 1, write: () => {} }));
      const writable = toNodeWritable(stuck);
      watch("writable", writable);
      writable.write(Buffer.alloc(MIB));
      watch("duplex", toNodeDuplex(...fromNodeDuplex(new PassThrough())).resume());
      yield* sleep(5);
    });
    expect(heard.sort()).toEqual(["duplex closed", "readable closed", "writable closed"]);
  });

  test("what was written to them is sent by the end of the run", async () => {
    const path = join(folder, "sent");
    await run(function* () {
      const writer = fromNodeWritable(createWriteStream(path));
      toNodeWritable(writer).end(Buffer.alloc(MIB, "x"));
      yield* sleep(0);
    });
    expect(readFileSync(path)).toHaveLength(MIB);
  });

  test("a writer beneath that was closed, or ended, is an error of the stream", () =>
    run(function* () {
      const errorOf = (stream: Writable) => {
        const failed = new Promise<Error>((resolve) => stream.on("error", resolve));
        stream.write("nobody gets it");
        return fromPromise(() => failed);
      };
      const closed = fromNodeWritable(new PassThrough());
      const over = toNodeWritable(closed);
      closed.close();
      expect((yield* errorOf(over)).message).toContain("the writer beneath this stream is closed");
      const [, ended] = fromNodeDuplex(new PassThrough());
      const after = toNodeWritable(ended);
      ended.writeEof();
      expect((yield* errorOf(after)).message).toContain("after writeEof()");
    }));
});
