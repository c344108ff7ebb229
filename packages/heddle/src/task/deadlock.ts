/*
 * What a DeadlockError says: who waits for what. In full it comes from the introspection room
 * (introspection/deadlock-report.ts); a bundle without that room names each task and its future.
 */
import { introspection } from "./introspector.ts";
import type { Task } from "./task.ts";

/** @internal */
export function describeDeadlock(tasks: Iterable<Task<unknown>>): string {
  if (introspection.introspector) return introspection.introspector.describeDeadlock(tasks);
  const lines = ["deadlock: nothing is scheduled, and nothing can wake these tasks any more:"];
  for (const task of tasks) lines.push(`  ${task} waits for ${task._waitsFor ?? "its next turn"}`);
  return lines.join("\n");
}
