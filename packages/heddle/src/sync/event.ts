/*
 * Event: a flag that tasks can wait for.
 */
import type { Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { getEventLoop } from "../task/current-loop.ts";
import { Future } from "../task/future.ts";
import { thenable } from "../task/thenable.ts";

/**
 * A flag; `wait()` waits until it is set. Counterparts: `asyncio.Event`, `trio.Event`, `gevent.event.Event`.
 *
 * @example
 * const ready = new Event();
 * createTask(function* () {
 *   yield* ready.wait();
 *   console.log("go");
 * });
 * ready.set();
 */
export class Event {
  readonly name: string | undefined;
  readonly #waiters = new Set<Future<void>>();
  #set = false;

  constructor(options: { name?: string } = {}) {
    this.name = options.name;
  }

  isSet(): boolean {
    return this.#set;
  }

  /** Set the flag and wake all who wait. */
  set(): void {
    if (this.#set) return;
    this.#set = true;
    for (const waiter of this.#waiters) if (!waiter.done()) waiter.setResult(undefined);
  }

  clear(): void {
    this.#set = false;
  }

  /** Wait until the flag is set; gives true. Does not suspend if it is. */
  wait(): ThenableCoroutine<true> {
    return wait(this);
  }

  /** Counterpart: `trio.Event.statistics`. */
  statistics(): { tasksWaiting: number } {
    return { tasksWaiting: this.#waiters.size };
  }

  /** For reports: `Event "ready" (not set)`. */
  toString(): string {
    const name = this.name === undefined ? "Event" : `Event "${this.name}"`;
    return `${name} (${this.#set ? "set" : "not set"})`;
  }

  /** @internal */
  *_wait(): Coroutine<true> {
    if (this.#set) return true;
    const waiter = new Future<void>(getEventLoop(), this);
    this.#waiters.add(waiter);
    try {
      yield* waiter;
      return true;
    } finally {
      this.#waiters.delete(waiter);
    }
  }
}

const wait = thenable(function* wait(event: Event): Coroutine<true> {
  return yield* event._wait();
});
