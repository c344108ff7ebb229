/*
 * The stack of a task.
 *
 * JavaScript cannot say where a suspended generator stands, nor which one it waits for by `yield*`. What can
 * be had, from the best to the least:
 *
 *   the task runs        its native stack
 *   debug mode           the native stack of the moment when it began to wait, which had every frame
 *   Node                 the outermost coroutine: its function and place, by the inspector (the host)
 *   other runtimes       nothing
 *   it has failed        the stack of its error
 */
import { type CodePlace, formatPlace } from "../loop/code-place.ts";
import type { PrintStackOptions } from "../task/introspector.ts";
import { currentTask, type Task } from "../task/task.ts";
import { describeWait } from "./describe-wait.ts";
import { framesOf, traceHere } from "./stack.ts";
import { traceOfWait } from "./wait-traces.ts";

/** What `Task.getStack` gives. */
export function getStack(task: Task<unknown>, limit: number | null | undefined): CodePlace[] {
  checkLimit(limit, "getStack");
  const most = Math.max(limit ?? Number.POSITIVE_INFINITY, 0);
  if (task._failed()) return framesOf(task._slot).reverse().slice(0, most);
  return innermostFirst(task).slice(0, most).reverse();
}

/** The frames of a task that is not done. */
export function innermostFirst(task: Task<unknown>): CodePlace[] {
  if (currentTask() === task) return framesOf(traceHere());
  const frames = framesOf(traceOfWait(task));
  if (frames.length > 0) return frames;
  const coro = task.getCoro();
  const outermost = coro === null ? null : task._loop.host.describeGenerator?.(coro);
  return outermost ? [outermost] : [];
}

/** What `Task.printStack` does. */
export function printStack(task: Task<unknown>, { limit, file }: PrintStackOptions): void {
  checkFile(file, "printStack");
  checkLimit(limit, "printStack");
  const frames = getStack(task, limit);
  const lines = frames.map((frame) => `  ${formatPlace(frame)}`);
  const recent = `for ${task} (most recent call last):`;
  if (frames.length === 0) lines.unshift(`No stack for ${task}`);
  else lines.unshift(task._failed() ? `Traceback ${recent}` : `Stack ${recent}`);
  if (task._failed()) lines.push(String(task._slot));
  if (task._waitsFor !== null) lines.push(`  waits for ${describeWait(task._waitsFor)}`);
  const text = lines.join("\n");
  if (file === undefined) task._loop.host.report(text);
  else file(text);
}

export function checkLimit(limit: unknown, call: string): void {
  if (limit === undefined || limit === null) return;
  if (typeof limit !== "number" || Number.isNaN(limit)) {
    throw new TypeError(
      `${call}(): limit must be a number of frames or null, got ${String(limit)}`,
    );
  }
}

export function checkFile(file: unknown, call: string): void {
  if (file === undefined || typeof file === "function") return;
  throw new TypeError(
    `${call}(): file must be a function that takes the text, got ${typeof file}. ` +
      "For a stream: (text) => stream.write(text)",
  );
}
