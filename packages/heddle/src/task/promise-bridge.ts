/*
 * From a promise to a future.
 *
 * A bridge listens to its promise at once, so that a rejection is never "unhandled" while the task that
 * will await it has not had its turn; the future is made when it is awaited, on the loop where that
 * happens.
 *
 * A reaction cannot be taken off a promise again: a wait that was cancelled leaves its own there until
 * the promise settles, which is how `Promise.race` leaks. So a bridge whose wait was cancelled serves the
 * next wait for the same promise.
 */
import type { Coroutine } from "../coroutine/types.ts";
import { getEventLoop } from "./current-loop.ts";
import { isCancelled } from "./errors.ts";
import type { EventLoop } from "./event-loop.ts";
import { CANCELLED, type Future } from "./future.ts";
import type { Owner } from "./owner.ts";
import { currentTask } from "./task.ts";

/** What those who wait for a promise wait for, in reports. */
const PROMISE = { toString: () => "a promise" };

/** The last of the bridges of a promise that nobody waits on any more; each knows the one before. */
const idle = new WeakMap<PromiseLike<unknown>, PromiseBridge<unknown>>();

/** @internal */
export class PromiseBridge<T> {
  readonly #promise: PromiseLike<T>;
  #future: Future<T> | null = null;
  /** It is an async function's: an error of it must be seen, even if nobody waits any more. */
  #reportsTo: EventLoop | null = null;
  #nextIdle: PromiseBridge<T> | null = null;
  /** Debug mode: the run that hears of it if the promise never settles. */
  #abandonedIn: Owner | null = null;
  #settle: ((future: Future<T>) => void) | null = null;

  private constructor(promise: PromiseLike<T>) {
    this.#promise = promise;
    promise.then(
      (value) => this.#settled((future) => future.setResult(value)),
      (error: unknown) => {
        this.#settled((future) => fail(future, error));
        if (this.#future === null || this.#future.cancelled()) this.#reportLate(error);
      },
    );
  }

  #reportLate(error: unknown): void {
    const aborted = error instanceof Error && error.name === "AbortError";
    if (aborted || cancellationIn(error) !== undefined) return;
    this.#reportsTo?.callExceptionHandler({
      message: "an async function has failed after its deadline or cancellation",
      exception: error,
    });
  }

  static to<T>(promise: PromiseLike<T>): PromiseBridge<T> {
    const left = idle.get(promise) as PromiseBridge<T> | undefined;
    if (left === undefined) return new PromiseBridge(promise);
    if (left.#nextIdle === null) idle.delete(promise);
    else idle.set(promise, left.#nextIdle as PromiseBridge<unknown>);
    left.#nextIdle = null;
    left.#abandonedIn?.abandoned?.delete(left);
    return left;
  }

  /** `isBody`: the promise is that of an async function, which was given to a group, a scope, a task. */
  *wait(kind: new (loop: EventLoop, about: unknown) => Future<T>, isBody: boolean): Coroutine<T> {
    const loop = getEventLoop();
    if (isBody) this.#reportsTo = loop;
    const future = new kind(loop, PROMISE);
    const { traffic } = loop;
    this.#future = future;
    this.#settle?.(future);
    const task = currentTask();
    if (traffic !== null) {
      traffic.met = true;
      traffic.outward.add(task);
    }
    try {
      return yield* future;
    } finally {
      traffic?.outward.remove(task);
      if (this.#settle === null) this.#leave(loop.getDebug() ? (task?.owner ?? null) : null);
    }
  }

  /** The wait was cancelled. */
  #leave(debuggedRun: Owner | null): void {
    this.#future = null;
    if (debuggedRun !== null) {
      this.#abandonedIn = debuggedRun;
      debuggedRun.abandoned ??= new Set();
      debuggedRun.abandoned.add(this);
    }
    // What another kind of promise does with its reactions is its own.
    if (!(this.#promise instanceof Promise)) return;
    this.#nextIdle = (idle.get(this.#promise) as PromiseBridge<T> | undefined) ?? null;
    idle.set(this.#promise, this as PromiseBridge<unknown>);
  }

  #settled(settle: (future: Future<T>) => void): void {
    this.#settle = settle;
    this.#abandonedIn?.abandoned?.delete(this);
    const future = this.#future;
    if (future === null) idle.delete(this.#promise);
    else if (!future.done() && !future.getLoop().isClosed()) settle(future);
  }
}

function fail(future: Future<unknown>, error: unknown): void {
  const cancellation = cancellationIn(error);
  if (cancellation === undefined) future.setException(error);
  else future._settle(CANCELLED, cancellation);
}

function cancellationIn(error: unknown): unknown {
  if (isCancelled(error)) return error;
  const aborted = error instanceof Error && error.name === "AbortError";
  return aborted && isCancelled(error.cause) ? error.cause : undefined;
}
