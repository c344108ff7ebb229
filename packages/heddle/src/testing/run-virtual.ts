/*
 * runVirtual: `run` on a loop of its own whose time moves only when everybody waits.
 */

import type { Runnable } from "../task/as-coroutine.ts";
import { EventLoop } from "../task/event-loop.ts";
import { type RunOptions, run } from "../task/run.ts";
import type { SimulatedNetwork } from "./simulated-network/simulated-network.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface RunVirtualOptions extends Omit<RunOptions, "loop"> {
  /** Of the random numbers that the loop's host gives: the same seed gives the same run. */
  seed?: number;
  /** What heddle/node connects through instead of the system: a SimulatedNetwork. */
  network?: SimulatedNetwork;
}

/**
 * Run `main` in virtual time, from 0: nothing takes any time while there is something to do; when all
 * tasks wait, the clock jumps to the next timer. It stands still while somebody waits for the world (a
 * promise, a socket). Rejects with DeadlockError as soon as nothing can ever wake the run again.
 *
 * Everything else is as `run()`. Counterparts: `trio.testing.MockClock(autojump_threshold=0)`, fake timers.
 *
 * @example
 * await runVirtual(function* () {
 *   yield* sleep(3_600_000);                       // takes no time
 *   expect(getRunningLoop().time()).toBe(3_600_000);
 * });
 */
export async function runVirtual<T>(
  main: Runnable<T>,
  options: RunVirtualOptions = {},
): Promise<T> {
  // A SIGINT of the process is none in virtual time, also under `heddle run`.
  const { seed, network, handleSigint = false, ...others } = options;
  const clock = new VirtualClock({
    ...(seed === undefined ? {} : { seed }),
    ...(network === undefined ? {} : { network }),
  });
  const loop = new EventLoop({ host: clock });
  try {
    return await run(main, { ...others, loop, handleSigint });
  } finally {
    loop.close();
  }
}
