/*
 * What `iterate` makes of heddle's own queues, channels and streams: no promise is in between, and an
 * item that nobody is there to take stays where it is.
 */
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { EndOfChannel } from "../queue/channel-errors.ts";
import { QueueShutDown } from "../queue/errors.ts";
import { MemoryReceiveChannel } from "../queue/memory-channel.ts";
import { Queue } from "../queue/queue.ts";
import { StreamReader } from "../stream/stream-reader.ts";
import { endOf, Iteration } from "./iteration.ts";

type Take = () => Coroutine<IteratorResult<unknown, undefined>>;

/** How to take items out of `source`, if it is one of heddle's own. */
export function takingFrom(source: unknown): Take | undefined {
  if (source instanceof Queue) return () => untilError(source.get(), QueueShutDown);
  if (source instanceof MemoryReceiveChannel)
    return () => untilError(source.receive(), EndOfChannel);
  if (source instanceof StreamReader) return () => untilEmpty(source.readline());
  return undefined;
}

function* untilError(
  item: ThenableAwaitable<unknown>,
  end: abstract new () => Error,
): Coroutine<IteratorResult<unknown, undefined>> {
  try {
    return { done: false, value: yield* item };
  } catch (error) {
    if (error instanceof end) return endOf<undefined>();
    throw error;
  }
}

/** @internal Bytes, of which none at all mean the end. */
export function* untilEmpty(
  bytes: ThenableAwaitable<Uint8Array>,
): Coroutine<IteratorResult<Uint8Array, undefined>> {
  const value = yield* bytes;
  return value.length === 0 ? endOf<undefined>() : { done: false, value };
}

export class NativeIteration<T> extends Iteration<T, undefined> {
  readonly #take: Take;
  #closed = false;

  constructor(take: Take) {
    super();
    this.#take = take;
  }

  protected override get ended(): boolean {
    return this.#closed;
  }

  override next(): ThenableAwaitable<IteratorResult<T, undefined>> {
    const result = this.#closed ? alreadyEnded() : this.#take();
    return this._home.thenable(result as Coroutine<IteratorResult<T, undefined>>);
  }

  override throw(error: unknown): ThenableAwaitable<never> {
    this.#closed = true;
    return this._home.thenable(raising(error));
  }

  override return(): ThenableAwaitable<IteratorResult<T, undefined>> {
    this.#closed = true;
    return this._home.thenable(alreadyEnded());
  }
}

function* alreadyEnded(): Coroutine<IteratorReturnResult<undefined>> {
  return endOf<undefined>();
}

function* raising(error: unknown): Coroutine<never> {
  throw error;
}
