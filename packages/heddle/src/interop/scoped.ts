/*
 * scoped: a coroutine inside a value of an AsyncLocalStorage.
 *
 * `als.run(value, f)` lasts as long as the call of `f`, and cannot span a `yield*`. So what is current
 * inside is remembered, and each step of the coroutine runs in it.
 */
import type { Awaitable, Coroutine, Suspension, ThenableCoroutine } from "../coroutine/types.ts";
import type { CapturedContext } from "../loop/host.ts";
import { runBody } from "../task/as-coroutine.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { thenable } from "../task/thenable.ts";

type Driven = Iterator<Suspension, unknown, unknown>;

/**
 * Drives a coroutine in an async context. Not a generator: the result objects of the innermost
 * iterator must reach the task as they are (coroutine/suspend.ts).
 */
class InContext implements Driven, Awaitable<unknown> {
  readonly #context: CapturedContext;
  readonly #coro: Driven;

  constructor(context: CapturedContext, coro: Driven) {
    this.#context = context;
    this.#coro = coro;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(sent: unknown): IteratorResult<Suspension, unknown> {
    return this.#context.runInAsyncScope(this.#coro.next, this.#coro, sent);
  }

  throw(error: unknown): IteratorResult<Suspension, unknown> {
    if (this.#coro.throw === undefined) throw error;
    return this.#context.runInAsyncScope(this.#coro.throw, this.#coro, error);
  }
}

/**
 * Run a coroutine inside what `enter` sets up: a value of an AsyncLocalStorage, an active span. `enter`
 * gets a function and must call it at once, inside; the body then runs there until it ends, across all
 * its waits, and so do the tasks that it makes. Gives the body's value.
 *
 * Does not suspend by itself. Throws TypeError if `enter` does not call its function. Where the
 * platform has no async context (browsers), the body runs as it is.
 *
 * @example
 * const requestId = new AsyncLocalStorage<string>();
 * yield* scoped((body) => requestId.run("r-17", body), function* () {
 *   yield* handle(request);      // requestId.getStore() is "r-17" in here
 * });
 */
export function scoped<T>(
  enter: (body: () => void) => unknown,
  body: () => Awaitable<T> | PromiseLike<T>,
): ThenableCoroutine<T> {
  if (typeof enter !== "function" || typeof body !== "function") {
    throw new TypeError(
      "scoped() needs two functions: scoped((body) => storage.run(value, body), function* () { … })",
    );
  }
  return runScoped(enter, body) as ThenableCoroutine<T>;
}

const runScoped = thenable(function* scoped(
  enter: (body: () => void) => unknown,
  body: () => Awaitable<unknown> | PromiseLike<unknown>,
): Coroutine<unknown> {
  const { asyncContext } = getRunningLoop();
  let coro: Awaitable<unknown> | undefined;
  enter(() => {
    const awaitable = runBody(body, undefined, "scoped");
    const inside = asyncContext?.capture();
    coro = inside ? new InContext(inside, awaitable[Symbol.iterator]()) : awaitable;
  });
  if (coro === undefined) {
    throw new TypeError(
      "scoped(): its first argument did not call the function it was given, " +
        "or not at once: (body) => storage.run(value, body)",
    );
  }
  return yield* coro;
});
