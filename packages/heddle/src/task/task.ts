/*
 * Task: a coroutine that runs on a loop.
 *
 *   state       how it gets there                                what cancel() does
 *   scheduled   createTask(); or its future is done; or it       remembers it (MUST_CANCEL): thrown
 *               gave way by sleep(0)                             at the next step
 *   running     the loop called step()                           the same
 *   waiting     it awaits a pending future (`_waitsFor`)         cancels that future, whose error
 *                                                                then arrives here
 *   done        the coroutine returned, threw, or let a          nothing
 *               CancelledError out
 *
 * Only `step` moves a task from state to state. It is the hot path of the whole runtime: one call
 * of the coroutine's `next`, no allocation, no closure, no store of a young object. The
 * unusual (a cancellation to be thrown, an error of the driver, a cancelled scope, an async context of
 * the program's) goes through `#resumeSlowly`.
 *
 * Everything follows CPython 3.14's Task, ties included: a cancellation that arrives while the task
 * is scheduled is thrown instead of what it waited for, unless that was a cancellation itself; a
 * coroutine that returns with a cancellation still pending is cancelled.
 */
import { Context, contextOf, type Variables } from "../context/context.ts";
import { currentFrame, type Frame, isEntered, NO_VARIABLES, within } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import { isAwaitable } from "../coroutine/is-awaitable.ts";
import { ARMED, RESUME } from "../coroutine/suspend.ts";
import type { Awaitable, Coroutine, Suspension } from "../coroutine/types.ts";
import type { CodePlace } from "../loop/code-place.ts";
import type { CapturedContext } from "../loop/host.ts";
import { STEP, type Steppable } from "../loop/ready-queue.ts";
import { isCancelled, newCancelledError } from "./errors.ts";
import type { EventLoop } from "./event-loop.ts";
import {
  CANCELLED,
  Future,
  isFuture,
  type Listener,
  NEXT_BIT,
  PENDING,
  RETURNED,
  STATE,
  UNSEEN,
} from "./future.ts";
import { introspector, type PrintStackOptions, type StackOptions } from "./introspector.ts";
import type { Owner } from "./owner.ts";
import type { Listed } from "./task-list.ts";

const STARTED = NEXT_BIT;
const MUST_CANCEL = NEXT_BIT << 1;
const MUST_THROW = NEXT_BIT << 2;
/** The coroutine is a generator with the engine's own `next`. */
const NATIVE = NEXT_BIT << 3;
/** A cancellation is being passed on to what the task waits for. */
const PASSING_ON = NEXT_BIT << 4;
/** It is in a cancelled scope: every wait is interrupted. */
const CONFINED = NEXT_BIT << 5;
/** It has an async context of the program's to run in. */
const CAPTURED = NEXT_BIT << 6;
/** Debug mode: look whether the cancellation that was passed on comes back as an error. */
const WATCHED = NEXT_BIT << 7;
const SLOW = MUST_CANCEL | MUST_THROW | CONFINED | CAPTURED | WATCHED;

/** The task to which a cancellation that it passes on has come back. */
let ring: Task<unknown> | null = null;

/**
 * The engine's `next`. Every `function*` gives its generators a hidden class of their own, so looking
 * `next` up at each step would always be the slow, general look-up.
 */
const resumeGenerator = (function* () {})().next;

let nextName = 1;

/** @internal A cancel scope, as the tasks in it see it. */
export interface Confinement {
  /** Is it cancelled, by itself or from outside? */
  readonly _cancelled: boolean;
  /** Has it interrupted a wait of a task in it? */
  readonly _interrupted: boolean;
  /** It interrupts one now. */
  _noteInterruption(): void;
  /** The message of the cancellation. */
  readonly _message: string;
  /** A task begins in this scope: a child of a group that was opened in it. */
  _admit(task: Task<unknown>): void;
  /** That task is done. */
  _dismiss(task: Task<unknown>): void;
}

