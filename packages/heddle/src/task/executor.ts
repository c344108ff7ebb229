/*
 * What the loop asks of an executor: somebody who does work elsewhere (a pool of threads, another machine).
 */
import type { Suspension } from "../coroutine/types.ts";
import type { AwaitableOrPromise } from "./as-coroutine.ts";

/** Runs functions elsewhere. Counterpart: `concurrent.futures.Executor`. */
export interface Executor {
  /** Run `fn(...args)`; the awaitable or promise gives its result, also where `fn` is a coroutine function. */
  submit<A extends unknown[], T>(
    fn: (...args: A) => T,
    ...args: A
  ): AwaitableOrPromise<ResultOf<T> | Awaited<T>>;

  /** Take no more work; with `wait`, end when all that was taken is done. */
  shutdown(options?: { wait?: boolean; cancelFutures?: boolean }): AwaitableOrPromise<void>;
}

/** What comes of a function that returns `T` when it has run elsewhere: of a coroutine or a promise, its result. */
export type ResultOf<T> =
  T extends Generator<unknown, infer R, unknown>
    ? R
    : T extends { [Symbol.iterator](): Iterator<infer S, infer R, unknown> }
      ? S extends Suspension
        ? R
        : Awaited<T>
      : Awaited<T>;

/**
 * An executor cannot run a job, or has lost it: its worker died (out of memory, `process.exit`, a crash).
 * Counterpart: `concurrent.futures.BrokenExecutor`.
 */
export class BrokenExecutorError extends Error {
  override name = "BrokenExecutorError";
}
