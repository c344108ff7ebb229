// What workers run in the tests of executors, JavaScript since that loads faster. `path` is a diary's.
import { appendFileSync } from "node:fs";
import { createTask, currentEffectiveDeadline, getRunningLoop, shield, sleep } from "heddle";
import { jobSignal, toThread, transfer } from "heddle/node";

const LONG = 60_000;

function note(path, line) {
  appendFileSync(path, `${line}\n`);
}

export function add(a, b) {
  return a + b;
}

export function* waits(path, ms) {
  note(path, "begun");
  try {
    yield* sleep(ms);
    note(path, "slept");
    return "slept";
  } finally {
    note(path, "unwound");
  }
}

export function* unwindsSlowly(path, ms) {
  note(path, "begun");
  try {
    yield* sleep(LONG);
  } finally {
    yield* shield(sleep(ms));
    note(path, "unwound");
  }
}

export function* failsUnwinding(path) {
  note(path, "begun");
  try {
    yield* sleep(LONG);
  } finally {
    // biome-ignore lint/correctness/noUnsafeFinally: it is what is tested
    throw new RangeError("the cellar is flooded");
  }
}

export function* swallowsCancellation(path) {
  note(path, "begun");
  try {
    yield* sleep(LONG);
  } catch {
    note(path, "swallowed");
  }
  return "a result all the same";
}

export function* saysWhyCancelled(path) {
  note(path, "begun");
  try {
    yield* sleep(LONG);
  } catch (error) {
    note(path, String(error));
    throw error;
  }
}

export function* diesUnwinding(path) {
  note(path, "begun");
  try {
    yield* sleep(LONG);
  } finally {
    process.exit(7);
  }
}

export function* hasChildren(path) {
  for (const name of ["one", "two"]) createTask(waits(path, LONG), { name });
  note(path, "has children");
  yield* sleep(LONG);
}

export function* leavesTask(path) {
  createTask(waits(path, LONG));
  yield* sleep(1);
  return "done";
}

export function spins(path) {
  note(path, "begun");
  for (;;);
}

export async function hearsSignal(path) {
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

export async function isDeaf(path, ms) {
  note(path, "begun");
  await new Promise((resolve) => setTimeout(resolve, ms));
  note(path, "ended");
  return "ended";
}

/** Milliseconds that are left; Infinity if there is no deadline. */
export function* timeLeft() {
  yield* sleep(0);
  return currentEffectiveDeadline() - getRunningLoop().time();
}

export function* counts(started, index, ms) {
  const [begun, ended] = [new Int32Array(started, 0, 1), new Int32Array(started, 4, 1)];
  Atomics.add(begun, 0, 1);
  try {
    yield* sleep(ms);
    return index;
  } finally {
    Atomics.add(ended, 0, 1);
  }
}

export function* asksAnotherThread() {
  return yield* toThread((a, b) => a * b, 6, 7);
}

let sent = null;

export function sendsBuffer() {
  sent = new Uint8Array([4, 5]);
  return transfer(sent, [sent.buffer]);
}

export function bytesLeft() {
  return sent?.byteLength;
}

export function sendsGoneBuffer() {
  const bytes = new Uint8Array([4, 5]);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return transfer(bytes, [bytes.buffer]);
}
