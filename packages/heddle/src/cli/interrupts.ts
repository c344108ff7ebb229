/*
 * SIGINT under `heddle run`: the process's one listener.
 *
 * The first SIGINT cancels every run in progress, so that `finally` blocks do their work; the second
 * ends the process at once. Runs come here by themselves: `run` looks for the function below on
 * globalThis, under a registered symbol, so that a program's own `run(main)` and another copy of
 * heddle are served like the main coroutine that the command started. While nothing runs there is
 * nothing to clean up, and SIGINT does what it does in Node. A program that listens to SIGINT itself has
 * it for itself, as with asyncio's `add_signal_handler`.
 *
 * One key can send two signals, half a millisecond apart: npm, and coreutils' `timeout`, pass to their
 * child what its process group has got already. The second must not end what the first has asked to
 * clean up.
 */
import { isCancelled } from "../task/errors.ts";
import { INTERRUPTED } from "./end.ts";

/** One request's signals come within this many milliseconds; a person's second one comes later. */
const ECHO = 200;

/** Said by heddle's own listeners (loop/hosts/native.ts), of whichever copy. */
const taken = Symbol.for("heddle.signalTaken");

const cancellers = new Set<() => void>();
let started = 0;
let interruptedAt: number | undefined;
/** When the program last got one for itself. */
let takenAt = Number.NEGATIVE_INFINITY;

/** Takes every run's `cancel` from its beginning until the function returned is called. */
function watch(cancel: () => void): () => void {
  started++;
  // A function of its own for each run, whatever was passed.
  const canceller = () => cancel();
  cancellers.add(canceller);
  return () => cancellers.delete(canceller);
}

/** Does the program listen itself, by `signals("SIGINT")` or `addSignalHandler`? Then it knows what to do. */
function isTaken(): boolean {
  return process
    .listeners("SIGINT")
    .some((listener) => (listener as { [taken]?: () => boolean })[taken]?.() === true);
}

function onSigint(): void {
  const now = performance.now();
  if (isTaken()) takenAt = now;
  else if (now - takenAt >= ECHO) interrupt(now);
}

function interrupt(now: number): void {
  if (interruptedAt !== undefined) {
    if (now - interruptedAt >= ECHO) process.exit(INTERRUPTED);
  } else if (cancellers.size > 0) {
    interruptedAt = now;
    for (const cancel of [...cancellers]) cancel();
  } else if (process.listenerCount("SIGINT") === 1) {
    process.exit(INTERRUPTED);
  } else {
    // Somebody else listens, and nothing runs here: without this listener it is their signal alone.
    process.off("SIGINT", onSigint);
  }
}

/** Listen from now on. */
export function listenForInterrupts(): void {
  process.on("SIGINT", onSigint);
  (globalThis as Record<symbol, unknown>)[Symbol.for("heddle.onSigint")] = watch;
}

/** Is this how a run ends that SIGINT has cancelled? */
export function isInterruption(error: unknown): boolean {
  return interruptedAt !== undefined && isCancelled(error);
}

/** Has any run been started in this process? */
export function hasRun(): boolean {
  return started > 0;
}
