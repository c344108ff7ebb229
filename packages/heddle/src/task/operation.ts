/*
 * Operation: a coroutine without a generator.
 *
 * The waits that programs do a million times (sleep, queue get and put) are coroutines in asyncio:
 * a coroutine object, and inside of it a future. Here one object is both: to its caller it is an
 * awaitable that starts when it is awaited, to the task that awaits it the future that it waits for.
 * A subclass says how it begins, how it goes on when it was woken, and what it leaves behind when it
 * is interrupted.
 *
 * To everything else it is no future: it has no result to be asked for, and `gather` or `createTask`
 * make a task of it.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { Suspension, ThenableAwaitable } from "../coroutine/types.ts";
import { runningScheduler } from "../loop/scheduler.ts";
import type { EventLoop } from "./event-loop.ts";
import { CANCELLED, FUTURE, Future, NEXT_BIT, PENDING, STATE } from "./future.ts";
import { startAwaited } from "./thenable.ts";

const AWAITED = NEXT_BIT;
const STARTED = NEXT_BIT << 1;

/** @internal First free bit for subclasses. */
export const NEXT_OPERATION_BIT = NEXT_BIT << 2;

/** @internal What an operation says to its task: here is the value, or: wait for me. */
export type Progress = IteratorResult<Suspension, unknown>;

/** @internal */
export abstract class Operation extends Future<unknown> {
  /** It belongs to the loop that it is awaited on; until then, to none. */
  constructor(about: unknown) {
    super(runningScheduler() as EventLoop, about);
  }

  /** Do it now, or arrange to be woken and return `arm(this)`. */
  protected abstract begin(): Progress;

  /** It was woken: give the value, or wait again. */
  protected abstract proceed(): Progress;

  /** It will not go on: it was cancelled, or an error was thrown into it. */
  protected interrupted(): void {}

  override get [FUTURE](): boolean {
    return false;
  }

  override [Symbol.iterator](): Iterator<Suspension, unknown, unknown> {
    if (this._bits & AWAITED) {
      throw new RuntimeError(`cannot reuse the awaited ${this}: make a new one for each wait`);
    }
    this._bits |= AWAITED;
    return this as unknown as Iterator<Suspension, unknown, unknown>;
  }

  override next(_sent?: unknown): Progress {
    const state = this._bits & STATE;
    if (state === PENDING) {
      if (this._bits & STARTED) throw new RuntimeError(`${this} was resumed before it was done`);
      this._bits |= STARTED;
      const loop = runningScheduler() as EventLoop;
      if (loop !== this._loop) this._loop = loop;
      return this.begin();
    }
    if (state !== CANCELLED) return this.proceed();
    this.interrupted();
    throw this._cancelledError();
  }

  override throw(error: unknown): never {
    this.interrupted();
    throw error;
  }

  override then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return startAwaited(this as unknown as ThenableAwaitable<unknown>).then(
      onFulfilled,
      onRejected,
    );
  }

  /** Be pending once more: a wake-up that came to nothing. */
  protected waitAgain(): void {
    this._bits &= ~STATE;
    this._slot = null;
  }
}
