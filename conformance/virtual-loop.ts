/**
 * The loop that programs run on: virtual time, an iteration limit, deadlock as an outcome, and a
 * record of every task in creation order.
 *
 * The clock is asked twice in an iteration, as CPython's selector is once: `poll` at the
 * beginning, where iterations are counted, and `park` when nothing is ready. The limit therefore
 * comes before the deadlock.
 */
import * as heddle from "heddle";
import { VirtualClock } from "heddle/testing";

const iterationLimit = 3000;

/** Ends a program at once: nothing is cancelled, nothing runs any more. */
export class Halt extends Error {
  override name = "Halt";
}

class ProgramClock extends VirtualClock {
  #iterations = 0;

  override poll(): void {
    this.#iterations += 1;
    if (this.#iterations > iterationLimit) throw new Halt("limit");
    super.poll();
  }

  override park(when: number): boolean {
    if (when === Number.POSITIVE_INFINITY) throw new Halt("deadlock");
    return super.park(when);
  }
}

export class ProgramLoop extends heddle.EventLoop {
  /** Every task, in the order in which the calls that created them returned. */
  readonly created: heddle.Task<unknown>[] = [];

  constructor() {
    super({ host: new ProgramClock() });
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
