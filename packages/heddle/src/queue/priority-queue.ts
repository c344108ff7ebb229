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

  // A comparison may throw: all of them come before anything is moved.

  push(item: T): void {
    const entries = this.#entries;
    const entry = { item, order: this.#nextOrder++ };
    const path = [entries.length];
    for (let at = entries.length; at > 0; ) {
      at = (at - 1) >> 1;
      if (!this.#before(entry, entries[at] as Entry<T>)) break;
      path.push(at);
    }
    this.#shiftAlong(path, entry);
  }

  shift(): T | undefined {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries[entries.length - 1];
    if (top === undefined || last === undefined) return undefined;
    const path = this.#pathDown(last, entries.length - 1);
    entries.pop();
    if (entries.length > 0) this.#shiftAlong(path, last);
    return top.item;
  }

  /** Where the smaller children lead down from the top, as far as they come before `entry`. */
  #pathDown(entry: Entry<T>, size: number): number[] {
    const entries = this.#entries;
    const path = [0];
    for (let at = 0; ; ) {
      let child = at * 2 + 1;
      if (child >= size) return path;
      const right = child + 1;
      if (right < size && this.#before(entries[right] as Entry<T>, entries[child] as Entry<T>)) {
        child = right;
      }
      if (!this.#before(entries[child] as Entry<T>, entry)) return path;
      path.push(child);
      at = child;
    }
  }

  /** Move each entry of the path one place towards its beginning, and put `entry` at its end. */
  #shiftAlong(path: number[], entry: Entry<T>): void {
    const entries = this.#entries;
    for (let i = 1; i < path.length; i++) {
      entries[path[i - 1] as number] = entries[path[i] as number] as Entry<T>;
    }
    entries[path[path.length - 1] as number] = entry;
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
