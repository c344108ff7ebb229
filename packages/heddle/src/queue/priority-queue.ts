/*
 * PriorityQueue: the smallest item comes out first; a binary heap.
 *
 * Python compares tuples item by item; JavaScript's `<` turns arrays into strings. So arrays are
 * compared here as Python does, and everything else by `<`, or by a `compare` of one's own. Equal
 * items come out in the order in which they were put in.
 */
import { Queue, type QueueOptions, type Store } from "./queue.ts";

/** Negative if `a` comes before `b`, positive if after, 0 if they are equal. */
export type Compare<T> = (a: T, b: T) => number;

function naturally(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    const length = Math.min(a.length, b.length);
    for (let i = 0; i < length; i++) {
      const order = naturally(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  const [x, y] = [a as number, b as number];
  return x < y ? -1 : x > y ? 1 : 0;
}

interface Entry<T> {
  readonly item: T;
  readonly order: number;
}

class Heap<T> implements Store<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #compare: Compare<T>;
  #nextOrder = 0;

  constructor(compare: Compare<T>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#entries.length;
  }

  push(item: T): void {
    const entries = this.#entries;
    const entry = { item, order: this.#nextOrder++ };
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(entry, entries[parent] as Entry<T>)) break;
      entries[at] = entries[parent] as Entry<T>;
      at = parent;
    }
    entries[at] = entry;
  }

  shift(): T | undefined {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries.pop();
    if (top === undefined || last === undefined) return undefined;
    if (entries.length > 0) this.#sink(last);
    return top.item;
  }

  #sink(entry: Entry<T>): void {
    const entries = this.#entries;
    const size = entries.length;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && this.#before(entries[right] as Entry<T>, entries[child] as Entry<T>)) {
        child = right;
      }
      if (!this.#before(entries[child] as Entry<T>, entry)) break;
      entries[at] = entries[child] as Entry<T>;
      at = child;
    }
    entries[at] = entry;
  }

  #before(a: Entry<T>, b: Entry<T>): boolean {
    const order = this.#compare(a.item, b.item);
    return order < 0 || (order === 0 && a.order < b.order);
  }
}

/**
 * A queue whose smallest item comes out first. Items are usually `[priority, data]`: arrays are
 * compared item by item. Counterparts: `asyncio.PriorityQueue`, `gevent.queue.PriorityQueue`.
 *
 * @example
 * const jobs = new PriorityQueue<[number, string]>();
 * jobs.putNowait([2, "later"]);
 * jobs.putNowait([1, "now"]);
 * jobs.getNowait();   // [1, "now"]
 */
export class PriorityQueue<T> extends Queue<T> {
  constructor(maxsize = 0, options: QueueOptions & { compare?: Compare<T> } = {}) {
    super(maxsize, options, new Heap<T>(options.compare ?? naturally));
  }
}
