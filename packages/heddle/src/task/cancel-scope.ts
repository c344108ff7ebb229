/*
 * CancelScope: trio's cancellation, on asyncio's tasks.
 *
 * `task.cancel()` is one error, thrown once: whoever swallows it goes on. A scope is level-triggered:
 * from the moment it is cancelled (by `cancel`, or by its deadline) every wait inside is interrupted,
 * until the block is left. What must still wait, clean-up, stands in a shielded scope.
 *
 *   scope A                      parent and child scopes make a tree; each task knows its innermost one
 *     task 1   scope B           a group's tasks belong to the scope around the group
 *                task 1, task 2
 *
 * A scope never touches `cancelling()`: the counts of tasks, time-outs and groups are not disturbed. On
 * the way out it swallows only an interruption of its own, and not if somebody cancelled the task too.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { reschedule } from "../coroutine/suspend.ts";
import type {
  Awaitable,
  Coroutine,
  ThenableAwaitable,
  ThenableCoroutine,
} from "../coroutine/types.ts";
import type { Handle } from "../loop/handle.ts";
import { runBody } from "./as-coroutine.ts";
import { getRunningLoop } from "./current-loop.ts";
import { isCancelled, newCancelledError, TimeoutError } from "./errors.ts";
import type { EventLoop } from "./event-loop.ts";
import { type Confinement, currentTask, type Task } from "./task.ts";
import { thenable } from "./thenable.ts";

export interface CancelScopeOptions {
  /** When the scope is cancelled by itself, in milliseconds of `loop.time()`; never if not given. */
  deadline?: number;
  /** Keep off the cancellation of the scopes around this one. */
  shield?: boolean;
}

/** The body of a scope: a coroutine function or an async function. */
export type ScopeBody<T> = (scope: CancelScope) => Awaitable<T> | PromiseLike<T>;

/**
 * A part of a program that can be cancelled as a whole: the body that it runs, and every task of the
 * groups that are opened in it. Counterparts: `trio.CancelScope`, anyio's.
 *
 * Made by `cancelScope`, `moveOnAfter` and `failAfter`; or with `new`, to be handed to whoever is to
 * cancel it, and then run once.
 *
 * @example
 * const scope = new CancelScope();
 * createTask(watchButton(() => scope.cancel()));
 * yield* scope.run(function* () {
 *   yield* download(url);
 * });
 * if (scope.cancelledCaught) console.log("stopped");
 */
export class CancelScope implements Confinement {
  #deadline: number;
  #shield: boolean;
  #state: "new" | "entered" | "left" = "new";
  #cancelCalled = false;
  #cancelledCaught = false;
  #reason = "";
  #loop: EventLoop | null = null;
  #timer: Handle | null = null;
  #controller: AbortController | undefined;
  #parent: CancelScope | null = null;
  /** @internal The scopes directly inside. */
  readonly _children = new Set<CancelScope>();
  /** The tasks whose innermost scope this is. */
  readonly #tasks = new Set<Task<unknown>>();
  #cancellingBefore = 0;
  /** @internal */
  _interrupted = false;

