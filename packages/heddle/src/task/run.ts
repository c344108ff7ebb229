/*
 * run: a root task, and everything that belongs to it.
 *
 * Any number of runs may be in progress on the thread's default loop, one for each request of a
 * server, say. A run owns its tasks, timers, transports, servers and processes (owner.ts). When main
 * has ended, what it left behind is cancelled, closed and awaited, as `asyncio.run` does, and only
 * then the promise settles. A run that leaves nothing behind, the usual case, takes no such detour.
 */
import { type Context, snapshot } from "../context/context.ts";
import { currentFrame, within } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import type { Awaitable } from "../coroutine/types.ts";
import type { LoopRunner } from "../loop/scheduler.ts";
import { asAwaitable, type Runnable } from "./as-coroutine.ts";
import { getEventLoop } from "./current-loop.ts";
import { describeDeadlock } from "./deadlock.ts";
import { type CancelledError, DeadlockError, isCancelled } from "./errors.ts";
import type { EventLoop } from "./event-loop.ts";
import type { Listener } from "./future.ts";
import { reportLostErrors } from "./lost-errors.ts";
import { Owner } from "./owner.ts";
import { shutDown } from "./shut-down.ts";
import type { Task } from "./task.ts";

export interface RunOptions {
  /** Debug mode for this run's loop while it is in progress; also by HEDDLE_DEBUG=1. */
  debug?: boolean;
  /** Cancels main when it is aborted. */
  signal?: AbortSignal;
  /** The loop to run on; the thread's default one if not given. */
  loop?: EventLoop;
  /**
   * SIGINT cancels main; the second one ends the process. Under `heddle run` the default is true. A program that
   * listens to SIGINT by `addSignalHandler` or `signals` has it for itself.
   */
  handleSigint?: boolean;
  /**
   * Follow async functions through their own awaits, so that `currentTask()`, context variables and the
   * run that they belong to are known there too. Costs what AsyncLocalStorage costs on this platform,
   * for every promise of the program. On loops of one's own (virtual time) it is always so.
   */
  followAsync?: boolean;
  /** The name of the main task. */
  name?: string;
  /** The context to run main in; a copy of the running one if not given. */
  context?: Context;
}

/** Set by `heddle run`: its one SIGINT listener serves the runs of every copy of heddle. */
const onSigint = Symbol.for("heddle.onSigint");
type WatchRun = (cancel: () => void) => () => void;

/** Exit status of a process that was ended by SIGINT. */
const SIGINT_STATUS = 130;

/**
 * Run a program: `main` becomes a task, and the promise settles with its outcome after everything
 * that it started has ended. Rejects with what main throws; with a CancelledError if main was
 * cancelled (by `signal`, whose reason is its `cause`; by SIGINT); with a DeadlockError if nothing can ever wake it again.
 *
 * `main` is a coroutine, a coroutine function, or an async function (it gets an AbortSignal); for
 * anything else the promise rejects with a TypeError. Counterparts: `asyncio.run`, `trio.run`.
 *
 * @example
 * const total = await run(function* () {
 *   const [a, b] = yield* gather([sleep(20, 1), sleep(10, 2)]);
 *   return a + b;
 * });
 */
export function run<T>(main: Runnable<T>, options: RunOptions = {}): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const loop = options.loop ?? getEventLoop();
    const owner = new Owner(loop);
    owner.follows = options.followAsync === true;
    checkSignal(options.signal);
    if (loop.isClosed()) throw new RuntimeError("run(): its loop is closed");
    const frame = { context: snapshot(), owner, frameTask: null };
    const task = within(frame, () => makeMain(loop, asAwaitable<T>(main, "run"), options));
    new Run<T>(owner, task, options.signal, resolve, reject).begin(options);
  });
}

/** Hears that main is done. One lives for ever, for the sake of its hidden class (see task.ts). */
class MainIsDone implements Listener {
  readonly #run: Run<unknown> | null;

  constructor(run: Run<unknown> | null) {
    this.#run = run;
  }

  wake(): void {
    this.#run?.loop.enqueue(this, undefined);
  }

  run(): void {
    this.#run?.mainIsDone();
  }
}

export const immortalListener: Listener = new MainIsDone(null);

class Run<T> implements LoopRunner {
  readonly owner: Owner;
  readonly loop: EventLoop;
  readonly main: Task<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  #undo: (() => unknown)[] | null = null;
  readonly #signal: AbortSignal | undefined;
  #deadlock: DeadlockError | undefined;

