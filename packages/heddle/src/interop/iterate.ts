/*
 * iterate: pull the items of an async iterable inside a coroutine.
 */
import { AsyncGeneratorObject, GeneratorIteration } from "./async-generator.ts";
import { awaitingItems, ForeignIteration } from "./foreign-iteration.ts";
import { Iteration } from "./iteration.ts";
import { NativeIteration, takingFrom } from "./native-iteration.ts";

/** What `for await` takes: its results may come by any thenable. */
export interface AsyncIterableLike<T, R = unknown, N = unknown> {
  [Symbol.asyncIterator](): { next(...sent: [] | [N]): PromiseLike<IteratorResult<T, R>> };
}

/**
 * Pull the items of an async iterable, one by one: a coroutine cannot say `for await`. Takes async
 * generators and whatever else `for await` takes, synchronous iterables too (what they hold by promises
 * is awaited); and, with no promise in between, heddle's own `asyncGenerator`, queues, channels and
 * StreamReaders (by line). Throws TypeError for what is none of these. Never suspends.
 *
 * The next item is not asked for before somebody waits for it. A `next` that is cancelled loses nothing:
 * see Iteration. Counterparts: Python's `aiter` and `async for`.
 *
 * @example
 * using items = iterate(source);
 * for (let item = yield* items.next(); !item.done; item = yield* items.next()) {
 *   console.log(item.value);
 * }
 */
export function iterate<T, R, N>(source: AsyncIterableLike<T, R, N>): Iteration<T, R, N>;
export function iterate<T, R, N>(source: Iterable<T, R, N>): Iteration<Awaited<T>, R, N>;
export function iterate(source: unknown): Iteration<unknown, unknown, never> {
  if (source instanceof Iteration) return source;
  if (source instanceof AsyncGeneratorObject) return new GeneratorIteration(source);
  const take = takingFrom(source);
  if (take !== undefined) return new NativeIteration(take);
  const { [Symbol.asyncIterator]: beginAsync, [Symbol.iterator]: begin } = methodsOf(source);
  if (typeof beginAsync === "function") {
    return new ForeignIteration(beginAsync.call(source), "iterate()");
  }
  if (typeof begin === "function") {
    return new ForeignIteration(awaitingItems(begin.call(source)), "iterate()");
  }
  throw new TypeError(
    "iterate() needs something to iterate: an async iterable (what `for await` takes) or an " +
      `iterable, got ${String(source)}`,
  );
}

function methodsOf(
  source: unknown,
): Partial<AsyncIterableLike<unknown, unknown, never> & Iterable<unknown>> {
  return source === null || source === undefined ? {} : source;
}
