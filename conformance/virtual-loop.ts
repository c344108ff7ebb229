/**
 * The loop that programs run on: virtual time, limits of iterations, of time and of the trace, and a
 * record of every task in creation order.
 *
 * The clock is asked twice in an iteration, as CPython's selector is once: `poll` at the
 * beginning, where iterations are counted, and `park` when nothing is ready. The limit therefore
 * comes before the deadlock, which heddle notices itself.
 */
import * as heddle from "heddle";
import { VirtualClock } from "heddle/testing";

const iterationLimit = 3000;
const lineLimit = 10_000;
const timeLimit = 10_000;

/** Ends a program at once: nothing is cancelled, nothing runs any more. */
export class Halt extends Error {
  override name = "Halt";
}

class ProgramClock extends VirtualClock {
  /** Programs have no async functions: tasks take the quick way here, as they do where no store is in use. */
  override readonly asyncContext = undefined;
  readonly #trace: readonly string[];
  #iterations = 0;

  constructor(trace: readonly string[]) {
    super();
    this.#trace = trace;
  }

  override poll(): void {
    this.#iterations += 1;
    const tooLong = this.#iterations > iterationLimit || this.#trace.length > lineLimit;
    if (tooLong) throw new Halt("limit");
    super.poll();
  }

  override park(when: number): boolean {
    if (when > timeLimit && when < Number.POSITIVE_INFINITY) throw new Halt("time limit");
    return super.park(when);
  }
}

export class ProgramLoop extends heddle.EventLoop {
  /** Every task, in the order in which the calls that created them returned. */
  readonly created: heddle.Task<unknown>[] = [];

  /** `trace` is what the program has logged so far. */
  constructor(trace: readonly string[]) {
    super({ host: new ProgramClock(trace) });
  }

  override createTask<T>(
    coro: heddle.Runnable<T> | PromiseLike<T>,
    options?: heddle.TaskOptions,
  ): heddle.Task<T> {
    const task = super.createTask(coro, options);
    this.created.push(task as heddle.Task<unknown>);
    return task;
  }
}
