/*
 * Queue: what one task makes, another takes.
 *
 * With a maximum size, `put` waits for room: the slow consumer slows the producer down instead of
 * filling the memory. The rules are asyncio's: an item that is put wakes one getter, an item that is
 * taken wakes one putter, and whoever is woken but cancelled passes its wake-up on.
 */
import { arm } from "../coroutine/suspend.ts";
import type { Coroutine, ThenableAwaitable, ThenableCoroutine } from "../coroutine/types.ts";
import { getEventLoop } from "../task/current-loop.ts";
import { Future } from "../task/future.ts";
import { Operation, type Progress } from "../task/operation.ts";
import { thenable } from "../task/thenable.ts";
import { QueueEmpty, QueueFull, QueueShutDown } from "./errors.ts";
import { Fifo } from "./fifo.ts";

/** Where a queue keeps its items: in which order they come out. */
export interface Store<T> {
  readonly size: number;
  push(item: T): void;
  shift(): T | undefined;
}

export interface QueueOptions {
  /** Shown in reports. */
  name?: string;
}

/**
 * A queue between tasks, first in, first out. `maxsize` items fit in; 0 or less: any number.
 * Counterparts: `asyncio.Queue`, `gevent.queue.Queue`, a memory channel of trio.
 *
 * It is async-iterable until it is shut down.
 *
 * @example
 * const jobs = new Queue<string>(100);
 * yield* jobs.put("a");
 * const job = yield* jobs.get();
 * jobs.taskDone();
 */
export class Queue<T> {
  readonly maxsize: number;
  readonly name: string | undefined;
  readonly #store: Store<T>;
  readonly #getters = new Fifo<Operation>();
  readonly #putters = new Fifo<Operation>();
  readonly #joiners = new Set<Future<void>>();
  #unfinished = 0;
  #shutDown = false;

  constructor(maxsize?: number, options?: QueueOptions);
  /** @internal */
  constructor(maxsize: number | undefined, options: QueueOptions | undefined, store: Store<T>);
  constructor(maxsize = 0, options: QueueOptions = {}, store: Store<T> = new Fifo<T>()) {
    if (typeof maxsize !== "number" || Number.isNaN(maxsize)) {
      throw new TypeError(
        `a queue's maxsize must be a number (0: no limit), got ${String(maxsize)}. ` +
          'Options come second: new Queue(0, { name: "jobs" })',
      );
    }
    this.maxsize = maxsize;
    this.name = options.name;
    this.#store = store;
  }

  /** Number of items in the queue. */
  qsize(): number {
    return this.#store.size;
  }

  empty(): boolean {
    return this.#store.size === 0;
  }

  full(): boolean {
    return this.maxsize > 0 && this.#store.size >= this.maxsize;
  }

  /**
   * Put an item in; waits for room if the queue is full, and does not suspend otherwise. Throws
   * QueueShutDown. On cancellation nothing was put in.
   */
  put(item: T): ThenableAwaitable<void> {
    return new Put(
      this as Queue<unknown>,
      item,
    ) as ThenableAwaitable<unknown> as ThenableAwaitable<void>;
  }

