// What workers run in the tests of executors. `path` is a diary's.
import { appendFileSync } from "node:fs";
import {
  type Coroutine,
  createTask,
  currentEffectiveDeadline,
  getRunningLoop,
  shield,
  sleep,
} from "heddle";
import { jobSignal, toThread } from "heddle/node";

const LONG = 60_000;

function note(path: string, line: string): void {
  appendFileSync(path, `${line}\n`);
}

export function add(a: number, b: number): number {
  return a + b;
}

export function* waits(path: string, ms: number): Coroutine<string> {
  note(path, "begun");
  try {
    yield* sleep(ms);
    note(path, "slept");
    return "slept";
  } finally {
    note(path, "unwound");
  }
}

export function* unwindsSlowly(path: string, ms: number): Coroutine<void> {
  note(path, "begun");
  try {
    yield* sleep(LONG);
  } finally {
    yield* shield(sleep(ms));
    note(path, "unwound");
  }
}

export function* failsUnwinding(path: string): Coroutine<void> {
  note(path, "begun");
  try {
    yield* sleep(LONG);
  } finally {
    // biome-ignore lint/correctness/noUnsafeFinally: it is what is tested
    throw new RangeError("the cellar is flooded");
  }
}

export function* swallowsCancellation(path: string): Coroutine<string> {
  note(path, "begun");
  try {
    yield* sleep(LONG);
  } catch {
    note(path, "swallowed");
  }
  return "a result all the same";
}

export function* saysWhyCancelled(path: string): Coroutine<void> {
  note(path, "begun");
  try {
    yield* sleep(LONG);
  } catch (error) {
    note(path, String(error));
    throw error;
  }
}

export function* hasChildren(path: string): Coroutine<void> {
  for (const name of ["one", "two"]) createTask(waits(path, LONG), { name });
  note(path, "has children");
  yield* sleep(LONG);
}

export function* leavesTask(path: string): Coroutine<string> {
  createTask(waits(path, LONG));
  yield* sleep(1);
  return "done";
}

export function spins(path: string): never {
  note(path, "begun");
  for (;;);
}

export async function hearsSignal(path: string): Promise<void> {
  const signal = jobSignal();
  note(path, `begun, aborted: ${signal.aborted}`);
  await new Promise((_, reject) => {
    const timer = setTimeout(() => {}, LONG);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      note(path, `aborted: ${signal.reason.name}`);
      reject(signal.reason);
    });
  });
}

export async function isDeaf(path: string, ms: number): Promise<string> {
  note(path, "begun");
  await new Promise((resolve) => setTimeout(resolve, ms));
  note(path, "ended");
  return "ended";
}

/** Milliseconds that are left; Infinity if there is no deadline. */
export function* timeLeft(): Coroutine<number> {
  yield* sleep(0);
  return currentEffectiveDeadline() - getRunningLoop().time();
}

export function* counts(started: SharedArrayBuffer, index: number, ms: number): Coroutine<number> {
  const [begun, ended] = [new Int32Array(started, 0, 1), new Int32Array(started, 4, 1)];
  Atomics.add(begun, 0, 1);
  try {
    yield* sleep(ms);
    return index;
  } finally {
    Atomics.add(ended, 0, 1);
  }
}

export function* asksAnotherThread(): Coroutine<number> {
  return yield* toThread((a: number, b: number) => a * b, 6, 7);
}

export default function byDefault(): string {
  return "the default export";
}
