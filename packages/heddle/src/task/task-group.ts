/*
 * TaskGroup: tasks that have an owner, a parent and an end.
 *
 * The block of a group ends when all its tasks have ended. When one fails, the others and the block
 * are cancelled, and what failed is thrown as one ExceptionGroup. Nothing that a group has started
 * outlives it. The rules, and the order of everything, are CPython 3.14's; `cancel()` is 3.15's.
 *
 * The group is itself the listener of its tasks: no closure for each child.
 */
import { currentFrame, within } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import type { Awaitable, Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { type Runnable, runBody } from "./as-coroutine.ts";
import { getEventLoop } from "./current-loop.ts";
import { ExceptionGroup, isCancelled, newCancelledError } from "./errors.ts";
import type { TaskOptions } from "./event-loop.ts";
import { type Explained, Future, type Listener } from "./future.ts";
import { type Owned, ownedCall } from "./owned-promise.ts";
import { currentOwner } from "./owner.ts";
import { type Confinement, currentTask, type Task } from "./task.ts";
import { thenable } from "./thenable.ts";

/**
 * A group of tasks. Counterparts: `asyncio.TaskGroup`, a trio nursery.
 *
 * `taskGroup` makes one for its block. An async function makes its own: nothing can cancel its block when a
 * task fails (`signal` tells of it), and leaving the block without `join()` cancels what still runs.
 *
 * @example
 * await using group = new TaskGroup();
 * group.createTask(producer(queue));
 * group.createTask(consumer(queue));
 * await group.join();
 */
export class TaskGroup implements Listener, Explained, Owned, AsyncDisposable {
  /** @internal The run that it was made in: its tasks belong there. */
  readonly _owner = currentOwner();
  /** @internal */
  readonly _loop = getEventLoop();
  #parent: Task<unknown> | null = null;
  /** The cancel scope around the group: its tasks belong to it. */
  readonly #scope: Confinement | null = currentTask()?._scope ?? null;
  readonly #tasks = new Set<Task<unknown>>();
  readonly #failed: Task<unknown>[] = [];
  #exiting = false;
  #joined = false;
  #controller: AbortController | undefined;
  #aborting = false;
  #parentCancelRequested = false;
  #cancelled = false;
  #completed: Future<void> | null = null;

  /**
   * Run a coroutine as a task of this group. Throws RuntimeError if the group is shutting down or
   * finished. Counterpart: `TaskGroup.create_task`.
   */
  createTask<T>(coro: Runnable<T> | PromiseLike<T>, options?: TaskOptions): Task<T> {
    if (this.#exiting && this.#tasks.size === 0) throw new RuntimeError("TaskGroup is finished");
    if (this.#aborting) throw new RuntimeError("TaskGroup is shutting down");
    const scope = this.#scope;
    const task = this.#makeTask(coro, scope === null ? options : { ...options, _scope: scope });
    this.#tasks.add(task as Task<unknown>);
    task._listen(this);
    return task;
  }

  #makeTask<T>(coro: Runnable<T> | PromiseLike<T>, options?: TaskOptions): Task<T> {
    const { owner, context } = currentFrame();
    if (owner === this._owner) return this._loop.createTask(coro, options);
    // An async function has lost its run at its first await.
    const frame = { owner: this._owner, context, frameTask: null };
    return within(frame, () => this._loop.createTask(coro, options));
  }

  /**
   * Wait until all tasks of the group have ended; it takes no more then. When one has failed the others are
   * cancelled, and an ExceptionGroup is thrown. On cancellation all of them are cancelled and awaited.
   * Suspends while there are tasks. For a group that was made by `new TaskGroup()`.
   */
  join(): ThenableCoroutine<void> {
    return ownedCall(this, joinGroup(this));
  }

  /** Cancel what still runs and wait for it; throws an ExceptionGroup of what had failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    if (!this.#joined) await this.join();
    // Somebody else joins it, and hears of its errors.
    else for (const task of [...this.#tasks]) await task.then(undefined, () => {});
  }

  /** An AbortSignal that is aborted when a task of the group fails, or the group is cancelled. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborting) this.#controller.abort(newCancelledError("the group is shutting down"));
    return this.#controller.signal;
  }

  /**
   * Cancel the group: its tasks and its block are cancelled, and the block ends without an error.
   * Counterpart: `TaskGroup.cancel` (3.15), `nursery.cancel_scope.cancel()` of trio.
   */
  cancel(): void {
    if (this.#cancelled || (this.#exiting && this.#tasks.size === 0)) return;
    this.#cancelled = true;
    if (!this.#aborting) this.#abort();
    if (!this.#exiting && !this.#parentCancelRequested && this.#parent !== null) {
      this.#parentCancelRequested = true;
      this.#parent.cancel();
    }
  }

  /**
   * Run `fn(started)` as a task, and wait until it calls `started(value)`; gives that value. The task
   * goes on. An error before `started` is thrown here and does not end the group; ending without it
   * is a RuntimeError. Suspends. Counterpart: `nursery.start` of trio.
   *
   * @example
   * const port = yield* group.start(function* (started: (port?: number) => void) {
   *   const server = yield* startServer(handle, { port: 0 });
   *   started(server.sockets[0].port);
   *   yield* server.serveForever();
   * });
   */
  start<T>(
    fn: (started: (value?: T) => void) => Awaitable<unknown>,
    options?: TaskOptions,
  ): ThenableCoroutine<T> {
    if (typeof fn !== "function") {
      throw new TypeError("group.start() needs a function: group.start(function* (started) { … })");
    }
    return startIn(
      this,
      fn as (started: (value: unknown) => void) => Awaitable<unknown>,
      options,
    ) as ThenableCoroutine<T>;
  }

  /** @internal The running task is the one whose block this is. */
  _enter(): void {
    this.#parent = currentTask();
  }

  /** @internal As `_exit`, for a group that has no block. */
  *_join(): Coroutine<void> {
    if (this.#joined) return;
    this._enter();
    yield* this._exit(false, undefined);
  }

  /** @internal The block is over: wait for the tasks, then throw what is to be thrown. */
  *_exit(failed: boolean, error: unknown): Coroutine<void> {
    this.#exiting = true;
    this.#joined = true;
    const parent = this.#parent as Task<unknown>;
    let cancellation: unknown = failed && isCancelled(error) ? error : undefined;
    if (failed && !this.#aborting) this.#abort();
    let held = false;
    while (this.#tasks.size > 0) {
      this.#completed ??= new Future<void>(this._loop, this);
      try {
        yield* this.#completed;
      } catch (interruption) {
        if (!isCancelled(interruption)) throw interruption;
        // While it ends by `cancel()`, a cancellation from outside must not be lost.
        if (!this.#aborting || this.#cancelled) cancellation ??= interruption;
        if (!this.#aborting) this.#abort();
        // A cancelled scope interrupts once, not until the tasks have ended.
        if (!held) parent._hold(true);
        held = true;
      }
      this.#completed = null;
    }
    if (held) parent._hold(false);
    if (this.#parentCancelRequested && parent.uncancel() === 0) cancellation = undefined;
    const errors = this.#failed.map((task) => task.exception());
    if (cancellation !== undefined && errors.length === 0) throw cancellation;
    if (failed && !isCancelled(error)) errors.push(error);
    if (errors.length === 0) return;
    if (parent.cancelling() > 0) {
      parent.uncancel();
      parent.cancel();
    }
    throw new ExceptionGroup("unhandled errors in a TaskGroup", errors);
  }

  /** For reports. */
  toString(): string {
    return `task group (${this.#tasks.size} left)`;
  }

  /** @internal */
  get _parts(): Iterable<Future<unknown>> {
    return this.#tasks;
  }

  /** @internal */
  get waiter(): Future<unknown> | null {
    return this.#parent;
  }

  /** @internal The scope around it is cancelled. */
  get _isConfined(): boolean {
    return this.#scope?._cancelled === true;
  }

  #abort(): void {
    this.#aborting = true;
    this.#controller?.abort(newCancelledError("the group is shutting down"));
    // A cancelled scope around the group interrupts them by itself, and keeps out of their shields.
    if (this._isConfined) return;
    for (const task of this.#tasks) if (!task.done()) task.cancel();
  }

  /** @internal */
  wake(task: Future<unknown>): void {
    this._loop.enqueue(this, task);
  }

  /** @internal A task is done. */
  run(done: unknown): void {
    const task = done as Task<unknown>;
    this.#tasks.delete(task);
    if (this.#tasks.size === 0 && this.#completed?.done() === false) {
      this.#completed.setResult(undefined);
    }
    if (!task._failed()) return;
    this.#failed.push(task);
    const parent = this.#parent;
    if (parent === null) {
      // If nobody ever joins, its run reports the error.
      if (!this.#aborting) this.#abort();
      return;
    }
    const error = task.exception();
    if (parent.done()) {
      this._loop.callExceptionHandler({
        message: `Task ${task} has errored out but its parent task ${parent} is already completed`,
        exception: error,
        task,
      });
      return;
    }
    if (this.#aborting || this.#parentCancelRequested) return;
    this.#abort();
    this.#parentCancelRequested = true;
    parent.cancel();
  }
}

function* joinGroup(group: TaskGroup): Coroutine<void> {
  yield* group._join();
}

const startIn = thenable(function* start(
  group: TaskGroup,
  fn: (started: (value: unknown) => void) => Awaitable<unknown>,
  options: TaskOptions | undefined,
): Coroutine<unknown> {
  const about = { _parts: [] as Future<unknown>[], toString: () => "started() of group.start()" };
  const ready = new Future<unknown>(getEventLoop(), about);
  const child = group.createTask(handshake(fn, ready), options);
  about._parts.push(child);
  child.addDoneCallback(() => ready.cancel("the task ended before started()"));
  try {
    return yield* ready;
  } catch (error) {
    // We were cancelled: the child must not go on without anybody who knows of it.
    // (If the group has cancelled it already, its clean-up must not be disturbed.)
    if (!child.done() && child.cancelling() === 0 && !group._isConfined) child.cancel();
    throw error;
  }
});

function* handshake(
  fn: (started: (value: unknown) => void) => Awaitable<unknown>,
  ready: Future<unknown>,
): Coroutine<void> {
  try {
    const started = (value: unknown) => {
      // Whoever waited for it was cancelled meanwhile, and has cancelled this task too.
      if (ready.cancelled()) return;
      if (ready.done()) throw new RuntimeError("started() has already been called");
      ready.setResult(value);
    };
    yield* runBody(fn, started, "group.start");
  } catch (error) {
    if (ready.done() || isCancelled(error)) throw error;
    ready.setException(error);
    return;
  }
  if (!ready.done()) {
    ready.setException(new RuntimeError("the task given to group.start() ended without started()"));
  }
}

/**
 * Run `body` with a group of tasks, and give its result when it and all of them have ended. When one
 * fails, the rest is cancelled and awaited, and an ExceptionGroup of all errors is thrown. On
 * cancellation from outside all of them are cancelled and awaited.
 *
 * After `group.cancel()` the block ends early, without a result (undefined).
 *
 * Suspends while there are tasks. Counterparts: `asyncio.TaskGroup`, `trio.open_nursery`.
 *
 * @example
 * yield* taskGroup(function* (group) {
 *   group.createTask(producer(queue));
 *   group.createTask(consumer(queue));
 * });
 */
export function taskGroup<T>(
  body: (group: TaskGroup) => Awaitable<T> | PromiseLike<T>,
): ThenableCoroutine<T> {
  if (typeof body !== "function") {
    throw new TypeError("taskGroup() needs a function: taskGroup(function* (group) { … })");
  }
  return inGroup(body as (group: TaskGroup) => Awaitable<unknown>) as ThenableCoroutine<T>;
}

const inGroup = thenable(function* taskGroup(
  body: (group: TaskGroup) => Awaitable<unknown> | PromiseLike<unknown>,
): Coroutine<unknown> {
  const group = new TaskGroup();
  group._enter();
  let result: unknown;
  try {
    result = yield* runBody(body, group, "taskGroup");
  } catch (error) {
    yield* group._exit(true, error);
    // The group was cancelled by its own cancel(): the block ends without a result.
    return undefined;
  }
  yield* group._exit(false, undefined);
  return result;
});
