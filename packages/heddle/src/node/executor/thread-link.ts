/*
 * A thread, seen from its pool: Node's own Worker, and a channel to it.
 *
 * Not the thread's `parentPort`, which belongs to the program that runs there. A thread without a job does not
 * keep the process alive. (Why there is no library in between: docs/decisions/0007-work-handed-over.md.)
 */
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type WorkerOptions,
} from "node:worker_threads";
import type { FromWorker } from "../../executor/messages.ts";
import type { LinkListener, WorkerLink } from "../../executor/worker-link.ts";
import { deeper } from "./nesting.ts";
import { workerFile } from "./worker-file.ts";

/** What a thread is given to begin with. */
export interface ThreadData {
  readonly port: import("node:worker_threads").MessagePort;
  /** The path of the main program, from where packages are looked for. */
  readonly program: string | null;
  readonly depth: number;
}

/** Milliseconds that a worker without a job has for its exit handlers. */
const EXIT_TIME = 1000;

export function openThreadLink(options: WorkerOptions, listener: LinkListener): WorkerLink {
  const { port1: port, port2 } = new MessageChannel();
  const workerData: ThreadData = {
    port: port2,
    program: process.argv[1] ?? null,
    depth: deeper(),
  };
  const worker = new Worker(workerFile("thread-worker"), {
    ...options,
    workerData,
    transferList: [port2],
  });
  let isWanted = true;
  let reason: Error | null = null;
  const heard = (message: FromWorker) => {
    if (isWanted) listener.heard(message);
  };
  port.on("message", heard);
  port.on("messageerror", () => heard({ type: "unread" }));
  worker.on("error", (error: unknown) => {
    reason = error instanceof Error ? error : new Error(String(error));
  });
  const gone = new Promise<void>((resolve) => {
    worker.on("exit", (status) => {
      // What it has said last may still lie there.
      const last: FromWorker[] = [];
      for (let left = receiveMessageOnPort(port); left; left = receiveMessageOnPort(port)) {
        last.push(left.message as FromWorker);
      }
      port.close();
      resolve();
      if (!isWanted) return;
      isWanted = false;
      listener.ended(reason ?? new Error(`it has exited with status ${status}`), last);
    });
  });
  return {
    send: (message, transfer) => port.postMessage(message, transfer as never),
    ref() {
      worker.ref();
      port.ref();
    },
    unref() {
      worker.unref();
      port.unref();
    },
    async end() {
      isWanted = false;
      worker.ref();
      port.postMessage({ type: "end" });
      const timer = setTimeout(() => void worker.terminate(), EXIT_TIME);
      await gone;
      clearTimeout(timer);
    },
    kill() {
      isWanted = false;
      void worker.terminate();
      return gone;
    },
  };
}
