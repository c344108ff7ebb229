/*
 * What runs first in a thread of ThreadPoolExecutor.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import workerpool from "workerpool";
import { becomeWorker } from "../../executor/job-runner.ts";
import type { ToWorker } from "../../executor/messages.ts";
import { importFrom } from "./inline-imports.ts";
import { loadInWorker } from "./load-in-worker.ts";
import { referenceTo } from "./reference-to.ts";

/** Take jobs from this port, until the thread ends. */
function serve(port: MessagePort): Promise<never> {
  const runner = becomeWorker({
    post: (message, transfer) => port.postMessage(message, transfer as never),
    load: loadInWorker,
    reference: referenceTo,
    receive: () => receiveMessageOnPort(port)?.message as ToWorker | undefined,
  });
  port.on("message", (message: ToWorker) => runner.heard(message));
  port.on("messageerror", () => port.postMessage({ type: "unread" }));
  return new Promise(() => {});
}

importFrom((workerData as { program?: string }).program ?? null);
workerpool.worker({ serve });
