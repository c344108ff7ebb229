// What the workers of the tests serve.
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { noRetry, reportProgress } from "@heddle/bullmq";
import { CancelledError, type Coroutine, sleep } from "heddle";
import { jobSignal } from "heddle/executor";

function log(file: string, line: string): void {
  appendFileSync(file, `${line}\n`);
}

export function* add(a: number, b: number): Coroutine<number> {
  yield* sleep(1);
  return a + b;
}

export function plain(text: string): string {
  return text.toUpperCase();
}

export async function later(value: unknown): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return value;
}

export function noop(): void {}

export function* nap(ms: number, result: unknown): Coroutine<unknown> {
  yield* sleep(ms);
  return result;
}

export function* failing(): Coroutine<void> {
  yield* sleep(0);
  throw new RangeError("out of range", { cause: new TypeError("the cause") });
}

/** Writes what it goes through: begin, then end or why not, then its clean-up. */
export function* traced(file: string, ms: number): Coroutine<string> {
  log(file, "begin");
  try {
    yield* sleep(ms);
    log(file, "end");
    return "slept";
  } catch (error) {
    log(file, error instanceof CancelledError ? "cancelled" : "failed");
    throw error;
  } finally {
    yield* sleep(5);
    log(file, "finally");
  }
}

export function* failsToCleanUp(file: string): Coroutine<void> {
  log(file, "begin");
  try {
    yield* sleep(10_000);
  } catch {
    throw new Error("the clean-up fails");
  }
}

/** Succeeds at the given run. */
export function succeedsAt(file: string, run: number): string {
  log(file, String(Date.now()));
  const { length } = readLines(file);
  if (length < run) throw new Error(`run ${length}`);
  return `run ${length}`;
}

export function hopeless(file: string): void {
  log(file, "run");
  throw noRetry(new Error("there is no hope"));
}

export function refusedByWorker(file: string): void {
  log(file, "run");
  throw new SyntaxError("the worker does not retry these");
}

export function* counting(upTo: number): Coroutine<string> {
  for (let n = 1; n <= upTo; n++) {
    reportProgress({ n, of: upTo });
    yield* sleep(20);
  }
  return "counted";
}

export async function countingAsync(upTo: number): Promise<string> {
  for (let n = 1; n <= upTo; n++) {
    reportProgress(n);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return "counted";
}

export function unsendable(): unknown {
  return { list: [1, () => 1] };
}

export function pid(): number {
  return process.pid;
}

/** Tells its process, then takes a while: a process to be killed meanwhile. */
export function* tellPid(file: string, ms: number): Coroutine<number> {
  log(file, `${process.pid} ${Date.now()}`);
  yield* sleep(ms);
  return process.pid;
}

export function dies(): void {
  process.kill(process.pid, "SIGKILL");
}

function readLines(file: string): string[] {
  return readFileSync(file, "utf8").trim().split("\n");
}

/** For the soak: tells when it begins and ends, and where. */
export function* told(file: string, n: number, ms: number): Coroutine<number> {
  log(file, `begin ${n} ${process.pid} ${Date.now()}`);
  yield* sleep(ms);
  log(file, `end ${n} ${process.pid} ${Date.now()}`);
  return n;
}

/** For the soak: tells when it hears of its cancellation. */
export function* cancelled(file: string, n: number): Coroutine<void> {
  log(file, `begin ${n}`);
  try {
    yield* sleep(600_000);
  } finally {
    log(file, `cancelled ${n} ${performance.timeOrigin + performance.now()}`);
  }
}

export async function asyncNoop(): Promise<void> {}

/** Ends when it is told to. */
export async function listens(file: string, ms: number): Promise<void> {
  const signal = jobSignal();
  log(file, "begin");
  await delay(ms, undefined, { signal }).catch(() => log(file, "aborted"));
  log(file, "end");
}

/** Hears of nothing. */
export async function deaf(file: string, ms: number): Promise<string> {
  log(file, "begin");
  await delay(ms);
  log(file, "end");
  return "late";
}
