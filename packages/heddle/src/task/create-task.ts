/*
 * The functions that find the loop and the run by themselves.
 */
import { currentFrame } from "../context/current.ts";
import type { Runnable } from "./as-coroutine.ts";
import { getEventLoop } from "./current-loop.ts";
import { allTasksOf, type EventLoop, type TaskOptions } from "./event-loop.ts";
import type { Owner } from "./owner.ts";
import type { Task } from "./task.ts";

/**
 * Run a coroutine as a task of the running loop (outside of one: of the thread's default loop). Its
 * first step comes in the loop's next iteration, unless `eagerStart`. Takes a coroutine, a coroutine
 * function or an async function, which gets the task's AbortSignal.
 *
 * Throws TypeError for anything else. Never suspends. The task belongs to the running `run()`, which
 * cancels and awaits it at its end if it is still there. Counterparts: `asyncio.create_task`,
 * `gevent.spawn`, `nursery.start_soon`.
 *
 * @example
 * const task = createTask(fetchPage(url), { name: "page" });
 * …
 * const page = yield* task;
 */
export function createTask<T>(coro: Runnable<T> | PromiseLike<T>, options?: TaskOptions): Task<T> {
  return getEventLoop().createTask(coro, options);
}

/**
 * The tasks that are not done: of the current run, or, outside of any, all of the loop's. In the
 * order of creation. Counterpart: `asyncio.all_tasks`.
 */
export function allTasks(loop?: EventLoop): Set<Task<unknown>> {
  const owner = currentFrame().owner as Owner | null;
  if (loop === undefined && owner !== null) return new Set(owner.tasks);
  return new Set(allTasksOf(loop ?? getEventLoop()));
}