/** What few tasks need. */
interface Rarities {
  /** Requests of cancellation that were not taken back. */
  cancelling: number;
  cancelMessage: string | undefined;
  /** Error of the driver, to be thrown into the coroutine. */
  error: unknown;
  controller: AbortController | undefined;
  creationStack: string | undefined;
  /** Debug mode: a cancellation was thrown into the coroutine. */
  thrown: boolean;
  asyncContext: CapturedContext | undefined;
  /** The innermost cancel scope. */
  scope: Confinement | null;
  /** Clean-up waits of heddle's own in progress, which scopes do not interrupt. */
  held: number;
}

type Driven<T> = Iterator<Suspension, T, unknown>;

/**
 * A coroutine that runs on a loop, made by `createTask`. Counterparts: `asyncio.Task`, a trio task,
 * a `gevent.Greenlet`.
 *
 * Awaiting a task gives the coroutine's result or throws its error; cancelling the awaiting task
 * cancels this one (`shield` prevents that).
 */
export class Task<T> extends Future<T> implements Frame, Listener, Steppable, Listed {
  context: Context | Variables;
  /** @internal */
  readonly owner: Owner | null;
  /** @internal */
  _coro: Driven<T> | null;
  /** @internal The future that this task waits for. */
  _waitsFor: Future<unknown> | null = null;
  /** @internal Where it stands in the list of its run. */
  _place = -1;
  /** @internal */
  _rare: Rarities | null = null;

  /** @internal Tasks are made by `createTask`. */
  constructor(
    coro: Awaitable<T>,
    loop: EventLoop,
    owner: Owner | null,
    context: Context | Variables,
    name: string | undefined,
  ) {
    super(loop, name ?? nextName++);
    const driven = coro[Symbol.iterator]();
    this._coro = driven;
    if ((driven.next as unknown) === resumeGenerator) this._bits = NATIVE;
    this.context = context;
    this.owner = owner;
  }

  /** @internal */
  get frameTask(): this {
    return this;
  }

  // ---- driving

  /** @internal Let the first step come in the next iteration. */
  _start(): void {
    // First, since a closed loop refuses it.
    this._loop.enqueue(this, STEP);
    (this.owner ?? this._loop.orphans).tasks.add(this as Task<unknown>);
  }

  /** @internal Take the first step now. A task that is not done after it counts as created then. */
  _startEagerly(): void {
    const { context } = this;
    if (context instanceof Context && isEntered(context)) {
      this.#leave();
      throw new RuntimeError(
        "cannot start the task eagerly: its context is entered already. Give it a copy: context.copy()",
      );
    }
    const { tasks } = this.owner ?? this._loop.orphans;
    tasks.add(this as Task<unknown>);
    within(this, () => this.step());
    if ((this._bits & STATE) !== PENDING) return;
    tasks.remove(this as Task<unknown>);
    tasks.add(this as Task<unknown>);
  }

  /** @internal The future that this task waits for is done. */
  wake(): void {
    this._loop.enqueue(this, STEP);
  }

