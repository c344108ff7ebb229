// Jobs that stand still for calls to the main thread, which loads this module too. `path` is a diary's.
import { appendFileSync, readFileSync } from "node:fs";
import { shield, sleep } from "heddle";
import { moduleFunction, runCoroutineThreadsafe } from "heddle/node";

const there = (name) => moduleFunction(import.meta.url, name);

function note(path, line) {
  appendFileSync(path, `${line}\n`);
}

/** What another job does has no other end that can be waited for. */
function* until(path, line) {
  while (!readFileSync(path, "utf8").includes(line)) yield* sleep(2);
}

export function* unwindsDuringSecond(path) {
  note(path, "first called");
  try {
    yield* sleep(60_000);
  } finally {
    yield* shield(until(path, "second called"));
    note(path, "first unwound");
  }
}

export function* answersAfterFirst(path) {
  note(path, "second called");
  yield* until(path, "first unwound");
  yield* sleep(20);
  return "an answer";
}

/** Hears no cancellation. */
export function first(path) {
  runCoroutineThreadsafe(there("unwindsDuringSecond"), path);
  for (;;);
}

export function second(path) {
  return runCoroutineThreadsafe(there("answersAfterFirst"), path).wait();
}

export function five() {
  return 5;
}

export function waitsFor(ms) {
  return runCoroutineThreadsafe(there("five")).wait(ms);
}
