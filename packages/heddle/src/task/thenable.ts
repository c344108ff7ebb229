/*
 * One API for `yield*` and `await`: coroutines that promises understand.
 *
 * Objects made by a generator function inherit from the function's own `prototype` object, so one
 * `then` there serves every coroutine that the function returns: no wrapper and no cost for those
 * who use `yield*`. `await` calls `then`, which runs the coroutine as a task.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { reschedule } from "../coroutine/suspend.ts";
import type { Awaitable, Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { getEventLoop } from "./current-loop.ts";
import { currentTask, type Task } from "./task.ts";

/** @internal */
export const AWAITED = "cannot reuse an awaited coroutine: make a new one for each await";

/** A generator that has ended gives undefined for ever: a second `await` must not look like that. */
const awaited = new WeakSet<object>();

function then(this: Coroutine<unknown>, ...callbacks: [never?, never?]): Promise<unknown> {
  if (awaited.has(this)) {
    return Promise.reject(new RuntimeError(AWAITED)).then(...callbacks);
  }
  awaited.add(this);
  return startAwaited(this).then(...callbacks);
}

/** @internal What an async function awaits becomes a task, in the cancel scope that the function is in. */
export function startAwaited<T>(call: Awaitable<T>): Task<T> {
  const scope = currentTask()?._scope;
  return getEventLoop().createTask(call, scope ? { _scope: scope } : undefined);
}

/** @internal Make what `fn` returns usable by `await` too. */
export function thenable<A extends unknown[], T>(
  fn: (...args: A) => Coroutine<T>,
): (...args: A) => ThenableCoroutine<T> {
  Object.defineProperty(fn.prototype, "then", { value: then });
  return fn as (...args: A) => ThenableCoroutine<T>;
}

Object.defineProperty(reschedule, "then", {
  value: (...callbacks: [never?, never?]) =>
    getEventLoop()
      .createTask(
        (function* () {
          yield* reschedule;
        })(),
      )
      .then(...callbacks),
});
