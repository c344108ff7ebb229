/*
 * Semaphore: a number of permits, given out fairly.
 *
 * Unlike the lock, a release hands its permit to the first in line at once: the counter does not
 * rise, so no newcomer can take it in between. Whoever is cancelled after that gives it back.
 */
import type { Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { getEventLoop } from "../task/current-loop.ts";
import { isCancelled } from "../task/errors.ts";
import { type Explained, Future } from "../task/future.ts";
import { currentTask, type Task } from "../task/task.ts";
import { thenable } from "../task/thenable.ts";
import { Guard } from "./guard.ts";

/** Holders of permits that a report names. */
const NAMED_HOLDERS = 3;

/**
 * A counter of permits: `acquire` takes one, or waits for one; `release` gives one back.
 * Counterparts: `asyncio.Semaphore`, `trio.Semaphore`, `gevent.lock.Semaphore`.
 *
 * @example
 * const slots = new Semaphore(10, { name: "downloads" });
 * using slot = yield* slots.acquire();
 */
export class Semaphore implements Explained {
  readonly name: string | undefined;
  readonly #waiters = new Set<Future<void>>();
  /** The guards of permits that are out, oldest first, and who took them. */
  readonly #guards = new Map<Guard, Task<unknown> | null>();
  #value: number;

  /** Throws RangeError if `value` is below 0. */
  constructor(value = 1, options: { name?: string } = {}) {
    if (typeof value !== "number") {
      throw new TypeError(`a semaphore's value must be a number, got ${typeof value}`);
    }
    if (!(value >= 0)) throw new RangeError("Semaphore initial value must be >= 0");
    if (!Number.isInteger(value))
      throw new RangeError(`a semaphore's value must be whole, got ${value}`);
    this.#value = value;
    this.name = options.name;
  }

  /** The permits that are left. @internal */
  protected get value(): number {
    return this.#value;
  }

  /**
   * Take a permit; gives a guard for `using`. Does not suspend if one is free and nobody waits. On
   * cancellation the place in the line, or the permit, is given up.
   */
  acquire(): ThenableCoroutine<Guard> {
    return acquire(this);
  }

  /** Give a permit back: the calling task's own, if it took one. Any task may call it. */
  release(): void {
    this.#forget(currentTask());
    this.#value++;
    this.#wakeNext();
  }

  /** A permit comes back by hand: its guard releases nothing any more. */
  #forget(task: Task<unknown> | null): void {
    let spent: Guard | undefined;
    for (const [guard, holder] of this.#guards) {
      spent ??= guard;
      if (holder !== task) continue;
      spent = guard;
      break;
    }
    if (spent !== undefined) this.#guards.delete(spent);
  }

  /** Would `acquire` have to wait? */
  locked(): boolean {
    if (this.#value === 0) return true;
    for (const waiter of this.#waiters) if (!waiter.cancelled()) return true;
    return false;
  }

  /** Counterpart: `trio.Semaphore.statistics`. */
  statistics(): { value: number; tasksWaiting: number } {
    return { value: this.#value, tasksWaiting: this.#waiters.size };
  }

  /** For reports: `Semaphore "downloads" (0 left) held by Task-3`. */
  toString(): string {
    const kind = this.constructor.name;
    const name = this.name === undefined ? kind : `${kind} "${this.name}"`;
    const holders = this._holders.map((task) => task.getName());
    const more = holders.splice(NAMED_HOLDERS).length;
    if (more > 0) holders.push(`${more} more`);
    const held = holders.length === 0 ? "" : ` held by ${holders.join(", ")}`;
    return `${name} (${this.#value} left)${held}`;
  }

  /** @internal Those who took a permit, and have neither given it back nor ended. */
  get _holders(): Task<unknown>[] {
    const holders = new Set<Task<unknown>>();
    for (const task of this.#guards.values()) if (task?.done() === false) holders.add(task);
    return [...holders];
  }

  #wakeNext(): boolean {
    for (const waiter of this.#waiters) {
      if (waiter.done()) continue;
      this.#value--;
      waiter.setResult(undefined);
      return true;
    }
    return false;
  }

  /** @internal */
  *_wait(): Coroutine<Guard> {
    if (!this.locked()) {
      this.#value--;
      return this.#permit();
    }
    const turn = new Future<void>(getEventLoop(), this);
    this.#waiters.add(turn);
    try {
      yield* turn;
    } catch (error) {
      this.#waiters.delete(turn);
      if (isCancelled(error) && turn.done() && !turn.cancelled()) this.#value++;
      throw error;
    } finally {
      this.#waiters.delete(turn);
      // Newcomers had to wait for those before them: let in as many as there are permits.
      while (this.#value > 0 && this.#wakeNext());
    }
    return this.#permit();
  }

  #permit(): Guard {
    const guard = new Guard((own) => {
      if (!this.#guards.delete(own)) return;
      this.#value++;
      this.#wakeNext();
    });
    this.#guards.set(guard, currentTask());
    return guard;
  }
}

/**
 * A semaphore that refuses to be released more often than it was acquired: RangeError.
 * Counterpart: `asyncio.BoundedSemaphore`.
 */
export class BoundedSemaphore extends Semaphore {
  readonly #bound: number;

  constructor(value = 1, options: { name?: string } = {}) {
    super(value, options);
    this.#bound = value;
  }

  override release(): void {
    if (this.value >= this.#bound) {
      throw new RangeError("BoundedSemaphore released too many times");
    }
    super.release();
  }
}

const acquire = thenable(function* acquire(semaphore: Semaphore): Coroutine<Guard> {
  return yield* semaphore._wait();
});
