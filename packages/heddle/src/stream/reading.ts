/*
 * The calls of a StreamReader: look into the buffer, wait for more, look again.
 *
 * All of them are this one loop with different ideas of what is enough. Each is an operation
 * (task/operation.ts), one object for the call and its waiting; a call that finds its bytes in the
 * buffer suspends nobody.
 *
 * A call that waits holds the reader until its task runs again. asyncio lets go of it when the bytes
 * arrive, so that a second reader can empty the buffer in between and the first one takes that for the
 * end of the stream; here the first one looks again.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { arm } from "../coroutine/suspend.ts";
import { PENDING } from "../task/future.ts";
import { Operation, type Progress } from "../task/operation.ts";
import { type Owned, thenOwned } from "../task/owned-promise.ts";
import type { ByteQueue } from "./byte-queue.ts";
import { IncompleteReadError, LimitOverrunError } from "./errors.ts";

/** What of a StreamReader its calls see. */
export interface ReadSide extends Owned {
  readonly _buffer: ByteQueue;
  readonly _limit: number;
  readonly _ended: boolean;
  readonly _failure: Error | null;
  /** The call that waits for more. */
  _waiting: Operation | null;
  /** A `read(n)` that is over. */
  _spare: ReadSome | null;
  /** Whoever waits for more must not wait for a transport that was paused. */
  _resume(): void;
  /** Bytes were taken out of the buffer. */
  _taken(): void;
}

abstract class Reading extends Operation {
  protected readonly reader: ReadSide;

  constructor(reader: ReadSide) {
    super(reader);
    this.reader = reader;
  }

  /** The result, if the buffer has it. Throws at the end of the stream, or over the limit. */
  protected abstract attempt(): Uint8Array | undefined;

  /** Name of the call, for errors. */
  protected abstract get call(): string;

  protected override begin(): Progress {
    const { reader } = this;
    if (reader._failure !== null) throw reader._failure;
    return this.#look(reader);
  }

  protected override proceed(): Progress {
    const { reader } = this;
    if (reader._waiting === this) reader._waiting = null;
    this.waitAgain();
    return this.#look(reader);
  }

  protected override interrupted(): void {
    if (this.reader._waiting === this) this.reader._waiting = null;
  }

  #look(reader: ReadSide): Progress {
    const found = this.attempt();
    if (found !== undefined) return { done: true, value: found };
    if (reader._failure !== null) throw reader._failure;
    if (reader._waiting !== null) {
      throw new RuntimeError(
        `${this.call}() called while another coroutine is already waiting for incoming data: ` +
          "only one task at a time can read a stream",
      );
    }
    reader._waiting = this;
    reader._resume();
    return arm(this);
  }

  override then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return thenOwned(this.reader, this, onFulfilled, onRejected);
  }
}

/**
 * At least one byte, at most `size`.
 *
 * A server makes one of these for every request: each reader keeps its last one and uses it again. That
 * saves 700 of the 10,500 cycles that an echo takes outside of the system, most of them in the garbage
 * collector, which has the buffers of the sockets to look after (`npm run bench -- --only echo`).
 */
export class ReadSome extends Reading {
  #size: number;

  constructor(reader: ReadSide, size: number) {
    super(reader);
    this.#size = size;
  }

  /** Be another call. */
  renew(size: number): this {
    this._bits = PENDING;
    this.#size = size;
    return this;
  }

  protected override get call(): string {
    return "read";
  }

  protected override attempt(): Uint8Array | undefined {
    const { reader } = this;
    const size = this.#size;
    const buffer = reader._buffer;
    if (buffer.length === 0 && !reader._ended && size > 0) return undefined;
    const data = size === 0 ? buffer.take(0) : buffer.takeSome(size);
    reader._spare = this;
    reader._taken();
    return data;
  }
}

/** Everything until the end of the stream. */
export class ReadAll extends Reading {
  protected override get call(): string {
    return "read";
  }

  protected override attempt(): Uint8Array | undefined {
    const { reader } = this;
    if (!reader._ended) return undefined;
    const data = reader._buffer.take(reader._buffer.length);
    reader._taken();
    return data;
  }
}

export class ReadExactly extends Reading {
  readonly #size: number;

  constructor(reader: ReadSide, size: number) {
    super(reader);
    this.#size = size;
  }

  protected override get call(): string {
    return "readexactly";
  }

  protected override attempt(): Uint8Array | undefined {
    const { reader } = this;
    const size = this.#size;
    const buffer = reader._buffer;
    if (buffer.length < size) {
      if (!reader._ended) return undefined;
      throw new IncompleteReadError(buffer.take(buffer.length), size);
    }
    const data = buffer.take(size);
    reader._taken();
    return data;
  }
}

/** Up to and with the first of several separators, the one that ends soonest. */
export class ReadUntil extends Reading {
  /** The shortest first. */
  readonly #separators: readonly Uint8Array[];
  /** No separator begins before this place in the buffer. */
  #searched = 0;

  constructor(reader: ReadSide, separators: readonly Uint8Array[]) {
    super(reader);
    this.#separators = separators;
  }

  protected override get call(): string {
    return "readuntil";
  }

  protected override attempt(): Uint8Array | undefined {
    const { reader } = this;
    const buffer = reader._buffer;
    const limit = reader._limit;
    let start = -1;
    let end = Number.POSITIVE_INFINITY;
    for (const separator of this.#separators) {
      const at = buffer.indexOf(separator, this.#searched);
      if (at < 0 || at + separator.length >= end) continue;
      start = at;
      end = at + separator.length;
    }
    if (start > limit) return this.overrun(start, end);
    if (start >= 0) {
      const data = buffer.take(end);
      reader._taken();
      return data;
    }
    const longest = (this.#separators.at(-1) as Uint8Array).length;
    this.#searched = Math.max(0, buffer.length + 1 - longest);
    if (this.#searched > limit) return this.overrun(this.#searched, null);
    if (!reader._ended) return undefined;
    return this.incomplete(buffer.take(buffer.length));
  }

  /** The stream ended without a separator. */
  protected incomplete(partial: Uint8Array): Uint8Array {
    throw new IncompleteReadError(partial, null);
  }

  /** There is no separator in the first `consumed` bytes; the next one ends at `end`, if there is any. */
  protected overrun(consumed: number, end: number | null): Uint8Array {
    const what = end === null ? "no separator was found" : "the separator was found too late";
    throw new LimitOverrunError(`${what}: ${overLimit(consumed, this.reader._limit)}`, consumed);
  }
}

/** A line, with its newline if it has one. What is too long is dropped. */
export class ReadLine extends ReadUntil {
  protected override get call(): string {
    return "readline";
  }

  protected override incomplete(partial: Uint8Array): Uint8Array {
    return partial;
  }

  protected override overrun(consumed: number, end: number | null): Uint8Array {
    const { reader } = this;
    reader._buffer.drop(end ?? reader._buffer.length);
    reader._taken();
    throw new RangeError(`the line is too long: ${overLimit(consumed, reader._limit)}`);
  }
}

function overLimit(consumed: number, limit: number): string {
  return (
    `${consumed} bytes came without one, and the reader's limit is ${limit}. ` +
    "Give the stream a larger `limit`, or read such data by readexactly() or read()"
  );
}