  constructor(options: CancelScopeOptions = {}) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError("a CancelScope's options are an object: { deadline, shield }");
    }
    const { deadline = Number.POSITIVE_INFINITY, shield = false } = options;
    this.#deadline = checkedDeadline(deadline);
    this.#shield = checkedShield(shield);
  }

  /**
   * Run `body` in this scope and give its value; undefined if the scope was cancelled and the body ended by
   * that. Errors of the body, and cancellations from outside, go through. Does not suspend by itself.
   * Throws RuntimeError if the scope was run before.
   */
  run<T>(body: ScopeBody<T>): ThenableCoroutine<T | undefined> {
    checkBody(body, "scope.run", "scope.run(");
    return runScope(this, body as ScopeBody<unknown>, "scope.run") as ThenableCoroutine<
      T | undefined
    >;
  }

  /**
   * Cancel what is in the scope: each wait in it throws a CancelledError, now and as often as something
   * in it waits again. Nothing happens if that was done before, or the scope was left.
   * Counterpart: `trio.CancelScope.cancel`.
   */
  cancel(reason = "the scope was cancelled"): void {
    if (this.#cancelCalled || this.#state === "left") return;
    this.#cancelCalled = true;
    this.#reason = String(reason);
    this.#disarm();
    this._spread();
  }

  /** Was the scope cancelled, by `cancel()` or by its deadline? */
  get cancelCalled(): boolean {
    return this.#cancelCalled;
  }

  /** Has the scope ended its body by a cancellation, and swallowed that? */
  get cancelledCaught(): boolean {
    return this.#cancelledCaught;
  }

  /** The deadline in milliseconds of `loop.time()`; Infinity for none. Set it to move it. */
  get deadline(): number {
    return this.#deadline;
  }

  set deadline(when: number) {
    this.#deadline = checkedDeadline(when);
    if (this.#state !== "entered" || this.#cancelCalled) return;
    this.#disarm();
    this.#arm();
  }

  /** Does the scope keep off the cancellation of the scopes around it? */
  get shield(): boolean {
    return this.#shield;
  }

  set shield(shield: boolean) {
    this.#shield = checkedShield(shield);
    this._spread();
  }

  /** An AbortSignal that is aborted, with a CancelledError as its reason, when the scope is cancelled. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this._cancelled) this.#controller.abort(newCancelledError(this._message));
    }
    return this.#controller.signal;
  }

  /** For reports: `<CancelScope cancelled>`. */
  toString(): string {
    return `<CancelScope ${this.#cancelCalled ? "cancelled" : this.#state}>`;
  }

  /** @internal */
  get _parent(): CancelScope | null {
    return this.#parent;
  }

  /** @internal */
  get _cancelled(): boolean {
    return this.#cancelCalled || this.#cancelledFromOutside;
  }

  get #cancelledFromOutside(): boolean {
    return !this.#shield && this.#parent?._cancelled === true;
  }

  /** @internal */
  get _message(): string {
    return this.#cancelCalled ? this.#reason : (this.#parent?._message ?? "");
  }

  /** @internal */
  _admit(task: Task<unknown>): void {
    this.#tasks.add(task);
    task._moveTo(this);
  }

  /** @internal */
  _dismiss(task: Task<unknown>): void {
    this.#tasks.delete(task);
    this.#letGo();
  }

  /** It hears of the scopes outside for as long as anything is in it: a group may outlive the body. */
  #letGo(): void {
    if (this.#state === "left" && this.#tasks.size === 0) this.#parent?._children.delete(this);
  }

  /** @internal */
  _enter(): void {
    if (this.#state !== "new") {
      throw new RuntimeError("a CancelScope can be run only once: make a new one");
    }
    const task = currentTask();
    if (task === null) throw new RuntimeError("a CancelScope must be run inside a task");
    this.#state = "entered";
    this.#loop = getRunningLoop();
    this.#cancellingBefore = task.cancelling();
    this.#parent = task._scope as CancelScope | null;
    this.#parent?._dismiss(task);
    this.#parent?._children.add(this);
    this._admit(task);
    if (!this.#cancelCalled) this.#arm();
  }

  /** @internal The body has ended, with `error` if not undefined. True if that is not to go any further. */
  _exit(error: unknown): boolean {
    const task = currentTask() as Task<unknown>;
    const parent = this.#parent;
    this.#cancelledCaught =
      isCancelled(error) &&
      this.#cancelCalled &&
      this._interrupted &&
      !this.#cancelledFromOutside &&
      task.cancelling() <= this.#cancellingBefore;
    this.#disarm();
    this.#state = "left";
    this._dismiss(task);
    if (parent === null) task._moveTo(null);
    else parent._admit(task);
    if (isCancelled(error) && this.#controller?.signal.aborted === false) {
      this.#controller.abort(error);
    }
    return this.#cancelledCaught;
  }

  /** @internal A wait inside is interrupted. */
  _noteInterruption(): void {
    this._interrupted = true;
    this.#parent?._noteInterruption();
  }

  /** @internal Tell everything inside that the state may have changed. */
  _spread(): void {
    for (const task of [...this.#tasks]) task._lookAtScope();
    if (this._cancelled) this.#controller?.abort(newCancelledError(this._message));
    for (const child of [...this._children]) child._spread();
  }

  #arm(): void {
    const when = this.#deadline;
    if (when === Number.POSITIVE_INFINITY) return;
    const loop = this.#loop as EventLoop;
    if (when <= loop.time()) this.#expire();
    else this.#timer = loop.callAt(when, this.#expire);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  readonly #expire = (): void => this.cancel("the deadline of the scope has passed");
}

function* runScopeBody(
  scope: CancelScope,
  body: ScopeBody<unknown>,
  call: string,
): Coroutine<unknown> {
  scope._enter();
  let value: unknown;
  try {
    value = yield* runBody(body, scope, call);
  } catch (error) {
    if (!scope._exit(error)) throw error;
    return undefined;
  }
  scope._exit(undefined);
  return value;
}

const runScope = thenable(runScopeBody);

const runFor = thenable(function* moveOnAfter(
  ms: number,
  body: ScopeBody<unknown>,
): Coroutine<unknown> {
  const scope = new CancelScope({ deadline: getRunningLoop().time() + ms });
  return yield* runScopeBody(scope, body, "moveOnAfter");
});

const failFor = thenable(function* failAfter(
  ms: number,
  body: ScopeBody<unknown>,
): Coroutine<unknown> {
  const scope = new CancelScope({ deadline: getRunningLoop().time() + ms });
  const value = yield* runScopeBody(scope, body, "failAfter");
  if (scope.cancelledCaught) {
    throw new TimeoutError(`the deadline of failAfter(${ms} ms) has passed`);
  }
  return value;
});

function checkBody(body: unknown, call: string, before: string): void {
  if (typeof body === "function") return;
  throw new TypeError(`${call}() needs a function: ${before}function* (scope) { … })`);
}

function checkedDeadline(deadline: unknown): number {
  if (typeof deadline === "number" && !Number.isNaN(deadline)) return deadline;
  throw new RangeError(
    `a CancelScope's deadline is a time of loop.time(), or Infinity, got ${String(deadline)}`,
  );
}

function checkedShield(shield: unknown): boolean {
  if (typeof shield === "boolean") return shield;
  throw new TypeError(`a CancelScope's shield is true or false, got ${String(shield)}`);
}

function checkDelay(ms: unknown, call: string): void {
  if (typeof ms === "number" && !Number.isNaN(ms)) return;
  throw new RangeError(`${call}() needs a number of milliseconds, got ${String(ms)}`);
}

/**
 * Run `body` in a new scope, with a deadline or shielded from the scopes around it. Gives the value of
 * the body; undefined if the scope was cancelled and ended it (`scope.cancelledCaught`).
 *
 * Does not suspend by itself. A cancellation of the task, or of a scope outside, goes through.
 * Counterpart: `with trio.CancelScope(…)`.
 *
 * @example
 * try {
 *   yield* serve();
 * } finally {
 *   const deadline = getRunningLoop().time() + 1000;
 *   yield* cancelScope({ shield: true, deadline }, function* () {
 *     yield* flush();      // is not cancelled by what ended serve(); has a second
 *   });
 * }
 */
export function cancelScope<T>(
  options: CancelScopeOptions,
  body: ScopeBody<T>,
): ThenableCoroutine<T | undefined> {
  checkBody(body, "cancelScope", "cancelScope({ shield: true }, ");
  return runScope(
    new CancelScope(options),
    body as ScopeBody<unknown>,
    "cancelScope",
  ) as ThenableCoroutine<T | undefined>;
}

/**
 * Run `body` for at most `ms` milliseconds from when this is awaited (Infinity: no limit), then go on
 * without an error: gives the body's value, or undefined if the time was over
 * (`scope.cancelledCaught`). While it lasts every wait in the body is interrupted.
 *
 * Does not suspend by itself. Throws RangeError for NaN. A cancellation from outside goes through.
 * Counterpart: `trio.move_on_after` (seconds there).
 *
 * @example
 * const page = yield* moveOnAfter(500, function* () {
 *   return yield* fetchPage(url);
 * });
 * if (page === undefined) console.log("no answer within half a second");
 */
export function moveOnAfter<T>(ms: number, body: ScopeBody<T>): ThenableCoroutine<T | undefined> {
  checkDelay(ms, "moveOnAfter");
  checkBody(body, "moveOnAfter", "moveOnAfter(ms, ");
  return runFor(ms, body as ScopeBody<unknown>) as ThenableCoroutine<T | undefined>;
}

/**
 * `moveOnAfter` that throws TimeoutError when the time is over. As `timeout`, but level-triggered:
 * a body that swallows the cancellation is interrupted again at its next wait.
 * Counterpart: `trio.fail_after` (seconds there).
 */
export function failAfter<T>(ms: number, body: ScopeBody<T>): ThenableCoroutine<T> {
  checkDelay(ms, "failAfter");
  checkBody(body, "failAfter", "failAfter(ms, ");
  return failFor(ms, body as ScopeBody<unknown>) as ThenableCoroutine<T>;
}

/**
 * Give way once to everything that is ready, and let a cancellation arrive: for loops that compute
 * long without waiting. The same as `sleep(0)`. Always suspends.
 * Counterparts: `trio.lowlevel.checkpoint`, `asyncio.sleep(0)`.
 */
export function checkpoint(): ThenableAwaitable<void> {
  return reschedule;
}
