/*
 * Condition: wait, with a lock held, until somebody says that something has changed.
 *
 * `wait` gives the lock up while it waits and takes it back before it ends, however it ends: even a
 * cancelled wait holds the lock again when the CancelledError leaves it, and the guard that `acquire`
 * gave stands for that holding too. A notification that reaches
 * a task which is cancelled at the same moment is passed on to the next.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { getEventLoop } from "../task/current-loop.ts";
import { isCancelled } from "../task/errors.ts";
import { Future } from "../task/future.ts";
import { currentTask } from "../task/task.ts";
import { thenable } from "../task/thenable.ts";
import type { Guard } from "./guard.ts";
import { Lock } from "./lock.ts";

/**
 * A condition variable: a lock, and a line of tasks that wait for a change. Counterparts:
 * `asyncio.Condition`, `trio.Condition`.
 *
 * @example
 * const changed = new Condition();
 * using guard = yield* changed.acquire();
 * yield* changed.waitFor(() => stock > 0);
 */
export class Condition {
  readonly name: string | undefined;
  readonly #lock: Lock;
  readonly #waiters = new Set<Future<void>>();

  /** `lock` is the lock to use; a new one if not given. */
  constructor(lock?: Lock | null, options: { name?: string } = {}) {
    if (lock !== undefined && lock !== null && !(lock instanceof Lock)) {
      throw new TypeError('a Condition takes a Lock first: new Condition(null, { name: "stock" })');
    }
    this.#lock = lock ?? new Lock(options);
    this.name = options.name;
  }

  /** Acquire the lock; gives a guard for `using`. */
  acquire(): ThenableCoroutine<Guard> {
    return this.#lock.acquire();
  }

  /** Release the lock. */
  release(): void {
    this.#lock.release();
  }

  locked(): boolean {
    return this.#lock.locked();
  }

  /**
   * Release the lock, wait for a notification, and acquire the lock again; gives true. Always
   * suspends. It may end without a notification: check, or use `waitFor`. Throws RuntimeError if the
   * lock is not held. On cancellation the lock is acquired again before the error is thrown.
   */
  wait(): ThenableCoroutine<true> {
    return wait(this);
  }

  /** `wait` until `predicate()` is true; gives its value. Does not suspend if it is true already. */
  waitFor<T>(predicate: () => T): ThenableCoroutine<T> {
    return waitFor(this, predicate) as ThenableCoroutine<T>;
  }

  /** Wake `n` of those who wait. Throws RuntimeError if the lock is not held. */
  notify(n = 1): void {
    if (!this.locked()) throw new RuntimeError("cannot notify on un-acquired lock");
    this.#notify(n);
  }

  /** Wake all who wait. Throws RuntimeError if the lock is not held. */
  notifyAll(): void {
    this.notify(this.#waiters.size);
  }

  /** Counterpart: `trio.Condition.statistics`. */
  statistics(): { tasksWaiting: number; lock: ReturnType<Lock["statistics"]> } {
    return { tasksWaiting: this.#waiters.size, lock: this.#lock.statistics() };
  }

  /** For reports: `Condition "stock" (2 waiting)`. */
  toString(): string {
    const name = this.name === undefined ? "Condition" : `Condition "${this.name}"`;
    return `${name} (${this.#waiters.size} waiting)`;
  }

  #notify(n: number): void {
    let left = n;
    for (const waiter of this.#waiters) {
      if (left <= 0) return;
      if (waiter.done()) continue;
      left--;
      waiter.setResult(undefined);
    }
  }

  /** @internal */
  *_wait(): Coroutine<true> {
    if (!this.locked()) throw new RuntimeError("cannot wait on un-acquired lock");
    const waiter = new Future<void>(getEventLoop(), this);
    const guard = this.#lock._letGo();
    try {
      this.#waiters.add(waiter);
      try {
        yield* waiter;
      } finally {
        this.#waiters.delete(waiter);
        yield* this.#reacquire(guard);
      }
      return true;
    } catch (error) {
      this.#notify(1);
      throw error;
    }
  }

  /** Take the lock again, whatever happens; a cancellation meanwhile is thrown afterwards. */
  *#reacquire(guard: Guard | null): Coroutine<void> {
    let cancellation: unknown;
    const task = currentTask();
    for (;;) {
      try {
        yield* this.acquire();
        this.#lock._goOn(guard);
        break;
      } catch (error) {
        if (!isCancelled(error)) throw error;
        // A cancelled scope interrupts once, not until the lock is free.
        if (cancellation === undefined) task?._hold(true);
        cancellation = error;
      }
    }
    if (cancellation !== undefined) task?._hold(false);
    if (cancellation !== undefined) throw cancellation;
  }
}

const wait = thenable(function* wait(condition: Condition): Coroutine<true> {
  return yield* condition._wait();
});

const waitFor = thenable(function* waitFor<T>(
  condition: Condition,
  predicate: () => T,
): Coroutine<T> {
  let result = predicate();
  while (!result) {
    yield* condition.wait();
    result = predicate();
  }
  return result;
});
