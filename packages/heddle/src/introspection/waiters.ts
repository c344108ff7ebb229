/*
 * Who waits for a future: read from its listeners.
 *
 * A task that waits is a listener itself. What `gather`, `shield` and `wait` put in between are futures that
 * listen: whoever waits for those waits for this one too, as asyncio has it. Other listeners (a group, an
 * `asCompleted`) name who waits by them. Callbacks and promises wait on behalf of nobody that is known.
 */
import { type Future, isFuture, type Listener } from "../task/future.ts";
import type { Task } from "../task/task.ts";

export function isTask(future: Future<unknown>): future is Task<unknown> {
  return "getCoro" in future;
}

/**
 * The tasks that wait for `future`, and the futures that do on behalf of nobody yet, in the order of their
 * coming.
 */
export function waitersOf(future: Future<unknown>): Future<unknown>[] {
  const waiters: Future<unknown>[] = [];
  const met = new Set([future]);
  const links = [future];
  for (const link of links) {
    for (const waiter of directWaiters(link)) {
      if (met.has(waiter)) continue;
      met.add(waiter);
      const isLink = !isTask(waiter) && directWaiters(waiter).some((other) => other !== waiter);
      (isLink ? links : waiters).push(waiter);
    }
  }
  return waiters;
}

function directWaiters(future: Future<unknown>): Future<unknown>[] {
  const waiters: Future<unknown>[] = [];
  for (const listener of listenersOf(future)) {
    const waiter = isFuture(listener) ? listener : listener.waiter;
    if (waiter) waiters.push(waiter);
  }
  return waiters;
}

/** While it is pending, they stand in the slot that its outcome will take. */
function listenersOf(future: Future<unknown>): readonly Listener[] {
  const slot = future.done() ? null : (future._slot as Listener | Listener[] | null);
  if (slot === null) return [];
  return Array.isArray(slot) ? slot : [slot];
}
