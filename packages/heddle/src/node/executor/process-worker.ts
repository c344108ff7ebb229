/*
 * What runs first in a process of ProcessPoolExecutor.
 */
import { deserialize, serialize } from "node:v8";
import workerpool from "workerpool";
import { RuntimeError } from "../../coroutine/errors.ts";
import { becomeWorker } from "../../executor/job-runner.ts";
import type { RunMessage } from "../../executor/messages.ts";
import { loadInWorker } from "./load-in-worker.ts";
import { referenceTo } from "./reference-to.ts";

/** What workerpool adds to the functions that it is given. */
interface Registered {
  readonly worker: { addAbortListener(listener: () => Promise<void>): void };
}

interface Job {
  readonly id: number;
  readonly answer: (bytes: Uint8Array) => void;
  /** By an event: the call itself counts as cancelled. */
  cancelled: boolean;
}

let job: Job | null = null;
let isListening = false;
/** Settles when the job that is being cancelled has answered. */
let unwound: (() => void) | null = null;

const runner = becomeWorker({
  post(message) {
    if (message.type !== "answer") {
      throw new RuntimeError("runCoroutineThreadsafe() works in threads only, not in processes");
    }
    const bytes = serialize(message);
    if (job?.cancelled === true) workerpool.workerEmit(bytes);
    job?.answer(bytes);
    job = null;
    unwound?.();
    unwound = null;
  },
  load: loadInWorker,
  reference: referenceTo,
});

function run(bytes: Uint8Array): Promise<Uint8Array> {
  const message = deserialize(bytes) as RunMessage;
  if (!isListening) {
    // workerpool forgets its listeners when it has called them.
    (run as unknown as Registered).worker.addAbortListener(cancel);
    isListening = true;
  }
  return new Promise((answer) => {
    job = { id: message.id, answer, cancelled: false };
    runner.heard(message);
  });
}

function cancel(): Promise<void> {
  isListening = false;
  if (job === null) return Promise.resolve();
  job.cancelled = true;
  const { id } = job;
  return new Promise((resolve) => {
    unwound = resolve;
    runner.heard({ type: "cancel", id, reason: undefined });
  });
}

// Ctrl-C reaches every process of the terminal: it is the parent that says what becomes of the jobs.
process.on("SIGINT", () => {});
workerpool.worker({ run }, { abortListenerTimeout: 2 ** 31 - 1 });
