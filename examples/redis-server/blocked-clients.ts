// Clients that wait for an item of a list: BLPOP and BRPOP. Each is a coroutine that waits; who has waited
// longest gets the first item.
import { type Coroutine, Event, TimeoutError, taskGroup, timeout } from "heddle";
import type { Client } from "./client.ts";
import type { End } from "./list.ts";
import type { Store } from "./store.ts";

export type Item = [key: string, value: string];

interface Waiter {
  end: End;
  keys: readonly string[];
  item: Item | undefined;
  readonly served: Event;
}

export class BlockedClients {
  readonly #store: Store;
  readonly #waiters = new Map<string, Set<Waiter>>();
  #filled: string[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * The next item of one of these lists; undefined after `ms` milliseconds (null: no limit), or when the
   * client has gone.
   */
  *wait(
    client: Client,
    keys: readonly string[],
    end: End,
    ms: number | null,
  ): Coroutine<Item | undefined> {
    const waiter: Waiter = { end, keys, item: undefined, served: new Event() };
    this.#add(waiter);
    try {
      yield* timeout(ms, function* () {
        yield* taskGroup(function* (group) {
          group.createTask(function* () {
            yield* client.watch();
            group.cancel();
          });
          yield* waiter.served.wait();
          group.cancel();
        });
      });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    } finally {
      this.#remove(waiter);
    }
    if (waiter.item !== undefined && client.leaving) {
      this.#giveBack(waiter.item, end);
      return undefined;
    }
    return waiter.item;
  }

  /** Something was pushed to this list. */
  filled(key: string): void {
    if (this.#waiters.has(key)) this.#filled.push(key);
  }

  /** After a command: hand the items out. */
  serve(): void {
    if (this.#filled.length === 0) return;
    const keys = this.#filled;
    this.#filled = [];
    for (const key of keys) this.#serve(key);
  }

  #serve(key: string): void {
    for (const waiter of this.#waiters.get(key) ?? []) {
      if (!(this.#store.entry(key)?.value instanceof Object)) return; // empty, or no list any more
      const value = this.#store.pop(key, waiter.end)!;
      waiter.item = [key, value];
      waiter.served.set();
      this.#remove(waiter);
    }
  }

  #giveBack([key, value]: Item, end: End): void {
    this.#store.listToFill(key).push(end, value);
    this.filled(key);
    this.serve();
  }

  #add(waiter: Waiter): void {
    for (const key of waiter.keys) {
      const waiters = this.#waiters.get(key) ?? new Set();
      this.#waiters.set(key, waiters.add(waiter));
    }
  }

  #remove(waiter: Waiter): void {
    for (const key of waiter.keys) {
      const waiters = this.#waiters.get(key);
      waiters?.delete(waiter);
      if (waiters?.size === 0) this.#waiters.delete(key);
    }
  }
}