  /** @internal Run the coroutine to its next suspension. */
  step(): void {
    const bits = this._bits;
    let result: IteratorResult<unknown, T>;
    try {
      if (bits & SLOW) result = this.#resumeSlowly();
      else if (bits & STARTED) {
        this._waitsFor = null;
        result =
          bits & NATIVE
            ? (resumeGenerator.call(this._coro, RESUME) as IteratorResult<unknown, T>)
            : (this._coro as Driven<T>).next(RESUME);
      } else {
        this._bits = bits | STARTED;
        result =
          bits & NATIVE
            ? (resumeGenerator.call(this._coro, undefined) as IteratorResult<unknown, T>)
            : (this._coro as Driven<T>).next(undefined);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (result.done) this.#return(result.value);
    else if (
      result === (ARMED as unknown) ||
      // The result objects of JavaScriptCore's `yield*` are its own.
      (result.value !== undefined && result.value === ARMED.value)
    ) {
      const future = ARMED.value as Future<unknown>;
      ARMED.value = undefined;
      if (future._loop !== this._loop || future === (this as unknown)) this.#refuse(future);
      else {
        this._waitsFor = future;
        future._listen(this);
        if (this._bits & (MUST_CANCEL | CONFINED)) this.#interruptAtOnce(future);
      }
    } else if (result.value === undefined) this._loop.enqueue(this, STEP);
    else this.#refuse(result.value);
  }

  /** There is something to throw into the coroutine, or a context to run it in. */
  #resumeSlowly(): IteratorResult<unknown, T> {
    const asyncContext = this._rare?.asyncContext;
    if (asyncContext === undefined) return this.#resume();
    return asyncContext.runInAsyncScope(this.#resume, this);
  }

  #resume(): IteratorResult<unknown, T> {
    const bits = this._bits;
    const coro = this._coro as Driven<T>;
    const waitedFor = this._waitsFor;
    this._waitsFor = null;
    this._bits = (bits | STARTED) & ~(MUST_CANCEL | MUST_THROW | WATCHED);
    if (bits & WATCHED && waitedFor !== null) this.#noteThrown(waitedFor);
    if (bits & (MUST_CANCEL | MUST_THROW)) {
      return throwInto(coro, this.#errorToThrow(bits, waitedFor));
    }
    // It has given way in a cancelled scope. (What was waited for has its own error, or its value.)
    if (bits & CONFINED && bits & STARTED && waitedFor === null) {
      const rare = this._rare as Rarities;
      rare.scope?._noteInterruption();
      return throwInto(coro, newCancelledError(rare.scope?._message));
    }
    return coro.next(bits & STARTED ? RESUME : undefined);
  }

  #errorToThrow(bits: number, waitedFor: Future<unknown> | null): unknown {
    const rare = this._rare as Rarities;
    let error: unknown;
    if (bits & MUST_THROW) {
      error = rare.error;
      rare.error = undefined;
    } else if (waitedFor?.done() === true) {
      try {
        waitedFor.result();
      } catch (outcome) {
        error = outcome;
      }
    }
    if (bits & MUST_CANCEL) {
      rare.thrown = true;
      if (!isCancelled(error)) return newCancelledError(rare.cancelMessage);
    }
    return error;
  }

  /** The coroutine has begun to wait, and a cancellation is there already. */
  #interruptAtOnce(future: Future<unknown>): void {
    if ((this._bits & MUST_CANCEL) === 0) this._interruptByScope();
    else if (future.cancel(this._rare?.cancelMessage)) this._bits &= ~MUST_CANCEL;
  }