  /** Put an item in at once. Throws QueueFull if there is no room, QueueShutDown after `shutdown()`. */
  putNowait(item: T): void {
    if (this.#shutDown) throw new QueueShutDown(`${this} was shut down`);
    if (this.full()) throw new QueueFull(`${this} has ${this.maxsize} items, its maximum`);
    this.#store.push(item);
    this.#unfinished++;
    wakeNext(this.#getters);
  }

  /**
   * Take an item; waits for one if the queue is empty, and does not suspend otherwise. Throws
   * QueueShutDown if the queue was shut down and is empty. On cancellation nothing was taken.
   */
  get(): ThenableAwaitable<T> {
    return new Get(this as Queue<unknown>) as ThenableAwaitable<unknown> as ThenableAwaitable<T>;
  }

  /** Take an item at once. Throws QueueEmpty, or QueueShutDown if there will never be one. */
  getNowait(): T {
    if (this.#store.size === 0) {
      if (this.#shutDown) throw new QueueShutDown(`${this} was shut down`);
      throw new QueueEmpty(`${this} is empty`);
    }
    const item = this.#store.shift() as T;
    wakeNext(this.#putters);
    return item;
  }

  /** An item that was taken is done with. Throws RangeError if called more often than items were put. */
  taskDone(): void {
    if (this.#unfinished <= 0) throw new RangeError("taskDone() called too many times");
    this.#unfinished--;
    if (this.#unfinished === 0) this.#wakeJoiners();
  }

  /** Wait until `taskDone` was called for every item. Does not suspend if it was. */
  join(): ThenableCoroutine<void> {
    return join(this as Queue<unknown>);
  }

  /**
   * Let nothing in any more. Getters empty the queue and then get QueueShutDown; with `immediate` the
   * items are dropped at once. All who wait are woken.
   */
  shutdown(options: { immediate?: boolean } = {}): void {
    this.#shutDown = true;
    if (options.immediate === true) {
      while (this.#store.size > 0) {
        this.#store.shift();
        if (this.#unfinished > 0) this.#unfinished--;
      }
      if (this.#unfinished === 0) this.#wakeJoiners();
    }
    wakeAll(this.#getters);
    wakeAll(this.#putters);
  }

  /** Counterpart: the `statistics()` of trio's channels. */
  statistics(): {
    size: number;
    maxsize: number;
    unfinished: number;
    getters: number;
    putters: number;
  } {
    return {
      size: this.#store.size,
      maxsize: this.maxsize,
      unfinished: this.#unfinished,
      getters: this.#getters.size,
      putters: this.#putters.size,
    };
  }

  /** The items as they come, until the queue is shut down. Each counts as taken, not as done. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      try {
        yield await this.get();
      } catch (error) {
        if (error instanceof QueueShutDown) return;
        throw error;
      }
    }
  }

  /** For reports: `Queue "jobs" (3 items)`. */
  toString(): string {
    const name = this.name === undefined ? "" : ` "${this.name}"`;
    const most = this.maxsize > 0 ? ` of ${this.maxsize}` : "";
    return `${this.constructor.name}${name} (${this.#store?.size ?? 0}${most} items)`;
  }

  /** @internal Put the item of `turn` in, or let it stand in line. */
  _put(turn: Operation, item: T): Progress {
    if (!this.full()) {
      this.putNowait(item);
      return { done: true, value: undefined };
    }
    if (this.#shutDown) throw new QueueShutDown(`${this} was shut down`);
    this.#putters.push(turn);
    return arm(turn);
  }

  /** @internal Take an item for `turn`, or let it stand in line. */
  _get(turn: Operation): Progress {
    if (this.#store.size > 0) return { done: true, value: this.getNowait() };
    if (this.#shutDown) throw new QueueShutDown(`${this} was shut down`);
    this.#getters.push(turn);
    return arm(turn);
  }

  /** @internal `turn` leaves the line; if it had been woken, the next one is woken instead. */
  _leave(turn: Operation, side: "get" | "put"): void {
    const line = side === "get" ? this.#getters : this.#putters;
    turn.cancel();
    line.remove(turn);
    const useful = side === "get" ? this.#store.size > 0 : !this.full();
    if (useful && !turn.cancelled()) wakeNext(line);
  }

  /** @internal */
  *_join(): Coroutine<void> {
    if (this.#unfinished === 0) return;
    const waiter = new Future<void>(getEventLoop(), {
      toString: () => `join() of ${this}, ${this.#unfinished} not done`,
    });
    this.#joiners.add(waiter);
    try {
      yield* waiter;
    } finally {
      this.#joiners.delete(waiter);
    }
  }

  #wakeJoiners(): void {
    for (const waiter of this.#joiners) if (!waiter.done()) waiter.setResult(undefined);
  }
}

function wakeNext(line: Fifo<Operation>): void {
  for (let turn = line.shift(); turn !== undefined; turn = line.shift()) {
    if (turn.done()) continue;
    turn.setResult(undefined);
    return;
  }
}

function wakeAll(line: Fifo<Operation>): void {
  for (let turn = line.shift(); turn !== undefined; turn = line.shift()) {
    if (!turn.done()) turn.setResult(undefined);
  }
}

/** A `get` in progress. */
class Get extends Operation {
  get _call(): string {
    return "get()";
  }

  protected override begin(): Progress {
    return (this._about as Queue<unknown>)._get(this);
  }

  protected override proceed(): Progress {
    // Another one may have taken the item: then wait again, at the end of the line.
    this.waitAgain();
    return this.begin();
  }

  protected override interrupted(): void {
    (this._about as Queue<unknown>)._leave(this, "get");
  }
}

/** A `put` in progress. */
class Put extends Operation {
  readonly #item: unknown;

  constructor(queue: Queue<unknown>, item: unknown) {
    super(queue);
    this.#item = item;
  }

  get _call(): string {
    return "put()";
  }

  protected override begin(): Progress {
    return (this._about as Queue<unknown>)._put(this, this.#item);
  }

  protected override proceed(): Progress {
    this.waitAgain();
    return this.begin();
  }

  protected override interrupted(): void {
    (this._about as Queue<unknown>)._leave(this, "put");
  }
}

const join = thenable(function* join(queue: Queue<unknown>): Coroutine<void> {
  yield* queue._join();
});

const immortalQueue = new Queue<unknown>();

/** For the sake of their hidden classes: see the end of task/task.ts. */
export const immortalOperations: readonly unknown[] = [
  new Get(immortalQueue),
  new Put(immortalQueue, undefined),
];
