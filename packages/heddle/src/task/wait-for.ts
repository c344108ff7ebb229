/*
 * waitFor: one awaitable with a deadline, as `asyncio.wait_for`.
 */
import type { Awaitable, Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { type AwaitableOrPromise, asAwaitable } from "./as-coroutine.ts";
import { isCancelled, TimeoutError } from "./errors.ts";
import { ensureFuture } from "./event-loop.ts";
import { type Explained, Future, isFuture, type Listener } from "./future.ts";
import { thenable } from "./thenable.ts";
import { afterDelay } from "./timeout.ts";

/**
 * Wait for `awaitable` for at most `ms` milliseconds (null: for ever). When the time is over it is
 * cancelled, and after its clean-up TimeoutError is thrown; if it returns a value in spite of that,
 * the value is given. A coroutine runs in the calling task; with a time of 0 or less it does not
 * even start. Cancelling cancels the awaitable. Suspends unless the awaitable does not.
 *
 * Counterpart: `asyncio.wait_for`.
 *
 * @example
 * const line = yield* waitFor(reader.readline(), 1000);
 */
export function waitFor<T>(
  awaitable: AwaitableOrPromise<T>,
  ms: number | null,
): ThenableCoroutine<T> {
  if (ms !== null && (typeof ms !== "number" || Number.isNaN(ms))) {
    throw new RangeError(`waitFor() needs a number of milliseconds or null, got ${String(ms)}`);
  }
  const target = isFuture(awaitable) ? awaitable : asAwaitable<T>(awaitable, "waitFor");
  return waitWithin(target, ms) as ThenableCoroutine<T>;
}

const waitWithin = thenable(function* waitFor<T>(
  awaitable: Awaitable<T>,
  ms: number | null,
): Coroutine<T> {
  if (ms === null || ms > 0) {
    return yield* afterDelay(ms, awaitable, "waitFor") as Coroutine<T>;
  }
  const future = ensureFuture(awaitable);
  if (future.done()) return future.result();
  yield* cancelAndWait(future);
  try {
    return future.result();
  } catch (error) {
    if (!isCancelled(error)) throw error;
    throw new TimeoutError(`the deadline of waitFor(${ms} ms) has passed`, { cause: error });
  }
});

/** Cancel `future` and wait until it is done. Cancelling this wait does not depend on `future`. */
function* cancelAndWait(future: Future<unknown>): Coroutine<void> {
  const about: Explained = {
    _parts: [future],
    toString: () => `the end of ${future}, which was cancelled`,
  };
  const waiter = new Future<void>(future._loop, about);
  const listener: Listener & { run(): void } = {
    waiter,
    wake: () => future._loop.enqueue(listener, undefined),
    run() {
      if (!waiter.done()) waiter.setResult(undefined);
    },
  };
  future._listen(listener);
  try {
    future.cancel();
    yield* waiter;
  } finally {
    future._unlisten((other) => other === listener);
  }
}
