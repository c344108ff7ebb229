/*
 * Numbered steps and virtual time: what the core's tests are written with.
 *
 * A test of concurrent code asserts an order. kotlinx.coroutines numbers its lines, `expect(1)` to
 * `finish(n)`, so the order stands in the program itself and a reader sees at each line when it runs.
 * Here it is `step(1)` to `finish(n)`, and `never()` where nobody may come. A step out of order throws
 * at its line; the code under test may catch that, so the first fault is kept and thrown once more
 * when the test ends. So is a `finish` that was never reached: a line that was silently skipped, which
 * is what cancellation bugs look like, cannot pass.
 *
 * `expect` compares what is iterable by iterating it, and a future that is iterated by somebody else
 * than a task says "pending" for ever. So tests compare names and identities (`a === b`) of tasks and
 * futures, and never hand one to `expect`.
 */
import { EventLoop, type Runnable, type RunOptions, run } from "heddle";
import { VirtualClock } from "heddle/testing";
import { onTestFinished } from "vitest";

export interface Trace {
  /** This line runs as the n-th. */
  step(n: number): void;
  /** This line runs as the n-th, and no other after it. */
  finish(n: number): void;
  /** This line must not run. */
  never(why: string): never;
}

/** The numbered steps of the running test. */
export function trace(): Trace {
  let last = 0;
  let finished = false;
  let fault: Error | undefined;

  const fail = (message: string): never => {
    const error = new Error(message);
    fault ??= error;
    throw error;
  };
  const step = (n: number) => {
    if (finished) fail(`step ${n} comes after the finish, step ${last}`);
    if (n !== last + 1) fail(`step ${n} comes after step ${last}`);
    last = n;
  };

  onTestFinished(() => {
    if (fault !== undefined) throw fault;
    if (!finished) throw new Error(`the finish was not reached: the last step was ${last}`);
  });

  return {
    step,
    finish(n) {
      step(n);
      finished = true;
    },
    never: (why) => fail(`this line must not run: ${why}`),
  };
}

/** A loop of its own whose time moves only when all wait. It begins at 0. */
export function virtualLoop(): EventLoop {
  return new EventLoop({ host: new VirtualClock() });
}

/** `run` on a virtual clock. */
export function virtually<T>(main: Runnable<T>, options: RunOptions = {}): Promise<T> {
  return run(main, { loop: virtualLoop(), ...options });
}
