/*
 * What can be run: coroutines, coroutine functions, async functions, any awaitable, promises.
 *
 * `run` and `createTask` take all of these; `gather`, `waitFor`, `shield` take awaitables and
 * promises. This file turns each into the one thing that a task drives.
 */
import { isAwaitable } from "../coroutine/is-awaitable.ts";
import type { Awaitable, Coroutine } from "../coroutine/types.ts";
import { Future } from "./future.ts";
import { PromiseBridge } from "./promise-bridge.ts";
import { currentTask } from "./task.ts";

/**
 * A coroutine, or a function that makes one, or an async function. A function that declares a
 * parameter (by name: not `...rest`, no default) gets the task's AbortSignal.
 */
export type Runnable<T> = Awaitable<T> | ((signal: AbortSignal) => Awaitable<T> | PromiseLike<T>);

/** An awaitable or a promise. */
export type AwaitableOrPromise<T> = Awaitable<T> | PromiseLike<T>;

const GeneratorFunction = function* () {}.constructor;

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

/** @internal The awaitable for a task to drive; `call` names who asks, for the error. */
export function asAwaitable<T>(what: Runnable<T> | PromiseLike<T>, call: string): Awaitable<T> {
  if (isAwaitable(what)) return what as Awaitable<T>;
  if (typeof what === "function") {
    if (what instanceof GeneratorFunction && what.length === 0) {
      return (what as () => Coroutine<T>)();
    }
    return callBody(what as (signal: AbortSignal) => Awaitable<T> | PromiseLike<T>, call);
  }
  if (isPromise(what)) return awaitPromise(what as PromiseLike<T>);
  throw new TypeError(
    `${call}() needs a coroutine (what a function* returns), a coroutine function, an async ` +
      `function or an awaitable, got ${describe(what)}`,
  );
}

function describe(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Call an ordinary or async function as the body of a task: it gets the task's signal. */
function* callBody<T>(
  fn: (signal: AbortSignal) => Awaitable<T> | PromiseLike<T>,
  call: string,
): Coroutine<T> {
  const task = currentTask();
  // The signal is made only for functions that look at it: an AbortController costs 5 µs.
  const hears = fn.length > 0 && task !== null;
  const returned = followed(() => (hears ? fn(task.signal) : (fn as () => Awaitable<T>)()));
  if (!isAwaitable(returned) && isPromise(returned)) {
    const kind = hears ? BodyFuture<T> : DeafBodyFuture<T>;
    return yield* PromiseBridge.to(returned as PromiseLike<T>).wait(kind, true);
  }
  return yield* awaitBody<T>(returned, call);
}

/**
 * @internal Call a function that may be async as part of the running task. Where async functions are
 * followed, their code is known to be the task's after their own awaits too.
 */
export function followed<T>(fn: () => T): T {
  const task = currentTask();
  const { asyncContext } = task?._loop ?? {};
  if (task === null || asyncContext === undefined) return fn();
  if (!task._loop.follows && task.owner?.follows !== true) return fn();
  return asyncContext.follow(task, fn);
}

/** @internal Call a body function (of a timeout, a group …) with its scope, and await what it returns. */
export function runBody<A, T>(
  body: (scope: A) => Awaitable<T> | PromiseLike<T>,
  scope: A,
  call: string,
): Awaitable<T> {
  // A generator function has no awaits of its own.
  if (body instanceof GeneratorFunction) return body(scope) as Awaitable<T>;
  return awaitBody<T>(
    followed(() => body(scope)),
    call,
  );
}

/**
 * Await what a body function (of a timeout, a group …) returned: a coroutine, or a promise,
 * which is left to itself when it is cancelled.
 */
function awaitBody<T>(returned: unknown, call: string): Awaitable<T> {
  if (isAwaitable(returned)) return returned as Awaitable<T>;
  if (isPromise(returned)) {
    return PromiseBridge.to(returned as PromiseLike<T>).wait(Future<T>, true);
  }
  throw new TypeError(
    `the function given to ${call}() returned ${describe(returned)}: ` +
      "it must be a coroutine function (function*) or an async function",
  );
}

/**
 * The promise of an async function. Cancelling it waits for the function, which hears of it by its
 * signal: a function that ends with the signal's reason, or with an AbortError caused by it (what
 * Node's own calls throw), was cancelled; one that ends otherwise was not.
 */
class BodyFuture<T> extends Future<T> {
  override cancel(): boolean {
    return !this.done();
  }
}

/**
 * The same for a function that takes no signal and so cannot hear of it: it is waited for, and then the
 * cancellation is thrown, whatever it returned. Nothing else would pass it on.
 */
class DeafBodyFuture<T> extends Future<T> {
  override cancel(): boolean {
    return false;
  }
}

/** @internal Is what a function has returned to be awaited? What can only be iterated is a value. */
export function isOngoing(returned: unknown): boolean {
  if (isPromise(returned)) return true;
  return isAwaitable(returned) && typeof (returned as { throw?: unknown }).throw === "function";
}

/**
 * @internal Wait for what a function has returned, a coroutine, a promise or a value. Code behind a promise
 * cannot be cancelled, and so is waited for.
 */
export function* awaitReturned(returned: unknown): Coroutine<unknown> {
  if (!isOngoing(returned)) return returned;
  if (isAwaitable(returned)) return yield* returned;
  return yield* PromiseBridge.to(returned as PromiseLike<unknown>).wait(
    DeafBodyFuture<unknown>,
    true,
  );
}

/** @internal Wait for a promise. Cancelling raises at once and drops its late outcome. */
export function awaitPromise<T>(promise: PromiseLike<T>): Coroutine<T> {
  return PromiseBridge.to(promise).wait(Future<T>, false);
}
