/*
 * How page and worker meet:
 *
 *   worker  --READY--->        it serves: its file is loaded, whatever that awaits on the way
 *           <--START---        a port: jobs and answers go through it
 *
 * Not by messages of the worker itself: those are the program's own, and one that comes before anybody
 * listens is lost, while a port keeps them.
 *
 * Nobody tells a page of a worker that closes itself, or that the browser ends for want of memory. So a worker
 * takes a lock (Web Locks) of a name that nobody else has, and keeps it all its life: the page asks for the
 * same lock, and gets it when the worker is gone. Only secure contexts (https, localhost) have locks.
 */
import type { WebPort } from "./web-worker-like.ts";

export const READY = "heddle: ready";
export const START = "heddle: start";

export interface ReadyMessage {
  /** The name of the worker's lock; null if it has none. */
  readonly [READY]: string | null;
}

export interface StartMessage {
  readonly [START]: WebPort;
}

/** The locks of this page and its workers. */
export function lockManager(): LockManager | undefined {
  return (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
}

interface LockManager {
  /** Held until what `held` returns has settled. */
  request(name: string, held: () => unknown): Promise<unknown>;
}
