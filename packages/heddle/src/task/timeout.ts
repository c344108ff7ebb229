/*
 * timeout: a deadline for a block of code.
 *
 * When the deadline passes, the task is cancelled; the block's `finally` parts run; and on the way
 * out the scope turns the CancelledError into a TimeoutError, unless somebody else asked for the
 * cancellation too: then that request goes on. Which of both it was is counted by the task's
 * `cancelling()`, as in asyncio: scopes nest, and the outermost of several that expire together wins.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { isAwaitable } from "../coroutine/is-awaitable.ts";
import type { Awaitable, Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import type { Handle } from "../loop/handle.ts";
import { runBody } from "./as-coroutine.ts";
import { getRunningLoop } from "./current-loop.ts";
import { isCancelled, newCancelledError, TimeoutError } from "./errors.ts";
import { currentTask, type Task } from "./task.ts";
import { thenable } from "./thenable.ts";

type State = "created" | "active" | "expiring" | "expired" | "finished";

/** The scope of a `timeout`: its deadline can be asked for and moved. Counterpart: `asyncio.Timeout`. */
export class Timeout {
  readonly #name: string;
  #state: State = "created";
  #when: number | null;
  #handle: Handle | null = null;
  #task: Task<unknown> | null = null;
  #cancellingBefore = 0;
  #controller: AbortController | undefined;

  /** @internal Made by `timeout` and `timeoutAt`. */
  constructor(when: number | null, name: string) {
    this.#when = when;
    this.#name = name;
  }

  /** The deadline in milliseconds of `loop.time()`; null if there is none. */
  when(): number | null {
    return this.#when;
  }

  /** Has the deadline passed while the block ran? */
  expired(): boolean {
    return this.#state === "expiring" || this.#state === "expired";
  }

  /**
   * An AbortSignal that is aborted, with a CancelledError as its reason, when the deadline passes or
   * the block is cancelled from outside.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.expired()) this.#controller.abort(newCancelledError("timeout"));
    }
    return this.#controller.signal;
  }

  /**
   * Move the deadline to `when`, in milliseconds of `loop.time()`, or take it away (null). One that
   * has passed expires in the next iteration. Throws RuntimeError if the block is over or expiring.
   */
  reschedule(when: number | null): void {
    if (this.#state !== "active") {
      throw new RuntimeError(
        this.#state === "created"
          ? "Timeout has not been entered"
          : `Cannot change state of ${this.#state} Timeout`,
      );
    }
    if (when !== null && (typeof when !== "number" || Number.isNaN(when))) {
      throw new RangeError(`reschedule() needs a time of loop.time() or null, got ${String(when)}`);
    }
    this.#when = when;
    this.#handle?.cancel();
    this.#handle = null;
    if (when === null || when === Number.POSITIVE_INFINITY) return;
    const loop = getRunningLoop();
    this.#handle =
      when <= loop.time() ? loop.callSoon(this.#expire) : loop.callAt(when, this.#expire);
  }

  readonly #expire = (): void => {
    this.#handle = null;
    this.#task?.cancel();
    this.#state = "expiring";
    this.#controller?.abort(newCancelledError("timeout"));
  };

  /** @internal */
  _enter(): void {
    const task = currentTask();
    if (task === null) throw new RuntimeError("timeout() must be awaited inside a task");
    this.#state = "active";
    this.#task = task;
    this.#cancellingBefore = task.cancelling();
    this.reschedule(this.#when);
  }

  /** @internal The block is over; returns what to throw instead of `error`. */
  _exit(error: unknown): unknown {
    this.#handle?.cancel();
    this.#handle = null;
    if (isCancelled(error) && this.#controller?.signal.aborted === false) {
      this.#controller.abort(error);
    }
    if (this.#state !== "expiring") {
      this.#state = "finished";
      return error;
    }
    this.#state = "expired";
    const task = this.#task as Task<unknown>;
    const scope = task._scope;
    const others =
      task.uncancel() > this.#cancellingBefore ||
      (scope?._cancelled === true && scope._interrupted);
    if (others || !isCancelled(error)) return error;
    return new TimeoutError(`the deadline of ${this.#name} has passed`, { cause: error });
  }
}

type Body<T> = (scope: Timeout) => Awaitable<T> | PromiseLike<T>;

/** `name` says in the error what has expired; milliseconds in it show who meant seconds. */
function* runTimeout<T>(
  when: number | null,
  body: Body<T> | Awaitable<T>,
  call: string,
  name: string,
): Coroutine<T> {
  const scope = new Timeout(when, name);
  scope._enter();
  let result: T;
  try {
    result = yield* isAwaitable(body) ? body : runBody(body, scope, call);
  } catch (error) {
    throw scope._exit(error);
  }
  scope._exit(undefined);
  return result;
}

function checkBody(body: unknown, call: string): void {
  if (typeof body !== "function") {
    throw new TypeError(
      `${call}() needs a function as its second argument: ${call}(time, function* (scope) { … })`,
    );
  }
}

function checkDeadline(time: unknown, call: string): void {
  if (time === null || (typeof time === "number" && !Number.isNaN(time))) return;
  throw new RangeError(`${call}() needs a number of milliseconds or null, got ${String(time)}`);
}

/**
 * Run `body` with a deadline `ms` milliseconds from when this is awaited (null: none), and give its
 * result. When the deadline passes, the body is cancelled, its `finally` parts run, and TimeoutError
 * is thrown. In an async body `scope.signal` is aborted, and its promise is not waited for.
 *
 * Does not suspend by itself. Throws RangeError for NaN. On cancellation from outside the
 * CancelledError goes through. Counterparts: `asyncio.timeout`, `trio.fail_after`, `gevent.Timeout`.
 *
 * @example
 * const page = yield* timeout(500, function* () {
 *   return yield* fetchPage(url);
 * });
 */
export function timeout<T>(
  ms: number | null,
  body: (scope: Timeout) => Awaitable<T> | PromiseLike<T>,
): ThenableCoroutine<T> {
  checkDeadline(ms, "timeout");
  checkBody(body, "timeout");
  return afterDelay(ms, body, "timeout") as ThenableCoroutine<T>;
}

/** @internal */
export const afterDelay = thenable(function* timeout<T>(
  ms: number | null,
  body: Body<T> | Awaitable<T>,
  call: string,
): Coroutine<T> {
  const when = ms === null ? null : getRunningLoop().time() + ms;
  return yield* runTimeout(when, body, call, `${call}(${ms} ms)`);
});

/** `timeout` with a deadline in milliseconds of `loop.time()`. Counterpart: `asyncio.timeout_at`. */
export function timeoutAt<T>(
  when: number | null,
  body: (scope: Timeout) => Awaitable<T> | PromiseLike<T>,
): ThenableCoroutine<T> {
  checkDeadline(when, "timeoutAt");
  checkBody(body, "timeoutAt");
  return atTime(when, body, "timeoutAt", `timeoutAt(${when} ms)`) as ThenableCoroutine<T>;
}

const atTime = thenable(runTimeout);
