/*
 * toNodeReadable, toNodeWritable, toNodeDuplex: Node's streams over heddle's, for libraries that want one.
 *
 * What waits for heddle's streams are tasks of the run that made the adapter. Its end cancels them: that is no
 * error of the stream, which is destroyed, and what heddle's writer has got is sent.
 */
import { Duplex, Readable, Writable } from "node:stream";
import type { Coroutine } from "../../coroutine/types.ts";
import { Home } from "../../interop/home.ts";
import { ClosedResourceError } from "../../queue/channel-errors.ts";
import { StreamReader } from "../../stream/stream-reader.ts";
import { StreamWriter } from "../../stream/stream-writer.ts";
import { isCancelled } from "../../task/errors.ts";
import type { Task } from "../../task/task.ts";

/** Bytes that are read at once, at most. */
const CHUNK = 64 * 1024;

type Done = (error?: Error | null) => void;

/**
 * A Readable of Node with what `reader` reads. It is read only as somebody reads that, and an error of it is
 * the stream's; the end of the run is none, and destroys the stream if it waits. Destroying the stream stops to
 * read, and leaves the reader open: to whom it belongs knows its writer. Never suspends. Throws TypeError for what is no StreamReader.
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
    write(chunk, _, done) {
      target.write(this, chunk, done);
    },
    final(done) {
      target.close(this, done);
    },
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
    write(chunk, _, done) {
      target.write(this, chunk, done);
    },
    final: (done) => target.end(done),
    destroy(error, done) {
      source.stop();
      const complete = source.cancelled || (this.readableEnded && this.writableFinished);
      target.destroy(error, complete, done);
    },
  });
}

class Source {
  readonly #home = new Home();
  readonly #reader: StreamReader;
  #pulling: Task<void> | undefined;
  /** The run ends. */
  cancelled = false;

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
      this.cancelled = isCancelled(error);
      stream.destroy(this.cancelled ? undefined : (error as Error));
      if (this.cancelled) throw error;
    }
  }

  stop(): void {
    this.#pulling?.cancel("the stream was destroyed");
  }
}

class Target {
  readonly #home = new Home();
  readonly #writer: StreamWriter;
  /** The run ends. */
  #cancelled = false;

  constructor(writer: StreamWriter, call: string) {
    if (!(writer instanceof StreamWriter)) throw new TypeError(`${call}() needs a StreamWriter`);
    this.#writer = writer;
  }

  write(stream: Writable, chunk: Uint8Array, done: Done): void {
    // What is written to a writer that was closed goes nowhere; to one that was ended, it throws.
    if (this.#writer.isClosing()) {
      done(new ClosedResourceError("the writer beneath this stream is closed"));
      return;
    }
    try {
      this.#writer.write(chunk);
    } catch (error) {
      done(error as Error);
      return;
    }
    this.#follow(stream, () => this.#writer.drain(), done);
  }

  /** Nothing more is written. */
  end(done: Done): void {
    if (this.#writer.canWriteEof()) this.#writer.writeEof();
    done();
  }

  close(stream: Writable, done: Done): void {
    this.#writer.close();
    this.#follow(stream, () => this.#writer.waitClosed(), done);
  }

  destroy(error: Error | null, complete: boolean, done: Done): void {
    if (error === null && (complete || this.#cancelled)) this.#writer.close();
    else this.#writer.transport.abort();
    done(error);
  }

  #follow(stream: Writable, wait: () => ReturnType<StreamWriter["drain"]>, done: Done): void {
    this.#home.start(this.#tell(stream, wait, done));
  }

  *#tell(
    stream: Writable,
    wait: () => ReturnType<StreamWriter["drain"]>,
    done: Done,
  ): Coroutine<void> {
    let failure: unknown = null;
    try {
      yield* wait();
    } catch (error) {
      if (isCancelled(error)) {
        this.#cancelled = true;
        stream.destroy();
        throw error;
      }
      failure = error;
    }
    done(failure as Error | null);
  }
}
