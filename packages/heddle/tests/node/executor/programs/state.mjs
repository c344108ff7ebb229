// The same module on both sides, with a state on each. `path` is a diary's.
import { appendFileSync } from "node:fs";
import { ContextVar, sleep } from "heddle";
import { moduleFunction, registerContextVar, runCoroutineThreadsafe } from "heddle/node";

export const requestId = registerContextVar(new ContextVar("requestId", { default: "none" }));

let count = 0;

export function countUp(by = 1) {
  count += by;
  return count;
}

const there = (name) => moduleFunction(import.meta.url, name);

export function* countsThere() {
  return [countUp(), yield* runCoroutineThreadsafe(there("countUp"), 10)];
}

export async function countsThereAsync() {
  return await runCoroutineThreadsafe(there("countUp"), 10);
}

export function countsThereAndStands() {
  return runCoroutineThreadsafe(there("countUp"), 10).wait();
}

export function* countsThereAndStandsInCoroutine() {
  return runCoroutineThreadsafe(there("countUp"), 10).wait();
}

export function callsInline() {
  return runCoroutineThreadsafe((a, b) => a * b, 6, 7).wait(10_000);
}

export function* lasts(path) {
  appendFileSync(path, "begun\n");
  try {
    yield* sleep(60_000);
  } finally {
    appendFileSync(path, "unwound\n");
  }
}

export function standsTooLong(path) {
  runCoroutineThreadsafe(there("lasts"), path).wait(50);
}

export function* waitsThere(path) {
  yield* runCoroutineThreadsafe(there("lasts"), path);
}

export function* cancelsThere(path) {
  const call = runCoroutineThreadsafe(there("lasts"), path);
  yield* sleep(50);
  call.cancel("enough");
  try {
    yield* call;
  } catch (error) {
    return String(error);
  }
  return "no error";
}

export function* leavesCall(path) {
  runCoroutineThreadsafe(there("lasts"), path);
  yield* sleep(50);
  return "done";
}

export function fails() {
  throw new RangeError("on the other side");
}

export function* failsThere() {
  try {
    yield* runCoroutineThreadsafe(there("fails"));
  } catch (error) {
    return [error instanceof RangeError, error.message, error.stack.split("\n").at(-1).trim()];
  }
  return [];
}

export function failsThereAndStands() {
  runCoroutineThreadsafe(there("fails")).wait();
}

export function sendsFunction() {
  runCoroutineThreadsafe(there("countUp"), { f: () => 1 });
}

export function getsFunction() {
  return runCoroutineThreadsafe(() => () => 1).wait();
}

export function readId() {
  return requestId.get();
}

export function* readsIds() {
  requestId.set(`${requestId.get()} here`);
  return [requestId.get(), yield* runCoroutineThreadsafe(there("readId"))];
}

/** Runs with the module that registers the variable, loaded only now. */
export function setsId(id) {
  requestId.set(id);
  return id;
}