  #noteThrown(waitedFor: Future<unknown>): void {
    const thrown = waitedFor.cancelled() || (waitedFor._failed() && isCancelled(waitedFor._slot));
    if (thrown) (this._rare as Rarities).thrown = true;
  }

  #return(value: T): void {
    this.#leave();
    if (this._rare !== null && this._loop.getDebug()) this.#reportSwallowed();
    if (this._bits & MUST_CANCEL) {
      this._bits &= ~MUST_CANCEL;
      this._settle(CANCELLED, this._rare?.cancelMessage);
    } else this._settle(RETURNED, value);
  }

  /** Debug mode: a task that was cancelled has returned as if nothing had been. */
  #reportSwallowed(): void {
    if (this.cancelling() === 0 || this._rare?.thrown !== true) return;
    this._loop.callExceptionHandler({
      message:
        `${this.getName()} was cancelled, but returned: a catch or finally in it has swallowed the ` +
        "CancelledError. Let it through: rethrowIfCancelled(error) at the beginning of the catch",
      task: this,
      ...this._creation(),
    });
  }

  #fail(error: unknown): void {
    this.#leave();
    if (isCancelled(error)) this._settle(CANCELLED, error);
    else {
      this._raise(error, this._rare?.creationStack);
    }
  }

  /** The coroutine is over. */
  #leave(): void {
    this._waitsFor = null;
    this._coro = null;
    if (this._rare !== null) this.#leaveRarities(this._rare);
    (this.owner ?? this._loop.orphans).tasks.remove(this as Task<unknown>);
  }

  /** What others keep of it, or it keeps of others, while it lives. */
  #leaveRarities(rare: Rarities): void {
    rare.scope?._dismiss(this as Task<unknown>);
    rare.asyncContext = undefined;
    this._bits &= ~(CONFINED | CAPTURED);
  }

  /** Something was yielded that cannot be waited for: throw into the coroutine, at that line. */
  #refuse(yielded: unknown): void {
    const rare = this.#rarities();
    if (yielded === (this as unknown)) {
      rare.error = new RuntimeError(`Task cannot await on itself: ${this}`);
    } else if (isFuture(yielded) && yielded._loop !== this._loop) {
      rare.error = new RuntimeError(
        `${this} got ${yielded}, which is attached to a different loop. ` +
          "A future can be awaited on its own loop only",
      );
    } else rare.error = new TypeError(badYield(yielded, this as Task<unknown>));
    this._bits |= MUST_THROW;
    this._loop.enqueue(this, STEP);
  }

  #rarities(): Rarities {
    this._rare ??= {
      cancelling: 0,
      cancelMessage: undefined,
      error: undefined,
      controller: undefined,
      creationStack: undefined,
      thrown: false,
      asyncContext: undefined,
      scope: null,
      held: 0,
    };
    return this._rare;
  }

  // ---- cancellation

  /**
   * Ask the task to end: a CancelledError with this message is thrown into the coroutine where it
   * waits. Its `finally` blocks run and may wait; a coroutine that catches the error goes on.
   * Returns false, and does nothing, if the task is done. Each call counts in `cancelling()`.
   * Counterpart: `asyncio.Task.cancel`.
   */
  override cancel(message?: string): boolean {
    if ((this._bits & STATE) !== PENDING) {
      if (this._bits & UNSEEN) this._markSeen();
      return false;
    }
    const rare = this.#rarities();
    rare.cancelling++;
    if (this.#interrupt(message)) return true;
    rare.cancelling--;
    return false;
  }

  /**
   * Let a cancellation arrive where the coroutine waits, or at its next step. False if it came back
   * here from a ring of tasks that wait for each other: then it is dealt with where it began.
   */
  #interrupt(message: string | undefined): boolean {
    const rare = this.#rarities();
    if (rare.controller !== undefined && !rare.controller.signal.aborted) {
      rare.controller.abort(newCancelledError(message));
    }
    const waitsFor = this._waitsFor;
    if (waitsFor !== null) {
      if (this._bits & PASSING_ON) {
        ring = this as Task<unknown>;
        return false;
      }
      this._bits |= PASSING_ON;
      const passedOn = waitsFor.cancel(message);
      this._bits &= ~PASSING_ON;
      if (ring === (this as unknown)) {
        ring = null;
        this.#stopWaiting(waitsFor);
      } else if (passedOn) {
        if (this._loop.getDebug()) this._bits |= WATCHED;
        return true;
      } else if (ring !== null && !waitsFor.done()) return false;
    }
    this._bits |= MUST_CANCEL;
    rare.cancelMessage = message;
    return true;
  }

  /** What this task waits for waits for this task: it must be cancelled by itself. */
  #stopWaiting(waitsFor: Future<unknown>): void {
    if (waitsFor._unlisten((listener) => listener === this) === 0) return;
    this._waitsFor = null;
    this._loop.enqueue(this, STEP);
  }

  /** How many requests of cancellation were made and not taken back. */
  cancelling(): number {
    return this._rare?.cancelling ?? 0;
  }

  /**
   * Take back one request of cancellation; returns how many are left. At zero a cancellation that
   * was not thrown yet is dropped. For those who cancelled a task to stop a part of it.
   */
  uncancel(): number {
    const rare = this._rare;
    if (rare === null || rare.cancelling === 0) return 0;
    rare.cancelling--;
    if (rare.cancelling > 0) return rare.cancelling;
    this._bits &= ~MUST_CANCEL;
    // Who asks for the signal now is not cancelled: it must not get the aborted one.
    if (rare.controller?.signal.aborted === true) rare.controller = undefined;
    return 0;
  }

  /** An AbortSignal that is aborted, with a CancelledError as its reason, when this task is cancelled. */
  get signal(): AbortSignal {
    const rare = this.#rarities();
    if (rare.controller === undefined) {
      rare.controller = new AbortController();
      if (rare.cancelling > 0 || this.cancelled() || rare.scope?._cancelled === true) {
        rare.controller.abort(newCancelledError(rare.cancelMessage));
      }
    }
    return rare.controller.signal;
  }

  // ---- cancel scopes (cancel-scope.ts)

  /** @internal The innermost scope that the task is in. */
  get _scope(): Confinement | null {
    return this._rare?.scope ?? null;
  }

  /** @internal The task goes into a scope, or out of it into the one around. */
  _moveTo(scope: Confinement | null): void {
    const rare = this.#rarities();
    rare.scope = scope;
    this._lookAtScope();
    // Out of a cancelled scope, who asks for the signal must not get the aborted one.
    const cancelled = rare.cancelling > 0 || scope?._cancelled === true;
    if (!cancelled && rare.controller?.signal.aborted === true) rare.controller = undefined;
  }

  /** @internal The state of its scopes may have changed. */
  _lookAtScope(): void {
    const rare = this._rare as Rarities;
    const confined = rare.held === 0 && rare.scope?._cancelled === true;
    if (!confined) this._bits &= ~CONFINED;
    else if ((this._bits & CONFINED) === 0) {
      this._bits |= CONFINED;
      this._interruptByScope();
    }
  }

  /** @internal Interrupt the wait, if there is one. A value that has come already is not lost. */
  _interruptByScope(): void {
    if (this._waitsFor === null || this._waitsFor.done()) return;
    const rare = this._rare as Rarities;
    rare.scope?._noteInterruption();
    this.#interrupt(rare.scope?._message);
  }

  /**
   * @internal A clean-up wait of heddle's own begins (or ends): cancelled scopes do not interrupt it,
   * or it would turn for ever. `cancel` does.
   */
  _hold(begins: boolean): void {
    this.#rarities().held += begins ? 1 : -1;
    this._lookAtScope();
  }

  /** @internal */
  override _requestMessage(): string | undefined {
    return this._rare?.cancelMessage;
  }

  // ---- looking

  getName(): string {
    const name = this._about;
    return typeof name === "number" ? `Task-${name}` : (name as string);
  }

  setName(name: string): void {
    this._about = String(name);
  }

  /** The coroutine that this task runs; null when the task is done. */
  getCoro(): Awaitable<T> | null {
    return this._coro as unknown as Awaitable<T> | null;
  }

  /** The context that the task runs in. */
  getContext(): Context {
    if (!(this.context instanceof Context)) this.context = contextOf(this.context);
    return this.context;
  }

  /**
   * Where the coroutine stands: its frames, the oldest first. Of one that waits, in debug mode all of them;
   * otherwise its outermost function, where the runtime can tell that (Node), or nothing. Of one that runs,
   * the native stack. Of one that has failed, the stack of its error. Of one that has ended otherwise, nothing.
   *
   * Throws TypeError for a `limit` that is no number, RuntimeError in a bundle that has left introspection
   * out. Never suspends. Counterpart: `asyncio.Task.get_stack`.
   */
  getStack(options: StackOptions = {}): CodePlace[] {
    return introspector().getStack(this as Task<unknown>, options.limit);
  }

  /**
   * Write what `getStack` gives, and what the task waits for, to stderr, or to `file`.
   * Counterpart: `asyncio.Task.print_stack`.
   */
  printStack(options: PrintStackOptions = {}): void {
    introspector().printStack(this as Task<unknown>, options);
  }

  /** A task's outcome comes from its coroutine: throws RuntimeError. */
  override setResult(_result: T): never {
    throw new RuntimeError(
      "Task does not support setResult(): its result is what its coroutine returns",
    );
  }

  /** A task's outcome comes from its coroutine: throws RuntimeError. */
  override setException(_error: unknown): never {
    throw new RuntimeError(
      "Task does not support setException(): its error is what its coroutine throws",
    );
  }

  override toString(): string {
    const state = ["pending", "returned", "raised", "cancelled"][this._bits & STATE];
    return `<Task "${this.getName()}" ${state}>`;
  }

  /** @internal It has an async context of the program's. */
  get _captured(): boolean {
    return (this._bits & CAPTURED) !== 0;
  }

  /** @internal Run each step in this async context of the program's. */
  _capture(asyncContext: CapturedContext): void {
    this._bits |= CAPTURED;
    this.#rarities().asyncContext = asyncContext;
  }

  /** @internal Debug mode: where the task was made. */
  _rememberCreation(stack: string): void {
    this.#rarities().creationStack = stack;
  }

  /** @internal The same, as an exception handler is told it. */
  _creation(): { creationStack?: string } {
    const creationStack = this._rare?.creationStack;
    return creationStack === undefined ? {} : { creationStack };
  }
}

