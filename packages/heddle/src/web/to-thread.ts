/*
 * toThread, runInExecutor: work for the pool of Web Workers that is there by default.
 */
import { submitByDefault, submitTo } from "../executor/by-default.ts";
import { setPlatformExecutor } from "../task/event-loop.ts";
import type { Executor, ResultOf } from "../task/executor.ts";
import type { Future } from "../task/future.ts";
import { SharedThreadPool } from "./thread-pool-executor.ts";

let shared: SharedThreadPool | null = null;

// One pool for the whole page: there are no more processors where there are more loops.
setPlatformExecutor(() => {
  shared ??= new SharedThreadPool({ name: "toThread", idleTimeout: 10_000 });
  return shared;
});

/**
 * Run `fn(...args)` in a Web Worker, so that the page goes on meanwhile, and give its result. `fn` is a
 * `moduleFunction`; see ThreadPoolExecutor.submit for what crosses, the errors, and cancellation. Runs on the
 * loop's default executor if one was set (`loop.setDefaultExecutor`; in a bundle set a pool with your own
 * `worker`), else on a pool that serves the whole page: as many workers as there are processors, started
 * when needed, ended after ten seconds without work.
 *
 * Never suspends; awaiting the future does. Counterparts: `asyncio.to_thread`, `trio.to_thread.run_sync`.
 *
 * @example
 * const primes = moduleFunction<(n: number) => number[]>(new URL("./primes.js", import.meta.url), "primes");
 * const found = yield* toThread(primes, 5000);
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
