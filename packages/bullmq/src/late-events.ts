/*
 * PostgreSQL's events, none left out.
 *
 * Events have numbers, and BullMQ reads what is above the last one. But a transaction takes its numbers
 * before it commits: one that commits later may have lower numbers, and these are below by then. Under load
 * that is every hundredth job. So what lies close below is read again, and passed on if it was not before.
 */
import type { IQueueBackend } from "bullmq";

/** How far below, in pages of what BullMQ reads at once. At 6,000 events in a second these are 33 ms. */
const PAGES = [200, 100];
const WINDOW = 200;

/** Milliseconds until the next read, when something has just come; twice as long after each in vain. */
const SHORTEST = 10;

/** @internal Let `backend.readEvents` give late events too. */
export function withLateEvents<B extends Pick<IQueueBackend, "readEvents">>(backend: B): B {
  const read = backend.readEvents.bind(backend);
  const seen = new Set<number>();
  /** What was there before the first read is nobody's. */
  let lowest = Number.NaN;
  let highest = Number.NaN;
  let patience = SHORTEST;

  const value: IQueueBackend["readEvents"] = async (id, blockTimeout) => {
    const isFirst = Number.isNaN(highest);
    const from = isFirst ? id : String(highest);
    const fresh = (await read(from, Math.min(patience, blockTimeout)))?.[0]?.[1] ?? [];
    const pages = isFirst
      ? []
      : await Promise.all(PAGES.map((below) => read(String(Math.max(lowest, highest - below)), 1)));
    const late = pages.flatMap((page) => page?.[0]?.[1] ?? []);
    const events = [...late, ...fresh].filter(([number]) => {
      const isNew = !seen.has(Number(number));
      seen.add(Number(number));
      return isNew;
    });
    patience = events.length > 0 ? SHORTEST : 2 * patience;
    if (events.length === 0) return null;
    highest = Math.max(isFirst ? 0 : highest, ...events.map(([number]) => Number(number)));
    if (isFirst) lowest = Math.min(...events.map(([number]) => Number(number)));
    for (const number of seen) if (number <= highest - 2 * WINDOW) seen.delete(number);
    return [["events", events]];
  };
  Object.defineProperty(backend, "readEvents", { value });
  return backend;
}
