/*
 * A queue of values in an array: taken from the front by an index, compacted when the front half is
 * empty. `Array.prototype.shift` moves everything behind it once an array is long.
 */

const COMPACT_MINIMUM = 32;

export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #front = 0;

  get size(): number {
    return this.#items.length - this.#front;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Take the oldest; undefined if there is none. */
  shift(): T | undefined {
    const items = this.#items;
    const front = this.#front;
    if (front === items.length) return undefined;
    const item = items[front];
    items[front] = undefined;
    this.#front = front + 1;
    if (this.#front === items.length) {
      items.length = 0;
      this.#front = 0;
    } else if (this.#front >= COMPACT_MINIMUM && this.#front * 2 >= items.length) {
      items.copyWithin(0, this.#front);
      items.length -= this.#front;
      this.#front = 0;
    }
    return item;
  }

  /** Remove `item`, wherever it stands; true if it was there. */
  remove(item: T): boolean {
    const at = this.#items.indexOf(item, this.#front);
    if (at < 0) return false;
    this.#items.splice(at, 1);
    return true;
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let i = this.#front; i < this.#items.length; i++) yield this.#items[i] as T;
  }
}