  constructor(
    owner: Owner,
    main: Task<T>,
    signal: AbortSignal | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.owner = owner;
    this.loop = owner.loop as EventLoop;
    this.main = main;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(options: RunOptions): void {
    this.main._listen(new MainIsDone(this as Run<unknown>));
    // A run within a run: somebody there may wait for its promise, and it waits for this loop.
    const { frameTask } = currentFrame();
    const { traffic } = this.loop;
    if (frameTask !== null && traffic !== null) {
      traffic.inward.add(frameTask);
      this.#later(() => traffic.inward.remove(frameTask));
    }
    this.loop.addRunner(this);
    if (options.debug !== undefined) this.#debug(options.debug);
    if (options.signal !== undefined) this.#obey(options.signal);
    const watch = (globalThis as { [onSigint]?: WatchRun })[onSigint];
    if (watch !== undefined && options.handleSigint !== false) {
      this.#later(watch(() => this.main.cancel("SIGINT")));
    } else if (options.handleSigint === true) this.#handleSigint();
  }

  #later(undo: () => unknown): void {
    this.#undo ??= [];
    this.#undo.push(undo);
  }

  #debug(enabled: boolean): void {
    this.#later(this.loop.wishDebug(enabled));
  }

  #obey(signal: AbortSignal): void {
    const cancel = () => this.main.cancel(messageOf(signal.reason));
    if (signal.aborted) {
      cancel();
      return;
    }
    signal.addEventListener("abort", cancel, { once: true });
    this.#later(() => signal.removeEventListener("abort", cancel));
  }

  #handleSigint(): void {
    const { host } = this.loop;
    let interrupted = false;
    const interrupt = () => {
      if (interrupted) host.exit?.(SIGINT_STATUS);
      interrupted = true;
      this.main.cancel("SIGINT");
    };
    // A program that listens to SIGINT itself knows what it is to do.
    const forget = host.onSignal?.("SIGINT", interrupt, { yields: true });
    if (forget !== undefined) this.#later(forget);
  }

  mainIsDone(): void {
    if (this.owner.isBare) {
      this.#end();
      return;
    }
    // The clean-up belongs to nobody, or it would cancel itself.
    const frame = { context: snapshot(), owner: null, frameTask: null };
    const cleanup = within(frame, () => this.loop.createTask(shutDown(this.owner, this.loop)));
    cleanup.setName("clean-up after run()");
    cleanup.addDoneCallback(() => this.#end());
  }

  #end(): void {
    const { main } = this;
    this.#endTimers();
    this.#leave();
    try {
      const value = main.result();
      this.#report();
      // A catch of main's may have swallowed the cancellation: the run could not end by itself all the same.
      if (this.#deadlock !== undefined) this.#reject(this.#deadlock);
      else this.#resolve(value);
    } catch (error) {
      this.#report();
      this.#reject(isCancelled(error) ? this.#cancelledBy(error) : error);
    }
  }

  /** Main was cancelled: by a deadlock, by the signal (whose reason is the cause), or otherwise. */
  #cancelledBy(error: CancelledError): unknown {
    if (this.#deadlock !== undefined) return this.#deadlock;
    if (this.#signal?.aborted === true && error.cause === undefined)
      error.cause = this.#signal.reason;
    return error;
  }

  #report(): void {
    const { abandoned, lostErrors } = this.owner;
    if (lostErrors !== null) reportLostErrors(lostErrors);
    if (abandoned === null) return;
    // Those that obey their signal have a turn to settle.
    this.loop.host.wakeAfterOthers(() => {
      if (abandoned.size === 0) return;
      this.loop.callExceptionHandler({
        message:
          `${abandoned.size} promise(s) that a cancelled or timed-out task had waited for have not ` +
          "settled when the run ended: their async functions do not look at the signal",
      });
    });
  }

  #leave(): void {
    this.loop.removeRunner(this);
    if (this.#undo !== null) for (const undo of this.#undo) undo();
  }

  /** What the run has scheduled is not called any more. */
  #endTimers(): void {
    const { loop, owner } = this;
    owner.ended = true;
    if (owner.timers === 0) return;
    for (const timer of [...loop.timers]) {
      const handle = timer as { owner?: unknown; cancel?: () => void };
      if (handle.owner === owner) handle.cancel?.();
    }
  }

  crashed(error: unknown): void {
    this.#endTimers();
    this.#leave();
    this.#reject(error);
  }

  /** Nothing can wake this run: say who waits for what, and let its tasks clean up. */
  stalled(): void {
    if (this.#deadlock !== undefined) {
      this.crashed(this.#deadlock);
      return;
    }
    this.#deadlock = new DeadlockError(describeDeadlock(this.owner.tasks));
    if (this.main.cancel("deadlock") && !this.loop.ready.isEmpty) return;
    this.crashed(this.#deadlock);
  }
}

/** The usual case in the quick way. */
function makeMain<T>(loop: EventLoop, main: Awaitable<T>, options: RunOptions): Task<T> {
  const { name, context } = options;
  if (name === undefined && context === undefined && !loop.getDebug()) return loop.createTask(main);
  return loop._makeTask(main, {
    ...(name === undefined ? {} : { name }),
    ...(context === undefined ? {} : { context }),
  });
}

function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new TypeError(`run(): signal must be an AbortSignal, got ${typeof signal}`);
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** For the sake of their hidden classes, as in task.ts: an idle server has no run at a full collection. */
const immortalOwner = new Owner(null as never);
export const immortalRun: unknown = new Run(
  immortalOwner,
  null as never,
  undefined,
  () => {},
  () => {},
);
