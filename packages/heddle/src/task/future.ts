/*
 * Future: a result that will be there later. The bottom of everything that waits.
 *
 *   state      value
 *   PENDING    -                                         -> RETURNED | RAISED | CANCELLED, once
 *   RETURNED   the result
 *   RAISED     the error
 *   CANCELLED  the message, or (tasks) the CancelledError that ended it, for the first who asks
 *
 * A future is its own iterator: `yield* future` calls `next`, which arms it (coroutine/suspend.ts)
 * or gives the outcome. Waiting allocates nothing, and the state needed is the future's own.
 *
 * Who waits stands in the slot that the outcome will take: null, one listener, or an array. A task
 * that waits puts itself there; gather, groups and shields put themselves too instead of a closure
 * for each child, and from the same slot it can be read who waits for whom. When the future is done, each listener is called in
 * the next iteration of the loop, in the order of registration.
 *
 * An error that nobody fetches must be seen: see lost-errors.ts.
 */
import { type Context, snapshot, type Variables } from "../context/context.ts";
import { currentFrame, enter, type Frame, followedFrame, leave } from "../context/current.ts";
import { arm } from "../coroutine/suspend.ts";
import type { Suspension } from "../coroutine/types.ts";
import type { CapturedContext } from "../loop/host.ts";
import type { Runnable } from "../loop/ready-queue.ts";
import { getEventLoop } from "./current-loop.ts";
import { InvalidStateError, isCancelled, newCancelledError } from "./errors.ts";
import type { EventLoop } from "./event-loop.ts";
import { foundError, loseError } from "./lost-errors.ts";
import { currentOwner } from "./owner.ts";

/** @internal State, in the lowest two bits of `_bits`. */
export const PENDING = 0;
/** @internal */
export const RETURNED = 1;
/** @internal */
export const RAISED = 2;
/** @internal */
export const CANCELLED = 3;
/** @internal */
export const STATE = 3;
/** @internal The error has not been fetched yet. */
export const UNSEEN = 4;
/** @internal First free bit for subclasses. */
export const NEXT_BIT = 8;

/** Set by `heddle run`: hears of each error where somebody who waited for it gets it. */
const onRaise = Symbol.for("heddle.onRaise");

/** @internal Hears that a future is done, in the next iteration of the loop. */
export interface Listener {
  /** Put yourself into the loop's ready queue: `future` is done. */
  wake(future: Future<unknown>): void;
  /** For reports: who waits by this listener, if it is not itself a future. */
  readonly waiter?: Future<unknown> | null;
}

/**
 * @internal For reports: what a future, or the thing that it is about, can say of a wait for it.
 */
export interface Explained {
  /** The call that waits for what this is about, such as `get()`. */
  readonly _call?: string;
  /** The futures that must be done first. */
  readonly _parts?: Iterable<Future<unknown>>;
  /** The tasks that must let go of it first. */
  readonly _holders?: Iterable<Future<unknown>>;
  toString(): string;
}

/** @internal */
export const FUTURE = Symbol.for("heddle.Future");

/** @internal A done callback of the user, and the frame that it runs in. */
class DoneCallback implements Listener, Frame, Runnable {
  readonly fn: (future: never) => unknown;
  context: Context | Variables;
  readonly owner: object | null;
  readonly #asyncContext: CapturedContext | null;

  constructor(fn: (future: never) => unknown, context: Context | Variables, loop: EventLoop) {
    this.fn = fn;
    this.context = context;
    this.owner = currentOwner(loop);
    this.#asyncContext = loop.asyncContext?.inUse === true ? loop.asyncContext.capture() : null;
  }

  get frameTask(): null {
    return null;
  }

  wake(future: Future<unknown>): void {
    future._loop.enqueue(this, future);
  }

  /** For reports. */
  toString(): string {
    return `<done callback ${this.fn.name || "(anonymous)"}()>`;
  }

  run(future: unknown): void {
    if ((this.owner as { ended?: boolean } | null)?.ended === true) return;
    try {
      enter(this);
      if (this.#asyncContext === null) this.fn(future as never);
      else this.#asyncContext.runInAsyncScope(this.fn, undefined, future as never);
    } catch (error) {
      (future as Future<unknown>)._loop.callExceptionHandler({
        message: `Exception in callback ${this.fn.name || "(anonymous)"}()`,
        exception: error,
        future: future as object,
      });
    } finally {
      leave();
    }
  }
}

/**
 * A result that will be there later. Counterpart: `asyncio.Future`.
 *
 * `yield* future` (in coroutines) and `await future` (in async functions) wait for it, give its
 * result or throw its error. Awaiting a done future never suspends a coroutine. When a coroutine
 * that waits for a future is cancelled, so is the future.
 *
 * @example
 * const future = new Future<number>();
 * getRunningLoop().callLater(100, () => future.setResult(42));
 * const answer = yield* future;
 */
export class Future<T> implements PromiseLike<T> {
  /** @internal */
  _bits = PENDING;
  /** @internal Pending: who waits (null, one or an array). Done: the outcome. */
  _slot: unknown = null;
  /** @internal */
  _loop: EventLoop;
  /** @internal What this is, for reports: a name, or the primitive that made it. Tasks: the name. */
  _about: unknown;

