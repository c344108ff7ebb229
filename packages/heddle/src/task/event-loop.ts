/*
 * EventLoop: the scheduler (loop/scheduler.ts) joined with futures and tasks.
 *
 * asyncio's loop as its users know it. `runForever` and `runUntilComplete` return promises: the
 * thread belongs to the embedding program too, and JavaScript cannot block it.
 */
import { type Context, snapshot, variablesOf } from "../context/context.ts";
import { currentFrame } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import type { Awaitable } from "../coroutine/types.ts";
import type { Host } from "../loop/host.ts";
import { nativeHost } from "../loop/hosts/native.ts";
import { CLOSED, type LoopRunner, runningScheduler, Scheduler } from "../loop/scheduler.ts";
import { type AwaitableOrPromise, asAwaitable, type Runnable } from "./as-coroutine.ts";
import { getEventLoop, setDefaultLoopFactory } from "./current-loop.ts";
import { describeDeadlock } from "./deadlock.ts";
import { captureCancellationStacks, DeadlockError } from "./errors.ts";
import { Future, isFuture } from "./future.ts";
import { introspection } from "./introspector.ts";
import { reportLostErrorsOf } from "./lost-errors.ts";
import { currentOwner, Owner } from "./owner.ts";
import { Task } from "./task.ts";

export interface TaskOptions {
  /** Shown in reports; "Task-N" if not given. */
  name?: string;
  /** The context to run in; a copy of the running one if not given. */
  context?: Context;
  /** Run to the first suspension at once, instead of in the next iteration. */
  eagerStart?: boolean;
}

export type TaskFactory = <T>(loop: EventLoop, coro: Awaitable<T>, options: TaskOptions) => Task<T>;

/**
 * An event loop. Counterpart: `asyncio.EventLoop`.
 *
 * Programs use the thread's default loop through `run`; a loop of one's own is for tests and
 * embedders. It turns only while `run(…, { loop })`, `runForever` or `runUntilComplete` is in
 * progress.
 *
 * @example
 * const loop = new EventLoop();
 * const answer = await loop.runUntilComplete(sleep(10, 42));
 * loop.close();
 */
export class EventLoop extends Scheduler {
  /** @internal What belongs to no run. */
  readonly orphans = new Owner(this);
  /** @internal The runs in progress. */
  readonly owners = new Set<Owner>();
  #taskFactory: TaskFactory | null = null;
  #endForever: (() => void) | null = null;

  /** `host` is how the loop meets the world; the runtime's own if not given. */
  constructor(options: { host?: Host } = {}) {
    super(options.host ?? nativeHost(), makingDefault);
    if (this.getDebug()) this.#debugIs(true);
  }

  createFuture<T>(): Future<T> {
    return new Future<T>({ loop: this });
  }

  /**
   * Run a coroutine as a task of this loop; see the function `createTask`.
   * Counterpart: `loop.create_task`.
   */
  createTask<T>(coro: Runnable<T> | PromiseLike<T>, options?: TaskOptions): Task<T> {
    const awaitable = asAwaitable<T>(coro, "createTask");
    if (options === undefined && this.#taskFactory === null && !this.getDebug()) {
      // The usual case, short enough for the engine to inline.
      const frame = currentFrame();
      let owner = frame.owner as Owner | null;
      if (owner !== null && owner.loop !== this) owner = null;
      const task = new Task<T>(awaitable, this, owner, variablesOf(frame), undefined);
      task._start();
      return task;
    }
    if (this.#taskFactory !== null) return this.#taskFactory(this, awaitable, options ?? {});
    return newTask(this, awaitable, options ?? {});
  }

  /**
   * Set what makes this loop's tasks; null restores the default. `eagerTaskFactory` starts each at
   * once. Counterpart: `loop.set_task_factory`.
   */
  setTaskFactory(factory: TaskFactory | null): void {
    if (factory !== null && typeof factory !== "function") {
      throw new TypeError(`a task factory is a function or null, got ${typeof factory}`);
    }
    this.#taskFactory = factory;
  }

  getTaskFactory(): TaskFactory | null {
    return this.#taskFactory;
  }

  override close(): void {
    super.close();
    reportLostErrorsOf(this);
  }

  override setDebug(enabled: boolean): void {
    super.setDebug(enabled);
    this.#debugIs(enabled);
  }

  #debugIs(enabled: boolean): void {
    captureCancellationStacks(enabled);
    introspection.introspector?.debug(this, enabled);
  }

