/*
 * StreamReader: bytes come in at one side as they arrive, and go out at the other as they are wanted.
 *
 * The buffer is bounded by the flow control of asyncio: above twice the limit the transport is told to
 * pause, at or below the limit to go on; whoever waits for more than fits resumes it as well.
 */

import { RuntimeError } from "../coroutine/errors.ts";
import type { ThenableAwaitable } from "../coroutine/types.ts";
import { getEventLoop } from "../task/current-loop.ts";
import type { EventLoop } from "../task/event-loop.ts";
import type { Operation } from "../task/operation.ts";
import { currentOwner, type Owner } from "../task/owner.ts";
import { type Allocate, ByteQueue } from "./byte-queue.ts";
import { bytesOf } from "./bytes.ts";
import { ReadAll, ReadExactly, ReadLine, ReadSome, ReadUntil } from "./reading.ts";
import type { ReadTransport } from "./transport.ts";

type Read = ThenableAwaitable<Uint8Array>;

/** Bytes that a line may have, and half of what a reader buffers. */
const DEFAULT_LIMIT = 64 * 1024;

const NEWLINE: readonly Uint8Array[] = [new Uint8Array([10])];

export interface StreamReaderOptions {
  /** Bytes that `readline` and `readuntil` look through; the reader buffers at most twice as many. */
  limit?: number | undefined;
  /** The loop whose tasks read; the running one, else the thread's default one, if not given. */
  loop?: EventLoop;
  /** @internal Makes the arrays that results are copied into. */
  allocate?: Allocate;
}

/**
 * The receiving end of a stream. Counterpart: `asyncio.StreamReader`.
 *
 * `openConnection` and `startServer` make it; with `feedData` and `feedEof` it serves tests and
 * protocols of one's own. One task at a time may wait for it.
 *
 * What comes out is a `Uint8Array` (on Node a `Buffer`), and belongs to the caller. Nothing is copied
 * that does not have to be: a small piece may be a view of a larger chunk, which it keeps in memory.
 * Whoever keeps such a piece for long copies it: `new Uint8Array(piece)`.
 *
 * In async functions `for await (const line of reader)` gives the lines. A coroutine says:
 *
 * @example
 * for (let line = yield* reader.readline(); line.length > 0; line = yield* reader.readline()) {
 *   console.log(decoder.decode(line));
 * }
 */
export class StreamReader {
  /** @internal */
  readonly _loop: EventLoop;
  /** @internal The run that the stream belongs to. */
  readonly _owner: Owner | null;
  /** @internal */
  readonly _buffer: ByteQueue;
  /** @internal */
  readonly _limit: number;
  /** @internal */
  _ended = false;
  /** @internal */
  _failure: Error | null = null;
  /** @internal The call that waits for more, until its task runs again. */
  _waiting: Operation | null = null;
  /** @internal */
  _spare: ReadSome | null = null;
  #transport: ReadTransport | null = null;
  #paused = false;

  /** Throws RangeError unless `limit` is at least 1. */
  constructor(options: StreamReaderOptions = {}) {
    const { limit = DEFAULT_LIMIT } = options;
    if (typeof limit !== "number") {
      throw new TypeError(`a stream's limit is a number of bytes, got ${typeof limit}`);
    }
    if (!(limit >= 1)) {
      throw new RangeError(`a stream's limit must be at least 1 byte, got ${limit}`);
    }
    this._limit = limit;
    this._loop = options.loop ?? getEventLoop();
    this._owner = currentOwner();
    this._buffer = new ByteQueue(options.allocate ?? ((length) => new Uint8Array(length)));
  }

  /**
   * Read at most `n` bytes, as soon as there is one; without `n`, or below 0, everything until the end of
   * the stream. No bytes at all mean the end. Waits only if the buffer is empty.
   *
   * Throws what ended the connection (a ConnectionResetError, say), TypeError or RangeError for what is
   * no number. On cancellation nothing is lost: the next read gets the bytes.
   * Counterpart: `asyncio.StreamReader.read`.
   *
   * @example
   * const some = yield* reader.read(65_536);
   * const all = yield* reader.read();
   */
  read(n = -1): ThenableAwaitable<Uint8Array> {
    checkSize(n, "read");
    if (n >= 0) {
      const spare = this._spare;
      this._spare = null;
      return (spare === null ? new ReadSome(this, n) : spare.renew(n)) as Read;
    }
    return new ReadAll(this) as Read;
  }

  /**
   * Read a line, with the "\n" at its end. The last one may have none; no bytes at all mean the end of
   * the stream. Waits only if there is no whole line in the buffer.
   *
   * Throws RangeError for a line that is longer than the limit, which is dropped as far as it has come,
   * and what ended the connection. On cancellation nothing is lost.
   * Counterpart: `asyncio.StreamReader.readline` (its ValueError is a RangeError here).
   */
  readline(): ThenableAwaitable<Uint8Array> {
    return new ReadLine(this, NEWLINE) as Read;
  }

