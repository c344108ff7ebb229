/*
 * Debug mode: the native stack of the moment when each task began to wait.
 *
 * A future is armed by the innermost `yield*` (coroutine/suspend.ts), so at that moment all coroutines that
 * the task goes through stand on the native stack. It is captured, which takes 10 µs or more, and read only
 * if somebody asks. One for each task, held as long as the task.
 */
import { watchWaits } from "../coroutine/suspend.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { currentTask, type Task } from "../task/task.ts";
import { traceHere } from "./stack.ts";

interface Wait {
  readonly future: object;
  readonly trace: Error;
}

const waits = new WeakMap<Task<unknown>, Wait>();

/** The trace of the wait that `task` is in; null if none was taken. */
export function traceOfWait(task: Task<unknown>): Error | null {
  const wait = waits.get(task);
  return wait !== undefined && wait.future === task._waitsFor ? wait.trace : null;
}

function remember(future: object): void {
  const task = currentTask();
  if (task?._loop.getDebug()) waits.set(task, { future, trace: traceHere() });
}

const debugged = new WeakSet<EventLoop>();
let count = 0;

/** Debug mode of `loop` is on or off now. While it is off everywhere, waits are not watched. */
export function debug(loop: EventLoop, enabled: boolean): void {
  if (debugged.has(loop) === enabled) return;
  if (enabled) debugged.add(loop);
  else debugged.delete(loop);
  count += enabled ? 1 : -1;
  watchWaits(count > 0 ? remember : null);
}
