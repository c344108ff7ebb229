/*
 * A worker thread that compiles what it is sent and calls it: { source, args } gives { value } or { stack }.
 */
import { parentPort } from "node:worker_threads";
import { compileFunction } from "../../../../src/node/executor/compile-function.ts";

parentPort?.on("message", async ({ source, args }: { source: string; args: unknown[] }) => {
  try {
    parentPort?.postMessage({ value: await compileFunction(source)(...args) });
  } catch (error) {
    parentPort?.postMessage({ stack: error instanceof Error ? error.stack : String(error) });
  }
});
