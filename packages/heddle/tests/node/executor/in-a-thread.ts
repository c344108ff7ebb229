import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterAll } from "vitest";
import { sourceOf } from "../../../src/node/executor/inline-function.ts";

type AnyFunction = (...args: never[]) => unknown;

let thread: Worker | undefined;

afterAll(async () => {
  await thread?.terminate();
  thread = undefined;
});

/** Node 20 loads no TypeScript as a thread's first file. */
function startThread(): Worker {
  const program = new URL("./programs/compile-worker.ts", import.meta.url).href;
  return new Worker(
    `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(program)}); })`,
    // Node warns of an experiment when a package is looked for from the main program.
    { eval: true, execArgv: ["--no-warnings"] },
  );
}

/** Where the thread's main program stands, for it to find packages. */
export const main: { path: string | null } = { path: null };

/** What a source gives when a worker thread has compiled and called it; the stack comes as an error's message. */
export async function runSource(source: string, ...args: unknown[]): Promise<unknown> {
  thread ??= startThread();
  thread.postMessage({ source, args, from: main.path });
  const [answer] = await once(thread, "message");
  if ("stack" in answer) throw new Error(answer.stack);
  return answer.value;
}

export function runInThread(fn: AnyFunction, ...args: unknown[]): Promise<unknown> {
  return runSource(sourceOf(fn, "toThread"), ...args);
}
