/*
 * A worker thread that compiles what it is sent and calls it: { source, args } gives { value } or { stack }.
 * `from` is where the main program stands.
 */
import { parentPort } from "node:worker_threads";
import { compileFunction } from "../../../../src/node/executor/compile-function.ts";
import { importFrom } from "../../../../src/node/executor/inline-imports.ts";

interface Order {
  readonly source: string;
  readonly args: unknown[];
  readonly from: string | null;
}

parentPort?.on("message", async ({ source, args, from }: Order) => {
  importFrom(from);
  try {
    parentPort?.postMessage({ value: await compileFunction(source)(...args) });
  } catch (error) {
    parentPort?.postMessage({ stack: error instanceof Error ? error.stack : String(error) });
  }
});
