/*
 * How many workers stand around this thread: a worker may have pools of its own, but a program that starts
 * itself in each of its workers, for want of `if (!isWorker())`, would go on for ever.
 */
import { RuntimeError } from "../../coroutine/errors.ts";

const DEEPEST = 4;

let depth = 0;

/** This is a worker, with so many around it, itself included. */
export function beNested(count: number): void {
  depth = count;
}

/** The depth of a worker that is started here. */
export function deeper(): number {
  if (depth < DEEPEST) return depth + 1;
  throw new RuntimeError(
    `this is a worker within ${DEEPEST - 1} others. Does the program start itself in its workers, which load its ` +
      "file for a function? Let only the program do that: if (!isWorker()) void run(main)",
  );
}
