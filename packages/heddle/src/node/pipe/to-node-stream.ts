/*
 * toNodeReadable, toNodeWritable, toNodeDuplex: Node's streams over heddle's, for libraries that want one.
 *
 * What waits for heddle's streams are tasks of the run that made the adapter.
 */
import { Duplex, Readable, Writable } from "node:stream";
import type { Coroutine } from "../../coroutine/types.ts";
import { Home } from "../../interop/home.ts";
import { StreamReader } from "../../stream/stream-reader.ts";
import { StreamWriter } from "../../stream/stream-writer.ts";
import type { Task } from "../../task/task.ts";

/** Bytes that are read at once, at most. */
const CHUNK = 64 * 1024;

type Done = (error?: Error | null) => void;

/**
 * A Readable of Node with what `reader` reads. It is read only as somebody reads that, and an error of it is
 * the stream's. Destroying the stream stops to read, and leaves the reader open: to whom it belongs knows its
 * writer. Never suspends. Throws TypeError for what is no StreamReader.
 */
export function toNodeReadable(reader: StreamReader): Readable {
  const source = new Source(reader, "toNodeReadable");
  return new Readable({
    read() {
      source.pull(this);
    },
    destroy(error, done) {
      source.stop();
      done(error);
    },
  });
}

/**
 * A Writable of Node over `writer`: a write is done when `drain` is, the end of the stream closes the writer, and
 * destroying it aborts the writer's transport. Never suspends. Throws TypeError for what is no StreamWriter.
 */
export function toNodeWritable(writer: StreamWriter): Writable {
  const target = new Target(writer, "toNodeWritable");
  return new Writable({
    write: (chunk, _, done) => target.write(chunk, done),
    final: (done) => target.close(done),
    destroy(error, done) {
      target.destroy(error, this.writableFinished, done);
    },
  });
}

/**
 * Both in one: a library that talks over a socket can talk over heddle's streams. The end of what it writes is
 * sent (`writeEof`); the writer is closed when both directions have ended, and aborted when the stream is
 * destroyed before. Never suspends. Throws TypeError for what are no streams of heddle.
 *
 * @example
 * const [reader, writer] = yield* openConnection({ port: 6379 });
 * const client = new Client({ stream: toNodeDuplex(reader, writer) });
 */
export function toNodeDuplex(reader: StreamReader, writer: StreamWriter): Duplex {
  const source = new Source(reader, "toNodeDuplex");
  const target = new Target(writer, "toNodeDuplex");
  return new Duplex({
    read() {
      source.pull(this);
    },
    write: (chunk, _, done) => target.write(chunk, done),
    final: (done) => target.end(done),
    destroy(error, done) {
      source.stop();
      target.destroy(error, this.readableEnded && this.writableFinished, done);
    },
  });
}

class Source {
  readonly #home = new Home();
  readonly #reader: StreamReader;
  #pulling: Task<void> | undefined;

  constructor(reader: StreamReader, call: string) {
    if (!(reader instanceof StreamReader)) throw new TypeError(`${call}() needs a StreamReader`);
    this.#reader = reader;
  }

  pull(stream: Readable): void {
    this.#pulling = this.#home.start(this.#pull(stream));
  }

  *#pull(stream: Readable): Coroutine<void> {
    try {
      const data = yield* this.#reader.read(CHUNK);
      stream.push(data.length === 0 ? null : data);
    } catch (error) {
      stream.destroy(error as Error);
    }
  }

  stop(): void {
    this.#pulling?.cancel("the stream was destroyed");
  }
}

class Target {
  readonly #home = new Home();
  readonly #writer: StreamWriter;

  constructor(writer: StreamWriter, call: string) {
    if (!(writer instanceof StreamWriter)) throw new TypeError(`${call}() needs a StreamWriter`);
    this.#writer = writer;
  }

  write(chunk: Uint8Array, done: Done): void {
    this.#writer.write(chunk);
    this.#follow(() => this.#writer.drain(), done);
  }

  /** Nothing more is written. */
  end(done: Done): void {
    if (this.#writer.canWriteEof()) this.#writer.writeEof();
    done();
  }

  close(done: Done): void {
    this.#writer.close();
    this.#follow(() => this.#writer.waitClosed(), done);
  }

  destroy(error: Error | null, complete: boolean, done: Done): void {
    if (error === null && complete) this.#writer.close();
    else this.#writer.transport.abort();
    done(error);
  }

  #follow(wait: () => ReturnType<StreamWriter["drain"]>, done: Done): void {
    const coroutine = function* (): Coroutine<void> {
      let failure: unknown = null;
      try {
        yield* wait();
      } catch (error) {
        failure = error;
      }
      done(failure as Error | null);
    };
    this.#home.start(coroutine());
  }
}
