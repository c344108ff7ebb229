/*
 * Handles: callbacks that the loop will call, and that can be cancelled before.
 *
 * A handle is the frame that its callback runs in: it carries the context that was current when it
 * was made (or the one given) and the run that owns it. A callback of a run that has ended is not
 * called any more, as with asyncio's closed loop.
 */
import { Context, type Variables } from "../context/context.ts";
import { enter, type Frame, leave } from "../context/current.ts";
import type { CapturedContext } from "./host.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Timer } from "./timer-heap.ts";

export type Callback = (...args: never[]) => unknown;

/** What a run tells its handles. */
export interface HandleOwner {
  /** The loop that it runs on. */
  readonly loop: object;
  /** The run is over: its callbacks are not called any more. */
  readonly ended: boolean;
  /** How many of its timers are in the heap. */
  timers: number;
}

/** A callback scheduled with `callSoon`. Counterpart: `asyncio.Handle`. */
export class Handle implements Frame {
  context: Context | Variables;
  readonly owner: HandleOwner | null;
  /** @internal */
  readonly _loop: Scheduler;
  /** @internal */
  _callback: Callback | null;
  /** @internal */
  _args: readonly unknown[];
  /** @internal The program's async context, if it uses one. */
  _asyncContext: CapturedContext | null;

  /** @internal */
  constructor(
    loop: Scheduler,
    owner: HandleOwner | null,
    context: Context | Variables,
    callback: Callback,
    args: readonly unknown[],
  ) {
    this._loop = loop;
    this.owner = owner;
    this.context = context;
    this._callback = callback;
    this._args = args;
    const { asyncContext } = loop;
    this._asyncContext = asyncContext?.inUse === true ? asyncContext.capture() : null;
  }

  get frameTask(): null {
    return null;
  }

  /** Do not call the callback. Nothing happens if it was called or cancelled before. */
  cancel(): void {
    this._callback = null;
    this._args = [];
    this._asyncContext = null;
  }

  cancelled(): boolean {
    return this._callback === null;
  }

  /** The context that the callback runs in. */
  getContext(): Context {
    if (this.context instanceof Context) return this.context;
    const context = new Context();
    context._variables = this.context;
    this.context = context;
    return context;
  }

  /** For reports: `<Handle rebuildIndex()>`. */
  toString(): string {
    const what = this._callback === null ? "cancelled" : `${nameOf(this._callback)}()`;
    return `<${this.constructor.name} ${what}>`;
  }

  /** @internal */
  run(): void {
    const callback = this._callback;
    if (callback === null || this.owner?.ended === true) return;
    try {
      enter(this);
      const fn = callback as (...args: readonly unknown[]) => unknown;
      if (this._asyncContext === null) fn(...this._args);
      else this._asyncContext.runInAsyncScope(fn, undefined, ...this._args);
    } catch (error) {
      this._loop.callExceptionHandler({
        message: `Exception in callback ${nameOf(callback)}()`,
        exception: error,
        handle: this,
      });
    } finally {
      leave();
    }
  }
}

function nameOf(callback: Callback): string {
  return callback.name || "(anonymous)";
}

/** A callback scheduled with `callLater` or `callAt`. Counterpart: `asyncio.TimerHandle`. */
export class TimerHandle extends Handle implements Timer {
  readonly _when: number;
  _inHeap = true;

  /** @internal */
  constructor(
    loop: Scheduler,
    owner: HandleOwner | null,
    context: Context | Variables,
    callback: Callback,
    args: readonly unknown[],
    when: number,
  ) {
    super(loop, owner, context, callback, args);
    this._when = when;
    if (owner !== null) owner.timers++;
  }

  /** When the callback is due, in milliseconds of `loop.time()`. */
  when(): number {
    return this._when;
  }

  override cancel(): void {
    if (this._callback === null) return;
    super.cancel();
    if (!this._inHeap) return;
    if (this.owner !== null) this.owner.timers--;
    const { timers } = this._loop;
    timers.noteDead();
    // The host's timer must not hold the process for none.
    if (timers.alive === 0) this._loop.look();
  }

  /** @internal */
  isDead(): boolean {
    return this._callback === null;
  }

  /** @internal */
  left(): void {
    this._inHeap = false;
    if (this.owner !== null && this._callback !== null) this.owner.timers--;
  }
}
