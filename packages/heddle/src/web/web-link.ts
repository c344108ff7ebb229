/*
 * A Web Worker, seen from its pool.
 *
 * The page makes the Worker itself: bundlers recognise one only where `new Worker(new URL(…, import.meta.url))`
 * stands. So it comes without a port and says when it is ready for one; and a browser tells nobody when it
 * closes, hence the lock that it holds all its life.
 */

import type { FromWorker } from "../executor/messages.ts";
import type { LinkListener, WorkerLink } from "../executor/worker-link.ts";
import {
  lockManager,
  READY,
  type ReadyMessage,
  START,
  type StartMessage,
} from "./start-message.ts";
import type { WebPort, WebWorker, WorkerErrorEvent } from "./web-worker-like.ts";

/** Milliseconds that a worker has until it serves: its file may come from far away. */
const START_TIME = 60_000;

const noop = () => {};
const gone = Promise.resolve();

/** Throws what the browser throws if the worker cannot even be made. */
export function openWebLink(newWorker: () => WebWorker, listener: LinkListener): WorkerLink {
  const worker = newWorker();
  const { port1, port2 } = new MessageChannel() as unknown as { port1: WebPort; port2: WebPort };
  let isServing = false;
  let isBusy = false;
  let isOver = false;

  const end = () => {
    isOver = true;
    clearTimeout(timer);
    worker.terminate();
    port1.close();
    return gone;
  };
  const lost = (reason: string) => {
    if (isOver) return;
    void end();
    listener.ended(new Error(reason));
  };
  const timer = setTimeout(() => {
    lost(`it does not serve after ${START_TIME / 1000} s: does its file call serveJobs()?`);
  }, START_TIME);

  worker.onmessage = ({ data }: { data: Partial<ReadyMessage> | null | undefined }) => {
    const lock = data?.[READY];
    if (lock === undefined || isServing) return;
    isServing = true;
    clearTimeout(timer);
    if (lock !== null) {
      const ask = lockManager()?.request(lock, () =>
        lost("it has closed, or the browser has closed it"),
      );
      ask?.catch(noop);
    }
    const start: StartMessage = { [START]: port2 };
    worker.postMessage(start, [port2]);
  };
  // Where nobody waits for the worker the error goes on to the page, as that of any worker does.
  worker.onerror = (event: WorkerErrorEvent) => {
    if (isBusy) event.preventDefault();
    lost(reasonOf(event));
  };
  port1.addEventListener("message", ({ data }) => {
    const message = data as FromWorker;
    if (message.type === "answer") isBusy = false;
    listener.heard(message);
  });
  port1.addEventListener("messageerror", () => listener.heard({ type: "unread" }));
  port1.start();

  return {
    send(message, transfer) {
      port1.postMessage(message, transfer);
      if (message.type === "run") isBusy = true;
    },
    end,
    kill: end,
  };
}

function reasonOf({ message, filename, lineno }: WorkerErrorEvent): string {
  if (message === undefined || message === "") {
    return "its file, or one that this imports, could not be loaded: is it there, and is it a module?";
  }
  const place = filename ? ` (${filename}${lineno ? `:${lineno}` : ""})` : "";
  return `${message}${place}`;
}
