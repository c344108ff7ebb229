/*
 * Lock: mutual exclusion between tasks, fair.
 *
 * Waiting tasks stand in line in the order of their coming, and a free lock with a line is not for
 * newcomers. As in asyncio, release does not hand the lock over: it wakes the first in line, which
 * takes it in its own step; if that one was cancelled meanwhile it wakes the next. So a wake-up is
 * never lost.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { getEventLoop } from "../task/current-loop.ts";
import { isCancelled } from "../task/errors.ts";
import { type Explained, Future } from "../task/future.ts";
import { currentTask, type Task } from "../task/task.ts";
import { thenable } from "../task/thenable.ts";
import { Guard } from "./guard.ts";

/**
 * A lock that one task at a time can hold. Counterparts: `asyncio.Lock`, `trio.Lock`, `gevent`'s RLock
 * (this one cannot be acquired twice by the same task).
 *
 * @example
 * const lock = new Lock({ name: "db" });
 * using guard = yield* lock.acquire();     // or try … finally lock.release()
 */
export class Lock implements Explained {
  readonly name: string | undefined;
  readonly #waiters = new Set<Future<void>>();
  #guard: Guard | null = null;
  /** The task that holds it; of one that has ended since, the name. */
  #holder: Task<unknown> | string | null = null;

  constructor(options: { name?: string } = {}) {
    this.name = options.name;
  }

  /**
   * Wait until the lock is free and take it; gives a guard for `using`. Does not suspend if it is free
   * and nobody waits. On cancellation the place in the line is given up.
   */
  acquire(): ThenableCoroutine<Guard> {
    return acquire(this);
  }

  /** Free the lock and wake the first in line. Throws RuntimeError if it is not held. */
  release(): void {
    if (this.#guard === null) {
      throw new RuntimeError("Lock is not acquired: release() without acquire()");
    }
    this._letGo();
  }

  /** @internal Free the lock, and return the guard of the holding that ends, or is interrupted. */
  _letGo(): Guard | null {
    const guard = this.#guard;
    this.#guard = null;
    this.#holder = null;
    this.#wakeFirst();
    return guard;
  }

  /** @internal The lock was acquired again: the guard of the interrupted holding stands for it. */
  _goOn(guard: Guard | null): void {
    if (guard !== null) this.#guard = guard;
  }

  locked(): boolean {
    return this.#guard !== null;
  }

  /** Who holds it and how many wait. Counterpart: `trio.Lock.statistics`. */
  statistics(): { locked: boolean; owner: string | null; tasksWaiting: number } {
    return { locked: this.locked(), owner: this.#holderName, tasksWaiting: this.#waiters.size };
  }

  /** For reports: `Lock "db" held by Task-3`. */
  toString(): string {
    const name = this.name === undefined ? "Lock" : `Lock "${this.name}"`;
    const holder = this.#holderName;
    if (holder === null) return name;
    const ended = typeof this.#holder === "string" ? ", which has ended" : "";
    return `${name} held by ${holder}${ended}`;
  }

  /** A task that has ended with the lock is not kept for the sake of its name. */
  #forgetEnded(): void {
    const holder = this.#holder;
    if (typeof holder === "object" && holder?.done()) this.#holder = holder.getName();
  }

  get #holderName(): string | null {
    this.#forgetEnded();
    return typeof this.#holder === "object" ? (this.#holder?.getName() ?? null) : this.#holder;
  }

  /** @internal */
  get _holders(): Task<unknown>[] {
    this.#forgetEnded();
    return typeof this.#holder === "object" && this.#holder !== null ? [this.#holder] : [];
  }

  /** @internal */
  *_wait(): Coroutine<Guard> {
    const waiters = this.#waiters;
    if (this.#guard === null && everyCancelled(waiters)) return this.#take();
    this.#forgetEnded();
    const turn = new Future<void>(getEventLoop(), this);
    waiters.add(turn);
    try {
      yield* turn;
    } catch (error) {
      waiters.delete(turn);
      if (isCancelled(error) && this.#guard === null) this.#wakeFirst();
      throw error;
    }
    waiters.delete(turn);
    return this.#take();
  }

  #take(): Guard {
    this.#holder = currentTask();
    this.#guard = new Guard((guard) => {
      if (this.#guard === guard) this.release();
    });
    return this.#guard;
  }

  #wakeFirst(): void {
    for (const first of this.#waiters) {
      if (!first.done()) first.setResult(undefined);
      return;
    }
  }
}

function everyCancelled(waiters: Iterable<Future<void>>): boolean {
  for (const waiter of waiters) if (!waiter.cancelled()) return false;
  return true;
}

const acquire = thenable(function* acquire(lock: Lock): Coroutine<Guard> {
  return yield* lock._wait();
});
