/*
 * What a task is doing, at a glance: for the reports of deadlocks, and for lists of tasks.
 */
import type { CodePlace } from "../loop/code-place.ts";
import { currentTask, type Task } from "../task/task.ts";
import { describeWait } from "./describe-wait.ts";
import { isOwn } from "./stack.ts";
import { innermostFirst } from "./task-stack.ts";

export interface TaskDescription {
  readonly name: string;
  /** Who is "cancelling" was cancelled and has not ended: it cleans up, or has swallowed it. */
  readonly state: "running" | "scheduled" | "waiting" | "cancelling" | "done";
  /** What it waits for; null if for nothing but its turn. */
  readonly waitsFor: string | null;
  /** The innermost place of the program's own in which it stands; null if it cannot be told. */
  readonly place: CodePlace | null;
}

export function describeTask(task: Task<unknown>): TaskDescription {
  const awaited = task._waitsFor;
  const [place] = innermostFirst(task);
  return {
    name: task.getName(),
    state: stateOf(task),
    waitsFor: awaited === null ? null : describeWait(awaited),
    place: place === undefined || isOwn(place) ? null : place,
  };
}

function stateOf(task: Task<unknown>): TaskDescription["state"] {
  if (task.done()) return "done";
  if (currentTask() === task) return "running";
  if (task.cancelling() > 0) return "cancelling";
  return task._waitsFor?.done() === false ? "waiting" : "scheduled";
}