  /**
   * Turn until `stop()`. The promise resolves when the iteration in which it was called is over.
   * Rejects with RuntimeError if the loop runs already or is closed. Counterpart: `loop.run_forever`.
   */
  async runForever(): Promise<void> {
    await this.#turnUntilStopped();
  }

  #turnUntilStopped(): Promise<void> {
    if (this.#endForever !== null) throw new RuntimeError("This event loop is already running");
    if (this.isClosed()) throw new RuntimeError(CLOSED);
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#endForever = null;
        this.removeRunner(runner);
      };
      const fail = (error: unknown) => {
        end();
        reject(error);
      };
      const runner: LoopRunner = {
        crashed: fail,
        stalled: () => fail(new DeadlockError(describeDeadlock(this.orphans.tasks))),
      };
      this.#endForever = () => {
        end();
        resolve();
      };
      this.addRunner(runner);
    });
  }

  /** @internal */
  protected override stopped(): void {
    this.#endForever?.();
  }

  /**
   * Turn until `what` is done; the promise settles with its outcome. Rejects with RuntimeError if
   * the loop runs already, is closed, or was stopped before. Counterpart: `loop.run_until_complete`.
   */
  async runUntilComplete<T>(what: Runnable<T> | PromiseLike<T>): Promise<T> {
    if (this.#endForever !== null) throw new RuntimeError("This event loop is already running");
    const future = ensureFuture(what, { loop: this });
    const stop = () => this.stop();
    future.addDoneCallback(stop);
    try {
      await this.#turnUntilStopped();
    } finally {
      future.removeDoneCallback(stop);
    }
    if (!future.done()) {
      throw new RuntimeError("Event loop stopped before Future completed: stop() was called early");
    }
    return future.result();
  }
}

function newTask<T>(loop: EventLoop, coro: Awaitable<T>, options: TaskOptions): Task<T> {
  const context = options.context ?? snapshot();
  const task = new Task<T>(coro, loop, currentOwner(loop), context, options.name);
  if (loop.getDebug()) task._rememberCreation(creationStack());
  if (options.eagerStart === true && runningScheduler() === loop) task._startEagerly();
  else task._start();
  return task;
}

function creationStack(): string {
  return (new Error().stack ?? "").split("\n").slice(3).join("\n");
}

/** A task factory that starts each task at once. Counterpart: `asyncio.eager_task_factory`. */
export function eagerTaskFactory<T>(
  loop: EventLoop,
  coro: Awaitable<T>,
  options: TaskOptions,
): Task<T> {
  return newTask(loop, coro, { eagerStart: true, ...options });
}

/**
 * The future itself, or a task for anything else that can be awaited. Throws RangeError for a future
 * of another loop than `loop`. Counterpart: `asyncio.ensure_future`.
 */
export function ensureFuture<T>(
  what: Runnable<T> | AwaitableOrPromise<T>,
  options: { loop?: EventLoop } = {},
): Future<T> {
  if (isFuture(what)) {
    if (options.loop !== undefined && what._loop !== options.loop) {
      throw new RangeError("The future belongs to a different loop than the one given as `loop`");
    }
    return what as Future<T>;
  }
  const loop = options.loop ?? getEventLoop();
  return loop.createTask(what as Runnable<T>);
}

let makingDefault = false;

setDefaultLoopFactory(() => {
  makingDefault = true;
  try {
    return new EventLoop();
  } finally {
    makingDefault = false;
  }
});
