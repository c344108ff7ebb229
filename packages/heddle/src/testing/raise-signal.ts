/*
 * raiseSignal: what the operating system would do, done by a test.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { VirtualClock } from "./virtual-clock.ts";

/**
 * Raise a signal of the operating system on the running loop, in virtual time: `raiseSignal("SIGTERM")`. Those
 * who listen there hear of it: `addSignalHandler`, `signals()` of heddle/node, and, when nobody else listens to
 * SIGINT, `runVirtual(main, { handleSigint: true })`. It reaches nobody outside of this loop, and never ends the
 * process. Tasks that wait for it go on in the loop's next iteration.
 *
 * Returns how many have heard of it; with 0 the signal would have done what it does by itself: SIGTERM would
 * have ended the program.
 *
 * Never suspends. Throws RangeError for a signal that Linux does not have, RuntimeError for SIGKILL and SIGSTOP,
 * which nobody can hear of, on a loop whose time is real, and outside of one. Counterpart: `signal.raise_signal`.
 *
 * @example
 * const serving = createTask(main());   // using stop = signals("SIGTERM"); yield* stop.next(); …
 * yield* sleep(60_000);
 * raiseSignal("SIGTERM");
 * yield* serving;
 */
export function raiseSignal(signal: string): number {
  const { host } = getRunningLoop();
  if (host instanceof VirtualClock) return host.raiseSignal(signal);
  throw new RuntimeError(
    "raiseSignal() is for virtual time, as in runVirtual(main): this loop's time is real, " +
      "and its signals come from the system",
  );
}
