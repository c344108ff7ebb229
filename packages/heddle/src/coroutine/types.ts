/*
 * The types of everything that can stand after `yield*`.
 *
 * A coroutine is what a `function*` returns. Callers write `yield* other()`, so TypeScript infers
 * the result and the engine keeps a real chain of calls for stack traces and debuggers. What passes
 * through a `yield` belongs to the runtime alone: `Suspension` has no values that a program could
 * make, so a forgotten star (`yield other()`) gives the generator another type, which `run`,
 * `createTask` and every `yield*` above it refuse.
 */

/** Its name stands in the error that TypeScript gives for a forgotten star. */
declare const useYieldStar: unique symbol;

/** What a coroutine hands to its task when it waits. Opaque: only the runtime makes one. */
export interface Suspension {
  readonly [useYieldStar]: never;
}

/** What a coroutine function (`function*`) returns: awaited with `yield*`, run by a task. */
export type Coroutine<T> = Generator<Suspension, T, unknown>;

/** Anything usable after `yield*`: coroutines, futures, tasks, what `sleep()` returns. */
export interface Awaitable<T> {
  [Symbol.iterator](): Iterator<Suspension, T, unknown>;
}

/** An awaitable that `await` and promise chains accept too. Heddle's own calls return these. */
export interface ThenableAwaitable<T> extends Awaitable<T>, PromiseLike<T> {}

/** A coroutine that `await` accepts too. Like every coroutine it can be awaited once. */
export type ThenableCoroutine<T> = Coroutine<T> & PromiseLike<T>;
