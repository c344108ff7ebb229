/*
 * shield: wait for something without passing a cancellation on to it.
 */
import type { Runnable } from "../loop/ready-queue.ts";
import type { AwaitableOrPromise } from "./as-coroutine.ts";
import { ensureFuture } from "./event-loop.ts";
import { type Explained, Future, type Listener } from "./future.ts";
import { currentOwner } from "./owner.ts";

class ShieldingFuture<T> extends Future<T> implements Listener, Explained {
  /** Whose run hears of an error that nobody collects. */
  readonly owner = currentOwner();
  readonly #inner: Future<T>;

  constructor(inner: Future<T>) {
    super(inner._loop, "shield");
    this.#inner = inner;
    inner._listen(this);
    this._listen(this);
  }

  get _parts(): readonly Future<unknown>[] {
    return [this.#inner];
  }

  wake(future: Future<unknown>): void {
    this._loop.enqueue(this, future);
  }

  run(future: unknown): void {
    if (future === this) this.#outerDone();
    else if (!this.cancelled()) this.#innerDone();
  }

  #innerDone(): void {
    const inner = this.#inner;
    if (inner.cancelled()) {
      this.cancel();
      return;
    }
    try {
      if (inner._failed()) this.setException(inner.exception());
      else this.setResult(inner.result());
    } catch (error) {
      // Somebody has set it by hand.
      this._loop.callExceptionHandler({
        message: "Exception in callback of shield()",
        exception: error,
      });
    }
  }

  #outerDone(): void {
    const inner = this.#inner;
    if (inner.done()) return;
    // However many shields of it were cancelled, its error is reported once.
    inner._unlisten((listener) => listener === this || listener === REPORTER);
    inner._listen(REPORTER);
  }
}

/** Hears of the end of a future whose shield was cancelled. */
const REPORTER: Listener & Runnable = {
  wake: (inner) => inner._loop.enqueue(REPORTER, inner),
  run(done) {
    const inner = done as Future<unknown>;
    if (!inner._failed()) return;
    const error = inner.exception();
    const name = error instanceof Error ? error.name : typeof error;
    inner._loop.callExceptionHandler({
      message: `${name} exception in shielded future`,
      exception: error,
      future: inner,
    });
  },
};

/**
 * Wait for `awaitable`, which goes on when the one who waits is cancelled. A coroutine starts at
 * once, as a task. If it fails after that, the loop's exception handler hears of it.
 *
 * Suspends unless it is done already. Throws TypeError for what cannot be awaited.
 * Counterparts: `asyncio.shield`, a shielded scope of trio.
 *
 * @example
 * yield* shield(saveToDisk());   // is finished even if we are cancelled here
 */
export function shield<T>(awaitable: AwaitableOrPromise<T>): Future<T> {
  const inner = ensureFuture(awaitable);
  return inner.done() ? inner : new ShieldingFuture(inner);
}
