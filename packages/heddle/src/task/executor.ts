/*
 * What the loop asks of an executor: somebody who does work elsewhere (a pool of threads, another machine).
 */
import type { AwaitableOrPromise } from "./as-coroutine.ts";

/** Runs functions elsewhere. Counterpart: `concurrent.futures.Executor`. */
export interface Executor {
  /** Run `fn(...args)`; the awaitable or promise gives its result. */
  submit<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): AwaitableOrPromise<Awaited<T>>;

  /** Take no more work; with `wait`, end when all that was taken is done. */
  shutdown(options?: { wait?: boolean; cancelFutures?: boolean }): AwaitableOrPromise<void>;
}
