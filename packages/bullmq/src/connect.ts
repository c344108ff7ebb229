/*
 * Opening and closing of BullMQ's objects, which know neither a deadline nor a failed start.
 *
 * On Redis an object waits for ever for its first connection; on PostgreSQL one whose first connection
 * has failed is of no more use. So they are made anew until it succeeds, and given up when time is over.
 * Closing waits for a reply that never comes while the backend is away: then the connection is cut.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { IQueueBackend, QueueBase } from "bullmq";
import { type Backend, isOutage } from "./backend.ts";
import type { Outage } from "./outage.ts";

type Opened = QueueBase<IQueueBackend> & {
  /** A worker's `force`: it waits for nothing. */
  close(force?: boolean): Promise<void>;
};

/** @internal Milliseconds that a connection gets to take its leave. */
export const FAREWELL = 1000;

/**
 * @internal Make objects by `make` until all are connected. Rejects with ConnectionError when that has
 * not succeeded within the backend's `connectTimeout`, at once if the backend refuses who we are, and
 * with the signal's reason when that is aborted; nothing stays open then.
 */
export async function connect<T extends Record<string, Opened>>(
  backend: Backend,
  outage: Outage,
  make: () => T,
  signal: AbortSignal,
): Promise<T> {
  const timer = new AbortController();
  const end = AbortSignal.any([signal, timer.signal]);
  const timeout = setTimeout(() => timer.abort(), backend.connectTimeout);
  try {
    for (let pause = 50; ; pause = Math.min(2 * pause, 1000)) {
      const made = make();
      try {
        await allReady(Object.values(made), outage, end);
        outage.over();
        return made;
      } catch (error) {
        await closeAll(Object.values(made), true);
        signal.throwIfAborted();
        if (timer.signal.aborted) {
          const ms = backend.connectTimeout;
          throw backend.error(`no connection within ${ms} ms to`, outage.error ?? error);
        }
        if (!isOutage(error)) throw backend.error("cannot use", error);
        outage.note(error);
        await delay(pause, undefined, { signal: end }).catch(() => undefined);
      }
    }
  } finally {
    clearTimeout(timeout);
  }
}

function allReady(objects: Opened[], outage: Outage, end: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = withResolvers<unknown>();
  let state: "waiting" | "ready" | "given up" = "waiting";
  for (const object of objects) {
    object.on("error", (error: Error) => {
      // A wrong password, say: BullMQ would try again for ever.
      if (state === "waiting" && !isOutage(error)) reject(error);
      else if (state !== "given up") outage.note(error);
    });
    // Redis: it is back. An idle worker would not hear of it otherwise.
    object.getBackend().on("ready", () => {
      if (state === "ready") outage.over();
    });
  }
  const abort = () => reject(end.reason);
  if (end.aborted) abort();
  end.addEventListener("abort", abort);
  Promise.all(objects.map((object) => object.waitUntilReady())).then(resolve, reject);
  const settle = (now: typeof state) => {
    state = now;
    end.removeEventListener("abort", abort);
  };
  return promise.then(
    () => settle("ready"),
    (error: unknown) => {
      settle("given up");
      throw error;
    },
  );
}

/** @internal Close; cut the connection if it is `away`, or does not end in time. Never rejects. */
export async function closeAll(objects: readonly Opened[], away: boolean): Promise<void> {
  await Promise.all(objects.map((object) => closeOne(object, away)));
}

async function closeOne(object: Opened, away: boolean): Promise<void> {
  const backend = object.getBackend();
  const cut = () => backend.close(true).catch(() => undefined);
  if (away) void cut();
  const closing = object.close(true).catch(() => undefined);
  if (await inTime(closing, away ? FAREWELL / 10 : FAREWELL)) return;
  void backend.disconnectBlocking(false).catch(() => undefined);
  void object.disconnect().catch(() => undefined);
  await inTime(cut(), FAREWELL);
}

/** @internal Has the promise settled within `ms`? */
export async function inTime(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    timer.abort();
  }
}

/** @internal `Promise.withResolvers`, which Node 20 lacks. */
export function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
