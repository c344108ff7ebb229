/*
 * toThread, runInExecutor: work for the pool that is there by default.
 */
import { submitByDefault, submitTo } from "../../executor/by-default.ts";
import { setPlatformExecutor } from "../../task/event-loop.ts";
import type { Executor, ResultOf } from "../../task/executor.ts";
import type { Future } from "../../task/future.ts";
import { SharedThreadPool } from "./thread-pool-executor.ts";

let shared: SharedThreadPool | null = null;

// One pool for the whole program: there are no more processors where there are more loops.
setPlatformExecutor(() => {
  shared ??= new SharedThreadPool({ name: "toThread", idleTimeout: 10_000 });
  return shared;
});

/**
 * Run `fn(...args)` on another thread, so that the loop goes on meanwhile, and give its result. `fn` is an
 * inline function without outer variables, or a `moduleFunction`; see ThreadPoolExecutor.submit for what
 * crosses, the errors, and cancellation. Runs on the loop's default executor if one was set, else on a pool
 * of threads that serves the whole program: as many as there are processors, started when needed. Without work
 * they do not keep the process alive, and end after ten seconds.
 *
 * Never suspends; awaiting the future does. Counterparts: `asyncio.to_thread`, `trio.to_thread.run_sync`,
 * `gevent.get_hub().threadpool.apply`.
 *
 * @example
 * const primes = yield* toThread((n: number) => {
 *   const found = [];
 *   for (let i = 2; found.length < n; i++) if (found.every((p) => i % p)) found.push(i);
 *   return found;
 * }, 5000);
 */
export function toThread<A extends unknown[], T>(
  fn: (...args: A) => T,
  ...args: A
): Future<ResultOf<T>> {
  return submitByDefault(fn, args);
}

/**
 * Run `fn(...args)` by an executor, or by the default one (null): `loop.setDefaultExecutor`'s, else that of
 * `toThread`. Never suspends; awaiting the future does, and its cancellation is the executor's matter.
 * Throws TypeError for what is no executor or no function. Counterpart: `loop.run_in_executor`.
 */
export function runInExecutor<A extends unknown[], T>(
  executor: Executor | null,
  fn: (...args: A) => T,
  ...args: A
): Future<ResultOf<T>> {
  return submitTo(executor, fn, args);
}