  /**
   * A pending future of the running loop (else the thread's default one), or of `loop`. `name` is
   * shown in reports.
   */
  constructor(options?: { loop?: EventLoop; name?: string });
  /** @internal */
  constructor(loop: EventLoop, about: unknown);
  constructor(options?: EventLoop | { loop?: EventLoop; name?: string }, about?: unknown) {
    if (about !== undefined) {
      this._loop = options as EventLoop;
      this._about = about;
      return;
    }
    const given = options as { loop?: EventLoop; name?: string } | undefined;
    this._loop = given?.loop ?? getEventLoop();
    this._about = given?.name ?? null;
  }

  /** @internal */
  get [FUTURE](): boolean {
    return true;
  }

  getLoop(): EventLoop {
    return this._loop;
  }

  /** Is there an outcome: a result, an error or a cancellation? */
  done(): boolean {
    return (this._bits & STATE) !== PENDING;
  }

  cancelled(): boolean {
    return (this._bits & STATE) === CANCELLED;
  }

  /** @internal Is there an error? `exception()` cannot tell, if it was null that was thrown. */
  _failed(): boolean {
    return (this._bits & STATE) === RAISED;
  }

  /**
   * The result; throws the error if there is one. Never suspends. Throws CancelledError if the
   * future was cancelled, InvalidStateError if it is not done.
   */
  result(): T {
    switch (this._bits & STATE) {
      case RETURNED:
        return this._slot as T;
      case RAISED:
        this._markSeen();
        (globalThis as { [onRaise]?: (error: unknown) => void })[onRaise]?.(this._slot);
        throw this._slot;
      case CANCELLED:
        throw this._cancelledError();
      default:
        throw new InvalidStateError(`Result is not ready: ${this} is pending. Await it: yield* …`);
    }
  }

  /**
   * The error, or null if there is a result. Never suspends. Throws CancelledError if the future
   * was cancelled, InvalidStateError if it is not done.
   */
  exception(): unknown {
    switch (this._bits & STATE) {
      case RETURNED:
        return null;
      case RAISED:
        this._markSeen();
        return this._slot;
      case CANCELLED:
        throw this._cancelledError();
      default:
        throw new InvalidStateError(`Exception is not set: ${this} is pending. Await it: yield* …`);
    }
  }

  /** Set the result and wake who waits. Throws InvalidStateError if the future is done already. */
  setResult(result: T): void {
    this._settle(RETURNED, result);
  }

  /**
   * Set an error and wake who waits. Throws InvalidStateError if the future is done already. An
   * error that nobody ever fetches is reported to the loop's exception handler.
   */
  setException(error: unknown): void {
    this._raise(error);
  }

  /**
   * Cancel: who waits gets a CancelledError with this message. Returns false, and does nothing, if
   * the future is done already.
   */
  cancel(message?: string): boolean {
    this._markSeen();
    if ((this._bits & STATE) !== PENDING) return false;
    this._settle(CANCELLED, message);
    return true;
  }

  /**
   * Call `fn(future)` in the iteration of the loop after the future is done (the next one if it is
   * done already), in `context` or a copy of the running one.
   */
  addDoneCallback(fn: (future: this) => unknown, options?: { context?: Context }): void {
    if (typeof fn !== "function") {
      throw new TypeError(`addDoneCallback() needs a function, got ${typeof fn}`);
    }
    this._listen(new DoneCallback(fn, options?.context ?? snapshot(), this._loop));
  }

  /** Take back every registration of `fn`; returns how many there were. */
  removeDoneCallback(fn: (future: this) => unknown): number {
    return this._unlisten((listener) => listener instanceof DoneCallback && listener.fn === fn);
  }

