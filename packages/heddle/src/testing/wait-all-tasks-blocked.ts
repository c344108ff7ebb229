/*
 * waitAllTasksBlocked: until everybody else waits.
 */
import type { Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { Future } from "../task/future.ts";
import { thenable } from "../task/thenable.ts";

/**
 * Wait until nothing is ready on this loop: every other task waits for a timer, for another task or for the
 * world. Virtual time does not move meanwhile. For tests: "now all of them stand in line".
 *
 * Always suspends. Several who wait are woken together, in order. Counterpart:
 * `trio.testing.wait_all_tasks_blocked`.
 *
 * @example
 * const task = createTask(lock.acquire());
 * yield* waitAllTasksBlocked();
 * expect(lock.statistics().tasksWaiting).toBe(1);
 */
export function waitAllTasksBlocked(): ThenableCoroutine<void> {
  return wait();
}

const wait = thenable(function* waitAllTasksBlocked(): Coroutine<void> {
  const loop = getRunningLoop();
  const blocked = new Future<void>(loop, "all other tasks to wait");
  const wake = () => blocked.setResult(undefined);
  loop.idleWaiters.push(wake);
  loop.look();
  try {
    yield* blocked;
  } finally {
    const at = loop.idleWaiters.indexOf(wake);
    if (at >= 0) loop.idleWaiters.splice(at, 1);
  }
});
