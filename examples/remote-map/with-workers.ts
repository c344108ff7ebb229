// The worker processes. They could as well be started by hand, on other machines.
import { fileURLToPath } from "node:url";
import type { BackendOptions } from "@heddle/bullmq";
import { type Awaitable, type Coroutine, gather } from "heddle";
import { createSubprocessExec, type Process } from "heddle/node";
import { readLine } from "../parts/chat-clients.ts";

const heddle = fileURLToPath(new URL("bin/heddle.js", import.meta.resolve("heddle/package.json")));
const program = fileURLToPath(new URL("worker.ts", import.meta.url));

/** Gives `count` processes that are ready for jobs to `body`, and ends them when that ends. */
export function* withWorkers<T>(
  count: number,
  place: BackendOptions,
  body: (workers: readonly Process[]) => Awaitable<T>,
): Coroutine<T> {
  const workers: Process[] = [];
  try {
    const starts = Array.from({ length: count }, () => startWorker(place, workers));
    yield* gather(starts);
    return yield* body(workers);
  } finally {
    // SIGTERM; one that has been killed does no harm.
    yield* gather(workers.map((worker) => worker.close()));
  }
}

function* startWorker(place: BackendOptions, workers: Process[]): Coroutine<void> {
  const worker = yield* createSubprocessExec(
    process.execPath,
    [heddle, "run", program, JSON.stringify(place)],
    { stdin: "ignore", stdout: "pipe" },
  );
  workers.push(worker);
  if ((yield* readLine(worker.stdout!)) === "ready") return;
  throw new Error(`a worker ended before it was ready, with status ${yield* worker.wait()}`);
}
