/*
 * asCompleted: awaitables in the order in which they end.
 *
 * Plain iteration gives, for each argument, an awaitable of the next outcome; async iteration gives
 * the futures themselves. As in asyncio the outcomes queue up in between, and a time-out puts an end
 * mark into that queue for each argument that is left.
 */
import type { Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import type { Handle } from "../loop/handle.ts";
import type { Runnable } from "../loop/ready-queue.ts";
import type { AwaitableOrPromise } from "./as-coroutine.ts";
import { getEventLoop } from "./current-loop.ts";
import { TimeoutError } from "./errors.ts";
import { type EventLoop, ensureFuture } from "./event-loop.ts";
import { type Explained, Future, type Listener } from "./future.ts";
import type { AwaitedBy } from "./gather.ts";
import { thenable } from "./thenable.ts";

/** An end mark: the time is over. */
const OVERDUE = Symbol("overdue");

/** What `asCompleted` returns: iterate it once, either way. */
export class AsCompleted<T> implements Listener, Runnable, Explained {
  readonly #loop: EventLoop;
  readonly #todo = new Set<Future<T>>();
  readonly #finished: (Future<T> | typeof OVERDUE)[] = [];
  /** Those who wait for an outcome, in order. */
  readonly #getters: Future<void>[] = [];
  #left: number;
  #timer: Handle | null = null;

  /** @internal */
  constructor(awaitables: Iterable<AwaitableOrPromise<T>>, timeout: number | null) {
    this.#loop = getEventLoop();
    for (const awaitable of new Set(awaitables)) {
      this.#todo.add(ensureFuture(awaitable, { loop: this.#loop }));
    }
    this.#left = this.#todo.size;
    for (const future of this.#todo) future._listen(this);
    if (this.#left > 0 && timeout !== null) {
      this.#timer = this.#loop.callLater(timeout, () => this.#overdue());
    }
  }

  *[Symbol.iterator](): Generator<ThenableCoroutine<T>, void, undefined> {
    while (this._claim()) {
      yield nextResult(this as AsCompleted<unknown>) as ThenableCoroutine<T>;
    }
  }

  /** For `for await`; in coroutines `yield* iterator.next()` works too. */
  [Symbol.asyncIterator](): { next(): ThenableCoroutine<IteratorResult<Future<T>, undefined>> } {
    return {
      next: () =>
        nextFuture(this as AsCompleted<unknown>) as ThenableCoroutine<
          IteratorResult<Future<T>, undefined>
        >,
    };
  }

  /** For reports. */
  toString(): string {
    return `asCompleted() (${this.#todo.size} pending)`;
  }

  /** @internal */
  get _parts(): Iterable<Future<T>> {
    return this.#todo;
  }

  /** @internal Who waits for the next outcome. */
  get waiter(): Future<unknown> | null {
    return this.#getters.find((getter) => !getter.done()) ?? null;
  }

  /** @internal */
  wake(future: Future<unknown>): void {
    this.#loop.enqueue(this, future);
  }

  /** @internal A future is done. */
  run(done: unknown): void {
    const future = done as Future<T>;
    if (!this.#todo.delete(future)) return;
    this.#put(future);
    if (this.#todo.size === 0) this.#timer?.cancel();
  }

  #overdue(): void {
    for (const future of this.#todo) {
      future._unlisten((listener) => listener === this);
      this.#put(OVERDUE);
    }
    this.#todo.clear();
  }

  #put(item: Future<T> | typeof OVERDUE): void {
    this.#finished.push(item);
    this.#wakeNext();
  }

  #wakeNext(): void {
    for (let getter = this.#getters.shift(); getter !== undefined; getter = this.#getters.shift()) {
      if (getter.done()) continue;
      getter.setResult(undefined);
      return;
    }
  }

  /** @internal */
  *_take(): Coroutine<Future<T>> {
    while (this.#finished.length === 0) {
      const turn = new Future<void>(this.#loop, this);
      this.#getters.push(turn);
      try {
        yield* turn;
      } catch (error) {
        turn.cancel();
        const at = this.#getters.indexOf(turn);
        if (at >= 0) this.#getters.splice(at, 1);
        if (this.#finished.length > 0 && !turn.cancelled()) this.#wakeNext();
        throw error;
      }
    }
    const item = this.#finished.shift() as Future<T> | typeof OVERDUE;
    if (item === OVERDUE) throw new TimeoutError("asCompleted(): the time is over");
    return item;
  }

  /** @internal Count one outcome as asked for; false if all were. */
  _claim(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}

const nextResult = thenable(function* next(outcomes: AsCompleted<unknown>): Coroutine<unknown> {
  return (yield* outcomes._take()).result();
});

// An iterator result, not the future itself, which a promise would flatten into its result.
const nextFuture = thenable(function* next(
  outcomes: AsCompleted<unknown>,
): Coroutine<IteratorResult<Future<unknown>, undefined>> {
  if (!outcomes._claim()) return { done: true, value: undefined };
  return { done: false, value: yield* outcomes._take() };
});

/**
 * Run awaitables at the same time, and take their outcomes in the order in which they end. Iterate it
 * for awaitables (`for (const next of …) yield* next`), or with `for await` in async functions for
 * the futures themselves. After `timeout` milliseconds the waiting `next` throws TimeoutError; nothing
 * is cancelled. Counterparts: `asyncio.as_completed`, `gevent.iwait`.
 *
 * @example
 * for (const next of asCompleted([fetchPage(a), fetchPage(b)], { timeout: 500 })) {
 *   console.log(yield* next);
 * }
 */
export function asCompleted<A extends AwaitableOrPromise<unknown>>(
  awaitables: Iterable<A>,
  options: { timeout?: number | null } = {},
): AsCompleted<AwaitedBy<A>> {
  const { timeout = null } = options;
  if (typeof awaitables?.[Symbol.iterator] !== "function") {
    throw new TypeError("asCompleted() needs an array of awaitables: asCompleted([a, b])");
  }
  if (timeout !== null && (typeof timeout !== "number" || Number.isNaN(timeout))) {
    throw new RangeError(`asCompleted(): timeout must be milliseconds or null, got ${timeout}`);
  }
  return new AsCompleted<AwaitedBy<A>>(
    awaitables as Iterable<AwaitableOrPromise<unknown>> as Iterable<
      AwaitableOrPromise<AwaitedBy<A>>
    >,
    timeout,
  );
}
