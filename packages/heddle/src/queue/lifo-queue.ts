/*
 * LifoQueue: the newest item comes out first.
 */
import { Queue, type QueueOptions, type Store } from "./queue.ts";

class Stack<T> implements Store<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    return this.#items.pop();
  }
}

/** A queue whose newest item comes out first. Counterparts: `asyncio.LifoQueue`, `gevent.queue.LifoQueue`. */
export class LifoQueue<T> extends Queue<T> {
  constructor(maxsize = 0, options: QueueOptions = {}) {
    super(maxsize, options, new Stack<T>());
  }
}
