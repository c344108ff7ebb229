/*
 * sleep: a future that is its own timer.
 *
 * asyncio's sleep makes a coroutine, a future, a timer handle and a bound callback. Here one object
 * is the awaitable, the future that the task waits for and the item in the timer heap: a sleeping
 * coroutine costs one small object besides itself (`npm run bench -- --only sleepers-memory`).
 *
 * The order of events is asyncio's: when the timer is due, it runs as a callback of its own, which
 * sets the result; the task wakes one iteration later.
 */
import { arm, reschedule } from "../coroutine/suspend.ts";
import type { ThenableAwaitable } from "../coroutine/types.ts";
import type { Timer } from "../loop/timer-heap.ts";
import { PENDING, RETURNED, STATE } from "./future.ts";
import { NEXT_OPERATION_BIT, Operation, type Progress } from "./operation.ts";
import { thenable } from "./thenable.ts";

const IN_HEAP = NEXT_OPERATION_BIT;

/** Its delay in milliseconds is what it is about: it needs no field more than any future. */
class Sleep extends Operation implements Timer {
  protected override begin(): Progress {
    const delay = this._about as number;
    if (delay < Number.POSITIVE_INFINITY) {
      this._bits |= IN_HEAP;
      this._loop.timers.push(this._loop.time() + delay, this);
      this._loop.look();
    }
    return arm(this);
  }

  /** The timer is due. */
  run(): void {
    if ((this._bits & STATE) === PENDING) this._settle(RETURNED, undefined);
  }

  protected override proceed(): Progress {
    return { done: true, value: this.outcome() };
  }

  protected outcome(): unknown {
    return undefined;
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message);
    if (cancelled && this._bits & IN_HEAP) this._loop.timers.noteDead();
    return cancelled;
  }

  protected override interrupted(): void {
    this.cancel();
  }

  isDead(): boolean {
    return (this._bits & STATE) !== PENDING;
  }

  left(): void {
    this._bits &= ~IN_HEAP;
  }

  /** For reports: what a task that sleeps waits for. */
  override toString(): string {
    return `sleep(${String(this._about)})`;
  }
}

class SleepWithResult extends Sleep {
  readonly #result: unknown;

  constructor(delay: number, result: unknown) {
    super(delay);
    this.#result = result;
  }

  protected override outcome(): unknown {
    return this.#result;
  }
}

const rescheduled = thenable(function* sleepZero<T>(result: T) {
  yield* reschedule;
  return result;
});

/**
 * Wait for `ms` milliseconds, then give `result`. `sleep(0)` (and anything below) gives way once to
 * everything that is ready; `sleep(Infinity)` waits until it is cancelled.
 *
 * The time begins when the result is awaited. Always suspends. Throws RangeError for NaN, TypeError
 * for what is no number. On cancellation the timer is gone at once.
 * Counterparts: `asyncio.sleep` (seconds there), `trio.sleep`, `gevent.sleep`.
 *
 * @example
 * yield* sleep(100);
 * const name = yield* sleep(50, "ada");
 */
export function sleep(ms: number): ThenableAwaitable<void>;
export function sleep<T>(ms: number, result: T): ThenableAwaitable<T>;
export function sleep(ms: number, result?: unknown): ThenableAwaitable<unknown> {
  if (typeof ms !== "number") {
    throw new TypeError(`sleep() needs a number of milliseconds, got ${typeof ms}`);
  }
  if (ms > 0) return result === undefined ? new Sleep(ms) : new SleepWithResult(ms, result);
  if (Number.isNaN(ms)) throw new RangeError("sleep() needs a number of milliseconds, got NaN");
  return result === undefined ? reschedule : rescheduled(result);
}

/** For the sake of its hidden class: see the end of task.ts. */
export const immortalSleep: unknown = new Sleep(0);
