/*
 * What the introspection room does for this one, once it is loaded.
 *
 * It stands above, and most programs for the web never ask it anything: so it is not imported from here,
 * but reports for duty. `import "heddle"` loads it; a bundler keeps it in programs that use one of its
 * functions (`captureCallGraph` …) and drops it from the others.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { CodePlace } from "../loop/code-place.ts";
import type { EventLoop } from "./event-loop.ts";
import type { Task } from "./task.ts";

/** @internal */
export interface Introspector {
  getStack(task: Task<unknown>, limit: number | null | undefined): CodePlace[];
  printStack(task: Task<unknown>, options: PrintStackOptions): void;
  describeDeadlock(tasks: Iterable<Task<unknown>>): string;
  /** Debug mode of `loop` is on or off now. */
  debug(loop: EventLoop, enabled: boolean): void;
}

export interface StackOptions {
  /** How many frames at most: the newest ones, for a task that has failed the oldest. All if not given. */
  limit?: number | null;
}

export interface PrintStackOptions extends StackOptions {
  /** Takes the text, a line or several without a line break at the end; stderr if not given. */
  file?: (text: string) => void;
}

/** @internal */
export const introspection: { introspector: Introspector | null } = { introspector: null };

/** @internal */
export function introspector(): Introspector {
  if (introspection.introspector !== null) return introspection.introspector;
  throw new RuntimeError(
    "stacks are not in this bundle: use captureCallGraph(task), which brings them",
  );
}
