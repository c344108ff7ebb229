/*
 * The timer heap: a 4-ary heap of deadlines.
 *
 *   when:  Float64Array   deadline           index 0 is the earliest
 *   order: Float64Array   sequence number    equal deadlines leave in the order they came
 *   items: Timer[]        what is to run
 *
 * The keys lie in typed arrays beside the items: a comparison touches no object, and an item needs
 * no boxed double (24 bytes for each sleeping task). Four children share a cache line, so a heap of
 * a million is ten levels deep instead of twenty. CPython leaves equal deadlines in an order that
 * depends on the heap's layout; here they are FIFO.
 *
 * Cancelling is lazy, as in asyncio: the item says that it is dead, and is dropped when it comes to
 * the top. When more than half of the heap is dead it is rebuilt, so cancelling costs O(1) amortised
 * and memory stays within twice of what is alive. A wheel of buckets (Node's own timers, tokio) was
 * not taken: its O(1) insertion is no quicker than pushing to the end of this heap, which is what
 * timers of increasing deadline do, and it rounds.
 */
import type { ReadyQueue, Runnable } from "./ready-queue.ts";

export interface Timer extends Runnable {
  /** Cancelled: it will not run, and may be dropped. */
  isDead(): boolean;
  /** It has left the heap (to run, or dropped). */
  left(): void;
}

const INITIAL_CAPACITY = 64;
const REBUILD_MINIMUM = 64;

export class TimerHeap {
  #when = new Float64Array(INITIAL_CAPACITY);
  #order = new Float64Array(INITIAL_CAPACITY);
  #items: (Timer | undefined)[] = new Array(INITIAL_CAPACITY).fill(undefined);
  #size = 0;
  #dead = 0;
  #sequence = 0;

  /** Number of timers in the heap, dead ones included. */
  get size(): number {
    return this.#size;
  }

  /** Number of those that were not cancelled. */
  get alive(): number {
    return this.#size - this.#dead;
  }

  push(when: number, item: Timer): void {
    const at = this.#size++;
    if (at === this.#when.length) this.#resize(at * 2);
    this.#siftUp(at, when, this.#sequence++, item);
  }

  /** The earliest deadline; Infinity if there is none. Drops dead timers from the top. */
  next(): number {
    while (this.#size > 0) {
      const top = this.#items[0] as Timer;
      if (!top.isDead()) return this.#when[0] as number;
      this.#dead--;
      this.#removeTop();
      top.left();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Move every timer that is due to the end of the ready queue, earliest first. */
  popDue(now: number, ready: ReadyQueue): void {
    for (let when = this.next(); when <= now && this.#size > 0; when = this.next()) {
      const top = this.#items[0] as Timer;
      this.#removeTop();
      top.left();
      ready.push(top, undefined);
    }
  }

  /** An item in the heap has died. */
  noteDead(): void {
    this.#dead++;
    if (this.#dead > REBUILD_MINIMUM && this.#dead * 2 > this.#size) this.#rebuild();
  }

  /** All timers alive, in no particular order. */
  *[Symbol.iterator](): Generator<Timer, void, undefined> {
    for (let i = 0; i < this.#size; i++) {
      const item = this.#items[i] as Timer;
      if (!item.isDead()) yield item;
    }
  }

  clear(): void {
    this.#size = 0;
    this.#dead = 0;
    this.#resize(INITIAL_CAPACITY);
  }

  /** Three arrays of the same length: `items` too, whose growth by `push` would waste a half. */
  #resize(capacity: number): void {
    const when = new Float64Array(capacity);
    const order = new Float64Array(capacity);
    const items = new Array(capacity).fill(undefined);
    when.set(this.#when.subarray(0, this.#size));
    order.set(this.#order.subarray(0, this.#size));
    for (let i = 0; i < this.#size; i++) items[i] = this.#items[i];
    this.#when = when;
    this.#order = order;
    this.#items = items;
  }

  #siftUp(start: number, key: number, sequence: number, item: Timer): void {
    const when = this.#when;
    const order = this.#order;
    const items = this.#items;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentKey = when[parent] as number;
      // A new timer never goes before an equal one: its sequence number is the highest.
      if (parentKey <= key) break;
      when[at] = parentKey;
      order[at] = order[parent] as number;
      items[at] = items[parent] as Timer;
      at = parent;
    }
    when[at] = key;
    order[at] = sequence;
    items[at] = item;
  }

  #removeTop(): void {
    const last = --this.#size;
    const item = this.#items[last] as Timer;
    this.#items[last] = undefined;
    if (last === 0) return;
    this.#siftDown(0, this.#when[last] as number, this.#order[last] as number, item);
  }

  #siftDown(start: number, key: number, sequence: number, item: Timer): void {
    const when = this.#when;
    const order = this.#order;
    const items = this.#items;
    const size = this.#size;
    let at = start;
    for (;;) {
      const first = at * 4 + 1;
      if (first >= size) break;
      const end = Math.min(first + 4, size);
      let best = first;
      for (let child = first + 1; child < end; child++) {
        if (this.#before(child, best)) best = child;
      }
      const bestKey = when[best] as number;
      if (bestKey > key || (bestKey === key && (order[best] as number) > sequence)) break;
      when[at] = bestKey;
      order[at] = order[best] as number;
      items[at] = items[best] as Timer;
      at = best;
    }
    when[at] = key;
    order[at] = sequence;
    items[at] = item;
  }

  #before(a: number, b: number): boolean {
    const whenA = this.#when[a] as number;
    const whenB = this.#when[b] as number;
    return (
      whenA < whenB || (whenA === whenB && (this.#order[a] as number) < (this.#order[b] as number))
    );
  }

  /** Drop the dead and heapify what is left (Floyd: from the last parent up). */
  #rebuild(): void {
    let size = 0;
    for (let i = 0; i < this.#size; i++) {
      const item = this.#items[i] as Timer;
      if (item.isDead()) {
        item.left();
        continue;
      }
      this.#when[size] = this.#when[i] as number;
      this.#order[size] = this.#order[i] as number;
      this.#items[size] = item;
      size++;
    }
    this.#size = size;
    this.#dead = 0;
    this.#resize(Math.max(INITIAL_CAPACITY, 2 ** Math.ceil(Math.log2(size + 1))));
    for (let at = (size - 2) >> 2; at >= 0; at--) {
      this.#siftDown(
        at,
        this.#when[at] as number,
        this.#order[at] as number,
        this.#items[at] as Timer,
      );
    }
  }
}
