/*
 * map: a function over many inputs by an executor, with a bounded look-ahead.
 *
 * At most `bufferSize` items are taken from the source before their results are wanted, so neither a source
 * without end nor a slow consumer fills the memory. The same for every executor: it only needs `submit`.
 */
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { asyncGenerator } from "../interop/async-generator.ts";
import { iterate } from "../interop/iterate.ts";
import type { Iteration } from "../interop/iteration.ts";
import type { Emit } from "../interop/production.ts";
import { Queue } from "../queue/queue.ts";
import type { AwaitableOrPromise } from "../task/as-coroutine.ts";
import { ensureFuture } from "../task/event-loop.ts";
import type { Future } from "../task/future.ts";
import { startAwaited } from "../task/thenable.ts";
import { wait } from "../task/wait.ts";

export interface MapOptions {
  /** Items that are taken ahead of the results; twice the number of workers if not given. Python: `buffersize`. */
  bufferSize?: number;
  /** Results in the order of the items, the default; or, with false, as they come. */
  ordered?: boolean;
}

/**
 * The results of a `map`. Begins when the first one is asked for. An error of an item comes in its place, and
 * ends the whole: what was taken ahead is cancelled and awaited, as when the iteration is closed early.
 */
export interface Mapped<T> extends Iteration<T, void, void>, ThenableAwaitable<T[]> {}

export function mapOver<T, R>(
  call: string,
  submit: (item: T) => AwaitableOrPromise<R>,
  items: Iterable<T> | AsyncIterable<T>,
  options: MapOptions,
): Mapped<R> {
  const { bufferSize = 16, ordered = true } = options;
  if (!Number.isInteger(bufferSize) || bufferSize < 1) {
    throw new RangeError(`${call}(): bufferSize must be a whole number from 1, got ${bufferSize}`);
  }
  if (typeof ordered !== "boolean") {
    throw new TypeError(`${call}(): ordered must be true or false, got ${String(ordered)}`);
  }
  const source = iterate(items as AsyncIterable<T>);
  const produce = ordered ? inOrder : asCompleted;
  const results = iterate(
    asyncGenerator<R>((emit) =>
      produce(source, (item: T) => ensureFuture(submit(item)), bufferSize, emit),
    ),
  );
  return Object.defineProperties(results, {
    [Symbol.iterator]: { value: () => collect(results)[Symbol.iterator]() },
    then: {
      value: (...callbacks: [never?, never?]) => startAwaited(collect(results)).then(...callbacks),
    },
  }) as unknown as Mapped<R>;
}

function* collect<R>(results: Iteration<R>): Coroutine<R[]> {
  const all: R[] = [];
  try {
    for (let next = yield* results.next(); !next.done; next = yield* results.next()) {
      all.push(next.value);
    }
  } finally {
    yield* results.close();
  }
  return all;
}

function* inOrder<T, R>(
  source: Iteration<T>,
  submit: (item: T) => Future<R>,
  bufferSize: number,
  emit: Emit<R, void>,
): Coroutine<void> {
  const ahead: Future<R>[] = [];
  try {
    for (let next = yield* source.next(); !next.done; next = yield* source.next()) {
      ahead.push(submit(next.value));
      if (ahead.length === bufferSize) yield* emit(yield* first(ahead));
    }
    while (ahead.length > 0) yield* emit(yield* first(ahead));
  } finally {
    yield* abandon(source, ahead);
  }
}

function* first<R>(ahead: Future<R>[]): Coroutine<R> {
  const value = yield* ahead[0] as Future<R>;
  ahead.shift();
  return value;
}

function* asCompleted<T, R>(
  source: Iteration<T>,
  submit: (item: T) => Future<R>,
  bufferSize: number,
  emit: Emit<R, void>,
): Coroutine<void> {
  const running = new Set<Future<R>>();
  const ended = new Queue<Future<R>>();
  const take = function* (): Coroutine<R> {
    const future = yield* ended.get();
    running.delete(future);
    return future.result();
  };
  try {
    for (let next = yield* source.next(); !next.done; next = yield* source.next()) {
      const future = submit(next.value);
      running.add(future);
      future.addDoneCallback((done) => ended.putNowait(done));
      if (running.size === bufferSize) yield* emit(yield* take());
    }
    while (running.size > 0) yield* emit(yield* take());
  } finally {
    yield* abandon(source, [...running]);
  }
}

/** The consumer has left, or something has failed: nothing of the rest goes on. */
function* abandon(
  source: Iteration<unknown>,
  futures: readonly Future<unknown>[],
): Coroutine<void> {
  for (const future of futures) future.cancel();
  if (futures.length > 0) yield* wait(futures);
  for (const future of futures) future._markSeen();
  yield* source.close();
}
