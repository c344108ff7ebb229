/*
 * EventLoop: the scheduler (loop/scheduler.ts) joined with futures and tasks.
 *
 * asyncio's loop as its users know it. `runForever` and `runUntilComplete` return promises: the
 * thread belongs to the embedding program too, and JavaScript cannot block it.
 */
import { type Context, snapshot, variablesOf } from "../context/context.ts";
import { currentFrame } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import { isCoroutine } from "../coroutine/is-awaitable.ts";
import type { Awaitable, Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import type { AsyncContext, Host } from "../loop/host.ts";
import { nativeHost } from "../loop/hosts/native.ts";
import { CLOSED, type LoopRunner, runningScheduler, Scheduler } from "../loop/scheduler.ts";
import { type AwaitableOrPromise, asAwaitable, type Runnable } from "./as-coroutine.ts";
import { getEventLoop, setDefaultLoopFactory } from "./current-loop.ts";
import { describeDeadlock } from "./deadlock.ts";
import { captureCancellationStacks, DeadlockError, rethrowIfCancelled } from "./errors.ts";
import type { Executor, ResultOf } from "./executor.ts";
import { Future, isFuture } from "./future.ts";
import { introspection } from "./introspector.ts";
import { reportLostErrorsOf } from "./lost-errors.ts";
import { currentOwner, Owner, type Resource } from "./owner.ts";
import { type Confinement, Task } from "./task.ts";
import { thenable } from "./thenable.ts";

export interface TaskOptions {
  /** Shown in reports; "Task-N" if not given. */
  name?: string;
  /** The context to run in; a copy of the running one if not given. */
  context?: Context;
  /** Run to the first suspension at once, instead of in the next iteration. */
  eagerStart?: boolean;
  /** @internal The cancel scope that it begins in. */
  _scope?: Confinement;
}

interface SignalHandler extends Resource {
  readonly owner: Owner | null;
  forget(): unknown;
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
  /** @internal Async generators in progress (interop/). */
  readonly asyncGenerators = new Set<{ aclose(): Awaitable<unknown> }>();
  readonly #signals = new Map<string, SignalHandler>();
  #executor: Executor | null = null;
  #taskFactory: TaskFactory | null = null;
  #debugging = false;
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
    if (
      options === undefined &&
      this.#taskFactory === null &&
      !this.getDebug() &&
      this.asyncContext?.inUse !== true
    ) {
      // The usual case, short enough for the engine to inline.
      const frame = currentFrame();
      let owner = frame.owner as Owner | null;
      if (owner !== null && owner.loop !== this) owner = null;
      const task = new Task<T>(awaitable, this, owner, variablesOf(frame), undefined);
      task._start();
      return task;
    }
    if (this.getDebug()) this.checkCaller("createTask");
    return this._makeTask(awaitable, options ?? {});
  }

  /** @internal The same for runs, which may be begun from a callback of another loop. */
  _makeTask<T>(awaitable: Awaitable<T>, options: TaskOptions): Task<T> {
    if (this.#taskFactory !== null) return this.#taskFactory(this, awaitable, options);
    return newTask(this, awaitable, options);
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

  /**
   * Forget everything that is scheduled; no call is accepted afterwards. Tasks that are still pending are
   * told to the exception handler. Throws RuntimeError while the loop runs. Closing twice does nothing.
   * Counterpart: `loop.close`.
   */
  override close(): void {
    if (this.isClosed()) return;
    super.close();
    this.#debugIs(false);
    for (const signal of this.#signals.keys()) this.removeSignalHandler(signal);
    for (const task of allTasksOf(this)) {
      this.callExceptionHandler({
        message: "Task was destroyed but it is pending!",
        task,
        ...task._creation(),
      });
    }
    reportLostErrorsOf(this);
  }

  /**
   * Run `fn(...args)` by an executor, or by the default one (null): what `setDefaultExecutor` has set, else
   * a pool of threads if "heddle/node" is imported. The future gives the result; cancelling it cancels the
   * work as far as the executor can. Throws RuntimeError if there is no default executor. Counterpart: `loop.run_in_executor`.
   */
  runInExecutor<A extends unknown[], T>(
    executor: Executor | null,
    fn: (...args: A) => T,
    ...args: A
  ): Future<ResultOf<T>> {
    const chosen = executor ?? this._defaultExecutor();
    if (this.isClosed()) throw new RuntimeError(CLOSED);
    if (typeof chosen.submit !== "function") throw new TypeError(NO_EXECUTOR);
    if (typeof fn !== "function") {
      throw new TypeError(`runInExecutor() needs a function to run, got ${typeof fn}`);
    }
    return ensureFuture(chosen.submit(fn, ...args), { loop: this }) as Future<ResultOf<T>>;
  }

  /** @internal The executor that was set, else the platform's. */
  _defaultExecutor(): Executor {
    const chosen = this.#executor ?? platformExecutor?.();
    if (chosen !== undefined) return chosen;
    throw new RuntimeError('there is no default executor: set one, or import "heddle/node"');
  }

  /** Set what `runInExecutor(null, …)` uses. Counterpart: `loop.set_default_executor`. */
  setDefaultExecutor(executor: Executor): void {
    if (typeof executor?.submit !== "function" || typeof executor.shutdown !== "function") {
      throw new TypeError(NO_EXECUTOR);
    }
    this.#executor = executor;
  }

  /** @internal It ends with the run that made it: later runs have the platform's again. */
  _forgetExecutor(executor: Executor): void {
    if (this.#executor === executor) this.#executor = null;
  }

  /**
   * End the default executor and wait until its work is done. Suspends if there is one. Counterpart:
   * `loop.shutdown_default_executor`.
   */
  shutdownDefaultExecutor(): ThenableCoroutine<void> {
    const executor = this.#executor;
    this.#executor = null;
    return endExecutor(executor);
  }

  /**
   * Close the async generators that are in progress on this loop (`asyncGenerator`): their `finally`
   * blocks run. Suspends if there are any. Counterpart: `loop.shutdown_asyncgens`.
   */
  shutdownAsyncGenerators(): ThenableCoroutine<void> {
    return closeGenerators(this);
  }

  /**
   * Call `fn(...args)` in the loop each time the process gets this signal, instead of what the signal does
   * otherwise; replaces the handler that was there. It lasts as long as the running run, and keeps the
   * process alive meanwhile. Throws RangeError for a signal that there is not,
   * RuntimeError for one that cannot be caught, and where there are no signals (browsers). Counterpart:
   * `loop.add_signal_handler`.
   */
  addSignalHandler<A extends unknown[]>(
    signal: string,
    fn: (...args: A) => unknown,
    ...args: A
  ): void {
    if (typeof fn !== "function") {
      throw new TypeError(`addSignalHandler() needs a function to call, got ${typeof fn}`);
    }
    if (this.isClosed()) throw new RuntimeError(CLOSED);
    const handle = this.handleFor(fn, args);
    const listen = () => this.enqueue(handle, undefined);
    const forget = this.host.onSignal?.(signal, listen, { holds: true });
    if (forget === undefined) throw new RuntimeError("there are no signals on this platform");
    this.removeSignalHandler(signal);
    const owner = currentOwner(this);
    const handler = {
      forget,
      owner,
      release: () => {
        if (this.#signals.get(signal) === handler) this.removeSignalHandler(signal);
        return undefined;
      },
    };
    owner?.own(handler);
    this.#signals.set(signal, handler);
  }

  /** Remove the handler of this signal; returns whether there was one. */
  removeSignalHandler(signal: string): boolean {
    const handler = this.#signals.get(signal);
    if (handler === undefined) return false;
    handler.owner?.disown(handler);
    handler.forget();
    return this.#signals.delete(signal);
  }

  override setDebug(enabled: boolean): void {
    super.setDebug(enabled);
    this.#debugIs(enabled);
  }

  /** @internal */
  protected override captureAll(): void {
    for (const task of allTasksOf(this))
      if (!task._captured) task._capture((this.asyncContext as AsyncContext).outside());
  }

  #debugIs(enabled: boolean): void {
    if (enabled === this.#debugging) return;
    this.#debugging = enabled;
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
    const future = isFuture(what)
      ? ensureFuture(what as Future<T>, { loop: this })
      : this._makeTask(asAwaitable<T>(what, "runUntilComplete"), {});
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
  if (loop.getDebug()) refuseUsed(coro);
  const context = options.context ?? snapshot();
  const task = new Task<T>(coro, loop, currentOwner(loop), context, options.name);
  if (loop.getDebug()) task._rememberCreation(creationStack());
  if (loop.asyncContext?.inUse === true) {
    const followed = loop.follows || task.owner?.follows === true;
    task._capture(loop.asyncContext.capture(followed ? task : undefined));
  }
  options._scope?._admit(task as Task<unknown>);
  if (options.eagerStart === true && runningScheduler() === loop) task._startEagerly();
  else task._start();
  return task;
}

const used = new WeakSet<object>();

/** Debug mode: a coroutine that has ended gives undefined for ever, without a word. */
function refuseUsed(coro: Awaitable<unknown>): void {
  if (!isCoroutine(coro)) return;
  if (used.has(coro)) {
    throw new RuntimeError(
      "cannot reuse a coroutine that was given to a task before: call its function once more",
    );
  }
  used.add(coro);
}

function creationStack(): string {
  const lines = (new Error().stack ?? "").split("\n").slice(1);
  // How many frames of ours are above differs: JavaScriptCore leaves tail calls out.
  while (/\b(creationStack|newTask|_makeTask)\b/.test(lines[0] ?? "")) lines.shift();
  return lines.join("\n");
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

const closeGenerators = thenable(function* shutdownAsyncGenerators(
  loop: EventLoop,
): Coroutine<void> {
  const closing = [...loop.asyncGenerators].map((each) => loop.createTask(each.aclose()));
  for (const task of closing) {
    try {
      yield* task;
    } catch (error) {
      rethrowIfCancelled(error);
      loop.callExceptionHandler({
        message: "an error occurred during closing of an async generator",
        exception: error,
      });
    }
  }
});

const NO_EXECUTOR = "an executor has the methods submit() and shutdown()";

const endExecutor = thenable(function* shutdownDefaultExecutor(
  executor: Executor | null,
): Coroutine<void> {
  if (executor === null) return;
  yield* ensureFuture(executor.shutdown({ wait: true }));
});

/** @internal The tasks that are not done: what belongs to no run, then each run's. */
export function* allTasksOf(loop: EventLoop): Iterable<Task<unknown>> {
  yield* loop.orphans.tasks;
  for (const { owner } of loop.runners)
    if (owner !== undefined) yield* owner.tasks as Iterable<Task<unknown>>;
}

let makingDefault = false;

let platformExecutor: (() => Executor) | undefined;

/** @internal What a platform hands work to where nothing else was set. */
export function setPlatformExecutor(make: () => Executor): void {
  platformExecutor = make;
}

setDefaultLoopFactory(() => {
  makingDefault = true;
  try {
    return new EventLoop();
  } finally {
    makingDefault = false;
  }
});
