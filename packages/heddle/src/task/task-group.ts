/*
 * TaskGroup: tasks that have an owner, a parent and an end.
 *
 * The block of a group ends when all its tasks have ended. When one fails, the others and the block
 * are cancelled, and what failed is thrown as one ExceptionGroup. Nothing that a group has started
 * outlives it. The rules, and the order of everything, are CPython 3.14's; `cancel()` is 3.15's.
 *
 * The group is itself the listener of its tasks: no closure for each child.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { Awaitable, Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { awaitBody, type Runnable } from "./as-coroutine.ts";
import { getRunningLoop } from "./current-loop.ts";
import { ExceptionGroup, isCancelled } from "./errors.ts";
import type { EventLoop, TaskOptions } from "./event-loop.ts";
import { type Explained, Future, type Listener } from "./future.ts";
import { currentTask, type Task } from "./task.ts";
import { thenable } from "./thenable.ts";

/** The group that a `taskGroup` block works with. Counterparts: `asyncio.TaskGroup`, a trio nursery. */
export class TaskGroup implements Listener, Explained {
  #loop: EventLoop | null = null;
  #parent: Task<unknown> | null = null;
  readonly #tasks = new Set<Task<unknown>>();
  readonly #errors: unknown[] = [];
  #exiting = false;
  #aborting = false;
  #parentCancelRequested = false;
  #cancelled = false;
  #completed: Future<void> | null = null;

  /**
   * Run a coroutine as a task of this group. Throws RuntimeError if the group has not been entered,
   * is shutting down, or is finished. Counterpart: `TaskGroup.create_task`.
   */
  createTask<T>(coro: Runnable<T> | PromiseLike<T>, options?: TaskOptions): Task<T> {
    if (this.#loop === null)
      throw new RuntimeError("TaskGroup has not been entered: use taskGroup()");
    if (this.#exiting && this.#tasks.size === 0) throw new RuntimeError("TaskGroup is finished");
    if (this.#aborting) throw new RuntimeError("TaskGroup is shutting down");
    const task = this.#loop.createTask(coro, options);
    this.#tasks.add(task as Task<unknown>);
    task._listen(this);
    return task;
  }

  /**
   * Cancel the group: its tasks and its block are cancelled, and the block ends without an error.
   * Counterpart: `TaskGroup.cancel` (3.15), `nursery.cancel_scope.cancel()` of trio.
   */
  cancel(): void {
    if (this.#loop === null)
      throw new RuntimeError("TaskGroup has not been entered: use taskGroup()");
    if (this.#cancelled || (this.#exiting && this.#tasks.size === 0)) return;
    this.#cancelled = true;
    if (!this.#aborting) this.#abort();
    if (!this.#exiting && !this.#parentCancelRequested) {
      this.#parentCancelRequested = true;
      this.#parent?.cancel();
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

  /** @internal */
  _enter(): void {
    if (this.#loop !== null) throw new RuntimeError("TaskGroup has already been entered");
    const parent = currentTask();
    if (parent === null) throw new RuntimeError("TaskGroup cannot determine the parent task");
    this.#loop = getRunningLoop();
    this.#parent = parent;
  }

  /** @internal The block is over: wait for the tasks, then throw what is to be thrown. */
  *_exit(failed: boolean, error: unknown): Coroutine<void> {
    this.#exiting = true;
    const parent = this.#parent as Task<unknown>;
    let cancellation: unknown = failed && isCancelled(error) ? error : undefined;
    if (failed && !this.#aborting) this.#abort();
    while (this.#tasks.size > 0) {
      this.#completed ??= new Future<void>(this.#loop as EventLoop, this);
      try {
        yield* this.#completed;
      } catch (interruption) {
        if (!isCancelled(interruption)) throw interruption;
        if (!this.#aborting) {
          cancellation = interruption;
          this.#abort();
        }
      }
      this.#completed = null;
    }
    if (this.#parentCancelRequested && parent.uncancel() === 0) cancellation = undefined;
    if (cancellation !== undefined && this.#errors.length === 0) throw cancellation;
    if (failed && !isCancelled(error)) this.#errors.push(error);
    if (this.#errors.length === 0) return;
    if (parent.cancelling() > 0) {
      parent.uncancel();
      parent.cancel();
    }
    throw new ExceptionGroup("unhandled errors in a TaskGroup", this.#errors);
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

  #abort(): void {
    this.#aborting = true;
    for (const task of this.#tasks) if (!task.done()) task.cancel();
  }

  /** @internal */
  wake(task: Future<unknown>): void {
    (this.#loop as EventLoop).enqueue(this, task);
  }

  /** @internal A task is done. */
  run(done: unknown): void {
    const task = done as Task<unknown>;
    this.#tasks.delete(task);
    if (this.#tasks.size === 0 && this.#completed?.done() === false) {
      this.#completed.setResult(undefined);
    }
    if (!task._failed()) return;
    const error = task.exception();
    this.#errors.push(error);
    const parent = this.#parent as Task<unknown>;
    if (parent.done()) {
      (this.#loop as EventLoop).callExceptionHandler({
        message: `Task ${task} has errored out but its parent task ${parent} is already completed`,
        exception: error,
        task,
      });
      return;
    }
    if (!this.#aborting && !this.#parentCancelRequested) {
      this.#abort();
      this.#parentCancelRequested = true;
      parent.cancel();
    }
  }
}

const startIn = thenable(function* start(
  group: TaskGroup,
  fn: (started: (value: unknown) => void) => Awaitable<unknown>,
  options: TaskOptions | undefined,
): Coroutine<unknown> {
  const about = { _parts: [] as Future<unknown>[], toString: () => "started() of group.start()" };
  const ready = new Future<unknown>(getRunningLoop(), about);
  const child = group.createTask(handshake(fn, ready), options);
  about._parts.push(child);
  child.addDoneCallback(() => ready.cancel("the task ended before started()"));
  try {
    return yield* ready;
  } catch (error) {
    // We were cancelled: the child must not go on without anybody who knows of it.
    // (If the group has cancelled it already, its clean-up must not be disturbed.)
    if (!child.done() && child.cancelling() === 0) child.cancel();
    throw error;
  }
});

function* handshake(
  fn: (started: (value: unknown) => void) => Awaitable<unknown>,
  ready: Future<unknown>,
): Coroutine<void> {
  try {
    yield* awaitBody(
      fn((value) => {
        // Whoever waited for it was cancelled meanwhile, and has cancelled this task too.
        if (ready.cancelled()) return;
        if (ready.done()) throw new RuntimeError("started() has already been called");
        ready.setResult(value);
      }),
      "group.start",
    );
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
    result = yield* awaitBody(body(group), "taskGroup");
  } catch (error) {
    yield* group._exit(true, error);
    // The group was cancelled by its own cancel(): the block ends without a result.
    return undefined;
  }
  yield* group._exit(false, undefined);
  return result;
});
