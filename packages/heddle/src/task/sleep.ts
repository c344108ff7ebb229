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
import { RuntimeError } from "../coroutine/errors.ts";
import { reschedule } from "../coroutine/suspend.ts";
import type { Suspension, ThenableAwaitable } from "../coroutine/types.ts";
import type { Timer } from "../loop/timer-heap.ts";
import { getEventLoop } from "./current-loop.ts";
import { FUTURE, Future, NEXT_BIT, PENDING, RETURNED, STATE } from "./future.ts";
import { thenable } from "./thenable.ts";

const STARTED = NEXT_BIT;
const IN_HEAP = NEXT_BIT << 1;
const AWAITED = NEXT_BIT << 2;

/** Its delay in milliseconds is what it is about: it needs no field more than any future. */
class Sleep extends Future<unknown> implements Timer {
  constructor(delay: number) {
    super(getEventLoop(), delay);
  }

  /** To the outside it is a coroutine: it starts when it is awaited, and `gather` makes a task of it. */
  override get [FUTURE](): boolean {
    return false;
  }

  override [Symbol.iterator](): Iterator<Suspension, unknown, unknown> {
    this.#awaitOnce();
    return this as unknown as Iterator<Suspension, unknown, unknown>;
  }

  override next(sent?: unknown): IteratorResult<Suspension, unknown> {
    if ((this._bits & STARTED) === 0) this.#start();
    return super.next(sent);
  }

  override then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#awaitOnce();
    if ((this._bits & STARTED) === 0) this.#start();
    return super.then(onFulfilled, onRejected);
  }

  #awaitOnce(): void {
    if (this._bits & AWAITED) {
      throw new RuntimeError("cannot reuse an awaited sleep(): call sleep() again for each wait");
    }
    this._bits |= AWAITED;
  }

  #start(): void {
    this._bits |= STARTED;
    const delay = this._about as number;
    if (delay === Number.POSITIVE_INFINITY || (this._bits & STATE) !== PENDING) return;
    this._bits |= IN_HEAP;
    this._loop.timers.push(this._loop.time() + delay, this);
    this._loop.timerAdded();
  }

  /** The timer is due. */
  run(): void {
    if ((this._bits & STATE) === PENDING) this._settle(RETURNED, this.outcome());
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message);
    if (cancelled && this._bits & IN_HEAP) this._loop.timers.noteDead();
    return cancelled;
  }

  isDead(): boolean {
    return (this._bits & STATE) !== PENDING;
  }

  left(): void {
    this._bits &= ~IN_HEAP;
  }

  protected outcome(): unknown {
    return undefined;
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
  if (ms > 0) return result === undefined ? new Sleep(ms) : new SleepWithResult(ms, result);
  if (typeof ms !== "number") {
    throw new TypeError(`sleep() needs a number of milliseconds, got ${typeof ms}`);
  }
  if (Number.isNaN(ms)) throw new RangeError("sleep() needs a number of milliseconds, got NaN");
  return result === undefined ? reschedule : rescheduled(result);
}
