/*
 * What runs first in a thread of ThreadPoolExecutor.
 */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { becomeWorker } from "../../executor/job-runner.ts";
import type { ToWorker } from "../../executor/messages.ts";
import { importFrom } from "./inline-imports.ts";
import { loadInWorker } from "./load-in-worker.ts";
import { beNested } from "./nesting.ts";
import { referenceTo } from "./reference-to.ts";
import type { ThreadData } from "./thread-link.ts";

const { port, program, depth } = workerData as ThreadData;

const runner = becomeWorker({
  post: (message, transfer) => port.postMessage(message, transfer as never),
  load: loadInWorker,
  reference: referenceTo,
  receive: () => receiveMessageOnPort(port)?.message as ToWorker | undefined,
});

importFrom(program);
beNested(depth);
port.on("message", (message: ToWorker | { type: "end" }) => {
  if (message.type === "end") process.exit();
  runner.heard(message);
});
port.on("messageerror", () => port.postMessage({ type: "unread" }));
