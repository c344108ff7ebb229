/*
 * Iteration: what a coroutine pulls items out of. `iterate` and `fromReadableStream` return it.
 *
 * It is the protocol of async iterators said with awaitables: `next`, `throw` and `return`, each by
 * `yield*` or by `await`. Where the items come from, the subclasses know.
 */
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { Home } from "./home.ts";

/**
 * Items that are pulled one by one. `T` is what comes, `R` what the source returns at its end, `N` what
 * `next` may send into it.
 *
 * A coroutine says `using items = iterate(source)`, or closes it in a `finally`. An async function can
 * iterate it by `for await`, too, which closes it.
 */
export abstract class Iteration<T, R = unknown, N = unknown> implements Disposable {
  /** @internal */
  readonly _home = new Home();

  /**
   * The next item, as `{ done: false, value }`; at the end of the source `{ done: true, value }` with
   * what it returned, and from then on without. Throws what the source throws, which ends it. Several
   * tasks may ask at the same time: they are served in turn.
   *
   * Suspends unless there is an item already. On cancellation no item is lost: what the source gives
   * later, the next call gets. Counterpart: Python's `anext`.
   */
  abstract next(value?: N): ThenableAwaitable<IteratorResult<T, R>>;

  /**
   * Throw `error` into the source; gives its next item if it goes on. A source that has no `throw` is
   * closed, and `error` is thrown here. Counterpart: Python's `athrow`.
   */
  abstract throw(error: unknown): ThenableAwaitable<IteratorResult<T, R>>;

  /** Close the source, and give what it says to that: `{ done: true, value }`, unless it goes on. */
  abstract return(value?: R): ThenableAwaitable<IteratorResult<T, R>>;

  /** @internal It has nothing to be closed (any more). */
  protected abstract get ended(): boolean;

  /**
   * End the source early, and wait until it has cleaned up; throws what goes wrong there. From then on
   * `next` gives the end. After the end of the source, or the second time, it does nothing.
   *
   * An async generator of JavaScript cannot be interrupted: while it waits for something, its end has to
   * wait for that, too. On cancellation it is not waited for any more. Counterpart: Python's `aclose`.
   */
  close(): ThenableAwaitable<void> {
    return this._home.thenable(this.#close());
  }

  *#close(): Coroutine<void> {
    if (!this.ended) yield* this.return();
  }

  /** Begin to close. What goes wrong there is reported to the loop's exception handler. */
  [Symbol.dispose](): void {
    if (!this.ended) this._home.start(this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this._home.promise(this.#close());
  }

  /** For `for await`, which closes it when it is left. */
  [Symbol.asyncIterator](): AsyncIterator<T, R, N> {
    return {
      next: (value?: N) => this._home.promise(this.next(value)),
      throw: (error) => this._home.promise(this.throw(error)),
      return: async (value) => this._home.promise(this.return(await value)),
    };
  }
}

/** The end of a source. */
export function endOf<R>(value?: R): IteratorReturnResult<R> {
  // Without a value there is undefined, whatever its type says: so do the engine's own generators.
  return { done: true, value: value as R };
}