/*
 * Hidden classes and the garbage collector.
 *
 * The engine holds the hidden class of tasks weakly: in a program that has none at the moment of a full
 * collection (an idle server), it would die, and with it all optimised code of the loop. One task lives
 * for ever. And each `function*` has a hidden class of its own, which dies with a closure that was run
 * once; code that was optimised for a few of them would be thrown away each time. So the places that
 * look at a coroutine are shown too many from the start, and settle for the general look-up.
 */
const manyKinds = [
  function* () {},
  function* () {},
  function* () {},
  function* () {},
  function* () {},
];

/** The engine takes notes only of functions that were called some dozen times: about 50 µs in all. */
const ENOUGH = 60;

function makeImmortal(): Task<void> {
  let task: Task<void> | undefined;
  for (let i = 0; i < ENOUGH; i++) {
    for (const kind of manyKinds) {
      const coro = kind() as Coroutine<void>;
      if (!isAwaitable(coro)) throw coro;
      task = new Task<void>(coro, null as unknown as EventLoop, null, NO_VARIABLES, "immortal");
    }
  }
  return task as Task<void>;
}

export const immortalTask: unknown = makeImmortal();

function throwInto<T>(coro: Driven<T>, error: unknown): IteratorResult<unknown, T> {
  if (coro.throw === undefined) throw error;
  return coro.throw(error);
}

function badYield(yielded: unknown, task: Task<unknown>): string {
  const what = describeYielded(yielded);
  return `a coroutine of "${task.getName()}" yielded ${what} to its task. Use "yield*" to await: yield* …`;
}

function describeYielded(value: unknown): string {
  if (typeof value === "function") return `the function ${value.name || "(anonymous)"}`;
  if (typeof value !== "object" || value === null) return String(value);
  const named = "throw" in value && value.toString !== Object.prototype.toString;
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (Symbol.iterator in value) return `${named ? value : `a ${kind}`} without the star`;
  if ("then" in value) return `a ${kind} (await promises with: yield* fromPromise(promise))`;
  return `a ${kind}`;
}

/** The task whose code is running; null in callbacks and outside. Counterpart: `asyncio.current_task`. */
export function currentTask(): Task<unknown> | null {
  const task = currentFrame().frameTask as Task<unknown> | null;
  // An async function may go on after its task is done.
  return task === null || task.done() ? null : task;
}