  /** For `await`. The callbacks run in the microtasks after the loop's slice. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const loop = this._loop;
    // What a home has entered for its call (interop/) does not say whose code it is that awaits.
    const who = loop.traffic === null ? null : (followedFrame() ?? currentFrame()).frameTask;
    loop.traffic?.inward.add(who);
    const promise = new Promise<T>((resolve, reject) => {
      this._listen(new PromiseSettler(resolve as (value: unknown) => void, reject, who));
    });
    if (loop.traffic !== null && !this.done()) {
      loop.traffic.met = true;
      // A virtual clock may stand still for a promise that has just begun to wait for it.
      loop.look();
    }
    return promise.then(onFulfilled, onRejected);
  }

  /** For `yield*`. */
  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this as unknown as Iterator<Suspension, T, unknown>;
  }

  /** @internal */
  next(_sent?: unknown): IteratorResult<Suspension, T> {
    const state = this._bits & STATE;
    if (state === PENDING) return arm(this);
    return { done: true, value: state === RETURNED ? (this._slot as T) : this.result() };
  }

  /** @internal */
  throw(error: unknown): never {
    throw error;
  }

  /** @internal Fail: nobody has seen the error yet, and who is woken may look at it. */
  _raise(error: unknown, creationStack?: string): void {
    const listeners = this.#conclude(RAISED | UNSEEN, error);
    loseError(this, error, creationStack);
    this.#wake(listeners);
  }

  /** @internal */
  _settle(state: number, value: unknown): void {
    this.#wake(this.#conclude(state, value));
  }

  #conclude(state: number, value: unknown): Listener | Listener[] | null {
    const bits = this._bits;
    if ((bits & STATE) !== PENDING) {
      throw new InvalidStateError(`invalid state: ${this} is done already`);
    }
    this._bits = bits | state;
    const listeners = this._slot as Listener | Listener[] | null;
    this._slot = value;
    return listeners;
  }

  #wake(listeners: Listener | Listener[] | null): void {
    if (listeners === null) return;
    if (Array.isArray(listeners)) for (const listener of listeners) listener.wake(this);
    else listeners.wake(this);
  }

  /** @internal */
  _listen(listener: Listener): void {
    if ((this._bits & STATE) !== PENDING) {
      listener.wake(this);
      return;
    }
    const listeners = this._slot as Listener | Listener[] | null;
    if (listeners === null) this._slot = listener;
    else if (Array.isArray(listeners)) listeners.push(listener);
    else this._slot = [listeners, listener];
  }

  /** @internal Remove the listeners that match; returns how many there were. */
  _unlisten(matches: (listener: Listener) => boolean): number {
    const listeners = (this.done() ? null : this._slot) as Listener | Listener[] | null;
    if (listeners === null) return 0;
    if (!Array.isArray(listeners)) {
      if (!matches(listeners)) return 0;
      this._slot = null;
      return 1;
    }
    const kept = listeners.filter((listener) => !matches(listener));
    this._slot = kept.length === 0 ? null : kept;
    return listeners.length - kept.length;
  }

  /** @internal The error to throw for a cancelled future: the kept one first, then new ones. */
  _cancelledError(): unknown {
    const kept = this._slot;
    if (isCancelled(kept)) {
      this._slot = undefined;
      return kept;
    }
    return newCancelledError(kept as string | undefined);
  }

  /** @internal The message of a cancelled future, if any. */
  _cancelMessage(): string | undefined {
    return typeof this._slot === "string" ? this._slot : undefined;
  }

  /** @internal The message of a cancellation that was asked for, whatever came of it. */
  _requestMessage(): string | undefined {
    return undefined;
  }

  /** @internal */
  _markSeen(): void {
    if ((this._bits & UNSEEN) === 0) return;
    this._bits &= ~UNSEEN;
    foundError(this);
  }

  /** For reports: `<Future pending>`. */
  toString(): string {
    const name = this._about === null ? "" : ` ${String(this._about)}`;
    return `<${this.constructor.name}${name} ${STATE_NAMES[this._bits & STATE]}>`;
  }
}

const STATE_NAMES = ["pending", "returned", "raised", "cancelled"];

/**
 * Settles a native promise. At once, not by the ready queue: its reactions are microtasks and come
 * after the loop's slice anyway, and a loop that stops meanwhile must not lose them.
 */
class PromiseSettler implements Listener {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  readonly #who: object | null;

  constructor(
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
    who: object | null,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#who = who;
  }

  wake(future: Future<unknown>): void {
    future._loop.traffic?.inward.remove(this.#who);
    try {
      this.#resolve(future.result());
    } catch (error) {
      this.#reject(error);
    }
  }
}

/** Is this a future or task (of any copy of heddle)? Counterpart: `asyncio.isfuture`. */
export function isFuture(value: unknown): value is Future<unknown> {
  return typeof value === "object" && value !== null && FUTURE in value && value[FUTURE] === true;
}