  /**
   * Read exactly `n` bytes; more than the limit, if need be. Waits only if the buffer has fewer.
   *
   * Throws IncompleteReadError, which has the bytes that came, if the stream ends before; RangeError for
   * a negative `n`; and what ended the connection. On cancellation nothing is lost.
   * Counterpart: `asyncio.StreamReader.readexactly`.
   */
  readexactly(n: number): ThenableAwaitable<Uint8Array> {
    checkSize(n, "readexactly");
    if (n < 0) {
      throw new RangeError(`readexactly() needs a number of bytes that is not negative, got ${n}`);
    }
    return new ReadExactly(this, n) as Read;
  }

  /**
   * Read up to the first `separator`, with it. Of several separators the one that ends first counts.
   * Waits only if there is none in the buffer.
   *
   * Throws IncompleteReadError if the stream ends before; LimitOverrunError if there are more bytes than
   * the limit before the separator: they stay in the buffer, to be read in another way; RangeError for
   * an empty separator; and what ended the connection. On cancellation nothing is lost.
   * Counterpart: `asyncio.StreamReader.readuntil`.
   *
   * @example
   * const head = yield* reader.readuntil("\r\n\r\n");
   * const line = yield* reader.readuntil(["\r\n", "\n"]);
   */
  readuntil(
    separator: Uint8Array | string | readonly (Uint8Array | string)[] = "\n",
  ): ThenableAwaitable<Uint8Array> {
    if (separator === "\n") return new ReadUntil(this, NEWLINE) as Read;
    const several: readonly (Uint8Array | string)[] = Array.isArray(separator)
      ? separator
      : [separator];
    const separators = several.map((each) => bytesOf(each, "readuntil"));
    separators.sort((a, b) => a.length - b.length);
    if (separators[0] === undefined || separators[0].length === 0) {
      throw new RangeError("readuntil() needs at least one separator of at least one byte");
    }
    return new ReadUntil(this, separators) as Read;
  }

  /** Has the stream ended, and has everything been read? */
  atEof(): boolean {
    return this._ended && this._buffer.length === 0;
  }

  /** What ended the connection, if it was an error. */
  exception(): Error | null {
    return this._failure;
  }

  /** The connection has failed: whoever reads, now or later, gets `error`. */
  setException(error: Error): void {
    this._failure = error;
    this.#wake();
  }

  /** Bytes have come. They are kept, not copied. Throws RuntimeError after `feedEof()`. */
  feedData(data: Uint8Array): void {
    if (this._ended) throw new RuntimeError("feedData() after feedEof(): the stream has ended");
    if (data.length === 0) return;
    this._buffer.push(data);
    this.#wake();
    if (this._buffer.length <= 2 * this._limit || this.#paused || this.#transport === null) return;
    this.#paused = true;
    this.#transport.pauseReading();
  }

  /** Nothing more will come. */
  feedEof(): void {
    this._ended = true;
    this.#wake();
  }

  /** Where the bytes come from: what is to be paused when too many do. To be called once. */
  setTransport(transport: ReadTransport): void {
    if (this.#transport !== null) {
      throw new RuntimeError("setTransport(): this reader has a transport already");
    }
    this.#transport = transport;
  }

  /** The lines, each with its "\n", until the end of the stream. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const line = await this.readline();
      if (line.length === 0) return;
      yield line;
    }
  }

  /** For reports: `StreamReader from 127.0.0.1:50000 (12 bytes)`. */
  toString(): string {
    const peer = this.#transport?.getExtraInfo("peername");
    const from = peer === undefined ? "" : ` from ${peer.address}:${peer.port}`;
    return `StreamReader${from} (${this._buffer.length} bytes${this._ended ? ", ended" : ""})`;
  }

  /** @internal What is in the buffer; null if the stream has ended. */
  _takeAll(): Uint8Array | null {
    return this._ended ? null : this._buffer.take(this._buffer.length);
  }

  /** @internal */
  _replaceTransport(transport: ReadTransport): void {
    this.#transport = transport;
    this.#paused = false;
  }

  #wake(): void {
    const waiting = this._waiting;
    if (waiting !== null && !waiting.done()) waiting.setResult(undefined);
  }

  /** @internal */
  _resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#transport?.resumeReading();
  }

  /** @internal */
  _taken(): void {
    if (this.#paused && this._buffer.length <= this._limit) this._resume();
  }
}

function checkSize(n: unknown, call: string): void {
  if (Number.isInteger(n)) return;
  const problem = `${call}() needs a whole number of bytes, got ${String(n)}`;
  throw typeof n === "number" ? new RangeError(problem) : new TypeError(problem);
}
