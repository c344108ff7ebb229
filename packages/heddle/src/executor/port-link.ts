/*
 * Threads and Web Workers: workerpool makes, watches and ends the worker, the messages go by a port.
 *
 * A pool of workerpool's has as many workers as it likes, and sends a job to whichever is free; nothing can
 * be said to a worker that is busy but "stop". So each worker of ours is a pool of one, which runs a single
 * call for its whole life: `serve`, that gets one end of a channel. Jobs, cancellations and calls back go
 * through the channel, past workerpool's queue, which would cost more than the rest of a small job
 * (`npm run bench -- --only handover`).
 */
import workerpool, { type WorkerPoolOptions } from "workerpool";
import type { FromWorker } from "./messages.ts";
import type { Transferable } from "./transfer.ts";
import type { LinkListener, WorkerLink } from "./worker-link.ts";

/** What ports of Node and of browsers have in common. */
export interface Port {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  onmessage: ((event: never) => void) | null;
  onmessageerror: ((event: never) => void) | null;
  close(): void;
}

export interface PortLinkOptions {
  /** The worker's file. */
  script: string;
  workerpool: WorkerPoolOptions;
  /** Two ports that are entangled. */
  newChannel: () => { port1: Port; port2: Port };
}

/** Milliseconds that a worker which is to end has for its exit handlers. */
const EXIT_TIME = 20;

const noop = () => {};

export function openPortLink(options: PortLinkOptions, listener: LinkListener): WorkerLink {
  const pool = workerpool.pool(options.script, {
    maxWorkers: 1,
    workerTerminateTimeout: EXIT_TIME,
    ...options.workerpool,
  });
  const { port1, port2 } = options.newChannel();
  let killed = false;
  port1.onmessage = (event: { data: FromWorker }) => listener.heard(event.data);
  port1.onmessageerror = () => listener.heard({ type: "unread" });
  const ended = (reason: unknown) => {
    if (killed) return;
    killed = true;
    port1.close();
    listener.ended(reasonOf(reason));
  };
  pool.exec("serve", [port2], { transfer: [port2] as never }).then(ended, ended);
  const end = async () => {
    killed = true;
    port1.onmessage = null;
    await pool.terminate(true).then(noop, noop);
    // Not before: the other end may still be on its way to a worker that has just begun.
    port1.close();
  };
  return { send: (message, transfer) => port1.postMessage(message, transfer), end, kill: end };
}

/** Of what workerpool says, what tells why. */
function reasonOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`the worker has ended (${String(error)})`);
  if (error.cause instanceof Error) return error.cause;
  const [, code] = /exitCode: `(.*)`/.exec(error.message) ?? [];
  const [, signal] = /signalCode: `(.*)`/.exec(error.message) ?? [];
  if (signal !== undefined && signal !== "null" && signal !== "undefined") {
    return new Error(`it was ended by ${signal}`);
  }
  return code === undefined ? error : new Error(`it has exited with status ${code}`);
}
