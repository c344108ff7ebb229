/*
 * What runs first in a process of ProcessPoolExecutor.
 */
import { serialize } from "node:v8";
import { encodeError } from "../../executor/error-crossing.ts";
import { becomeWorker } from "../../executor/job-runner.ts";
import type { ToWorker } from "../../executor/messages.ts";
import { importFrom } from "./inline-imports.ts";
import { loadInWorker } from "./load-in-worker.ts";
import { beNested } from "./nesting.ts";
import type { CrashMessage } from "./process-link.ts";
import { referenceTo } from "./reference-to.ts";

/** Milliseconds that a job has to unwind when the parent has died. */
const GRACE = 1000;

const runner = becomeWorker({
  post(message) {
    // The parent may be gone without our having heard of it.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
    else if (message.type === "answer") process.exit();
  },
  clone: serialize,
  load: loadInWorker,
  reference: referenceTo,
});

process.on("uncaughtExceptionMonitor", (error) => {
  const crash: CrashMessage = { type: "crash", error: encodeError(error) };
  process.send?.(crash, undefined, undefined, () => {});
});
const [, , program, depth] = process.argv;
importFrom(program || null);
beNested(Number(depth));
// Ctrl-C reaches every process of the terminal: it is the parent that says what becomes of the jobs.
process.on("SIGINT", () => {});
// The parent is done with it, or dead.
process.on("disconnect", () => {
  if (!runner.busy) process.exit();
  setTimeout(() => process.exit(), GRACE);
  runner.abandon();
});
process.on("message", (message) => runner.heard(message as ToWorker));
