/*
 * toThread and runInExecutor, as far as they are the same everywhere. Each platform has its own beside the pool
 * that it sets as the default one: a re-export would be all the same to bundlers, which leave out modules of
 * which nothing but a re-export is used, and with it the setting.
 */
import { getEventLoop } from "../task/current-loop.ts";
import type { Executor, ResultOf } from "../task/executor.ts";
import type { Future } from "../task/future.ts";
import { PoolExecutor } from "./pool-executor.ts";

/** What `toThread` does. */
export function submitByDefault<A extends unknown[], T>(
  fn: (...args: A) => T,
  args: A,
): Future<ResultOf<T>> {
  const executor = getEventLoop()._defaultExecutor();
  return executor instanceof PoolExecutor
    ? executor._submit("toThread", fn, args)
    : submitTo(executor, fn, args);
}

/** What `runInExecutor` does. */
export function submitTo<A extends unknown[], T>(
  executor: Executor | null,
  fn: (...args: A) => T,
  args: A,
): Future<ResultOf<T>> {
  if (executor !== null && typeof executor?.submit !== "function") {
    throw new TypeError(
      `runInExecutor() needs an executor, such as a ThreadPoolExecutor, or null, got ${String(executor)}`,
    );
  }
  return getEventLoop().runInExecutor(executor, fn, ...args);
}
