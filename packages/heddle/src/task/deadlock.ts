/*
 * What a DeadlockError says: who waits for what.
 */
import type { Future } from "./future.ts";
import type { Task } from "./task.ts";

/** @internal */
export function describeDeadlock(tasks: Iterable<Task<unknown>>): string {
  const lines = ["deadlock: nothing is scheduled, and nothing can wake these tasks any more:"];
  for (const task of tasks) lines.push(`  ${task} waits for ${describeWait(task._waitsFor)}`);
  if (lines.length === 1)
    return "deadlock: nothing is scheduled, and nothing can end this run any more";
  lines.push("Each of them waits for another, or for something that nobody will do.");
  return lines.join("\n");
}

function describeWait(future: Future<unknown> | null): string {
  return future === null ? "its next turn" : String(future);
}
