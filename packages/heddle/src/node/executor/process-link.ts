/*
 * Child processes: made, watched and ended by workerpool, and spoken to by its own calls.
 *
 *   run     --exec("run")------->       and its result, the outcome, comes back
 *   cancel  --promise.cancel()-->       the abort listener of the worker cancels the coroutine, waits until
 *                                       it is unwound, and sends the outcome as an event
 *
 * A process has no port that could be handed over, so what needs more than that, calls back from the worker,
 * works in threads only. Messages are serialized here and not by the channel: one that cannot be cloned must
 * throw where it is sent, not where workerpool sends it later.
 */
import { deserialize, serialize } from "node:v8";
import workerpool, { type WorkerPoolOptions } from "workerpool";
import type { FromWorker, RunMessage } from "../../executor/messages.ts";
import { reasonOf } from "../../executor/port-link.ts";
import type { LinkListener, WorkerLink } from "../../executor/worker-link.ts";
import { born, ended } from "../process/living-processes.ts";
import { workerFile } from "./worker-file.ts";

/** Milliseconds that a worker without a job has for its exit handlers. */
const EXIT_TIME = 1000;
/** Longer than any grace: it is the pool that says when a job had its time. */
const NEVER = 2 ** 31 - 1;

const noop = () => {};

export function openProcessLink(forkOpts: object, listener: LinkListener): WorkerLink {
  const killer = new AbortController();
  const options: WorkerPoolOptions = {
    maxWorkers: 1,
    workerType: "process",
    workerTerminateTimeout: NEVER,
    forkOpts: {
      ...forkOpts,
      serialization: "advanced",
      signal: killer.signal,
      killSignal: "SIGKILL",
    },
  };
  const pool = workerpool.pool(workerFile("process-worker"), options);
  // They do not end by the Ctrl-C of the terminal, as little as what has a group of its own.
  const living = { hasGroup: true, killAll: () => killer.abort() };
  born(living);
  let running: { cancel(): unknown } | null = null;
  let isKilled = false;
  const heard = (answer: Uint8Array) => listener.heard(deserialize(answer) as FromWorker);
  const failed = (error: unknown) => {
    // A job that is cancelled answers by an event.
    if (isKilled || error instanceof workerpool.Promise.CancellationError) return;
    isKilled = true;
    ended(living);
    listener.ended(reasonOf(error));
  };
  const run = (message: RunMessage) => {
    const call = pool.exec("run", [serialize(message)], { on: heard });
    running = call;
    call.then(heard, failed);
  };
  const terminate = async () => {
    isKilled = true;
    await pool.terminate(true).then(noop, noop);
    ended(living);
  };
  return {
    send(message) {
      if (message.type === "run") run(message);
      else if (message.type === "cancel") running?.cancel();
    },
    async end() {
      const timer = setTimeout(() => killer.abort(), EXIT_TIME);
      await terminate();
      clearTimeout(timer);
    },
    kill() {
      killer.abort();
      return terminate();
    },
  };
}
