/** What runs in the workers. */
import { type Coroutine, sleep, TimeoutError } from "heddle";
import { jobSignal, moduleFunction, runCoroutineThreadsafe, transfer } from "heddle/web";
import { Refused, requestId } from "./request-id.ts";
import type * as state from "./state.ts";

export interface Told {
  postMessage(message: unknown): void;
  close(): void;
}

export const add = (a: number, b: number): number => a + b;

export async function addLater(a: number, b: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return a + b;
}

export function* addByCoroutine(a: number, b: number): Coroutine<number> {
  yield* sleep(1);
  return a + b;
}

export const isPage = (): boolean => "document" in globalThis;

export function busy(ms: number): number {
  const end = performance.now() + ms;
  let rounds = 0;
  while (performance.now() < end) rounds++;
  return rounds;
}

export function* sleeps(ms: number): Coroutine<number> {
  yield* sleep(ms);
  return ms;
}

const unwoundNames: string[] = [];
export const unwound = (): string[] => unwoundNames;

/** Says when it has begun, and remembers that its `finally` has come to its end. */
export function* waits(name: string, told: Told): Coroutine<void> {
  try {
    told.postMessage("begun");
    yield* sleep(60_000);
  } finally {
    yield* sleep(5);
    unwoundNames.push(name);
  }
}

export function never(told: Told): never {
  told.postMessage("begun");
  for (;;);
}

export function untilAborted(told: Told): Promise<string> {
  const signal = jobSignal();
  told.postMessage("begun");
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      unwoundNames.push(`aborted: ${(signal.reason as Error).name}`);
      resolve("aborted");
    });
  });
}

export function fail(): never {
  const refused = new Refused("no", { cause: new TypeError("bad input") });
  refused.code = 7;
  throw refused;
}

export const timeOut = (): never => {
  throw new TimeoutError("too slow");
};

export const double = (numbers: Float64Array<ArrayBuffer>) => {
  const doubled = numbers.map((each) => 2 * each);
  return transfer(doubled, [doubled.buffer]);
};

export const giveFunction = () => ({ inner: [() => {}] });

export const readRequestId = (): string => requestId.get();

const count = moduleFunction<typeof state.count>(new URL("./state.js", import.meta.url), "count");
const refuse = moduleFunction<() => never>(new URL("./state.js", import.meta.url), "refuse");
const pageThere = moduleFunction<() => boolean>(new URL("./state.js", import.meta.url), "isPage");

export function* callPage(by: number): Coroutine<[boolean, number]> {
  return [yield* runCoroutineThreadsafe(pageThere), yield* runCoroutineThreadsafe(count, by)];
}

export function* callRefused(): Coroutine<string> {
  try {
    yield* runCoroutineThreadsafe(refuse);
    return "nothing thrown";
  } catch (error) {
    return `${error instanceof RangeError} ${(error as Error).message}`;
  }
}

/** By the name that the page's own `modules` have for it. */
export function* callBundled(by: number): Coroutine<number> {
  return yield* runCoroutineThreadsafe(moduleFunction<typeof state.count>("state", "count"), by);
}

export const standStill = (): number => runCoroutineThreadsafe(count, 1).wait();

export function leaves(): Promise<never> {
  close();
  return new Promise(() => {});
}

declare function close(): void;

export function throwsLater(): Promise<never> {
  setTimeout(() => {
    throw new Error("nobody's");
  }, 1);
  return new Promise(() => {});
}
