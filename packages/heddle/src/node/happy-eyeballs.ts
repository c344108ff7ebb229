/*
 * Happy eyeballs (RFC 8305): of a host's addresses, the one that answers first.
 *
 *   0 ms     the first address is tried
 *   250 ms   no answer yet: the second one is tried as well
 *   …        an attempt that fails starts the next one at once
 *
 * The first connection wins, and the other attempts are given up. So a host whose IPv6 route is broken costs
 * 250 milliseconds, not the minutes of a TCP time-out. asyncio does the same when it is told to
 * (`happy_eyeballs_delay`); here it is the default, as in browsers.
 */
import type { Coroutine } from "../coroutine/types.ts";
import type { TimerHandle } from "../loop/handle.ts";
import type { HostAddress, Wire } from "../stream/network.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { isCancelled } from "../task/errors.ts";
import { Future } from "../task/future.ts";
import type { Task } from "../task/task.ts";

/**
 * The addresses in the order in which they are tried: `first` of the preferred family (that of the first
 * address), then the families by turns.
 */
export function interleave(addresses: readonly HostAddress[], first: number): HostAddress[] {
  const preferred = addresses.filter(({ family }) => family === addresses[0]?.family);
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const order = preferred.splice(0, first);
  while (preferred.length + others.length > 0) {
    order.push(...others.splice(0, 1), ...preferred.splice(0, 1));
  }
  return order;
}

/** Try the addresses by `attempt`; gives the first connection, else the errors in the order of their coming. */
export function firstConnection(
  addresses: readonly HostAddress[],
  attempt: (address: HostAddress) => Coroutine<Wire>,
  delay: number | null,
): Coroutine<Wire | Error[]> {
  return new Race(addresses, attempt, delay).run();
}

// A task group says the same in half the lines. But most often the first address answers, and then its
// scopes, and the cancellation of what waits for the next attempt, cost more than connecting does.
class Race {
  readonly #loop = getRunningLoop();
  readonly #addresses: readonly HostAddress[];
  readonly #attempt: (address: HostAddress) => Coroutine<Wire>;
  readonly #delay: number | null;
  readonly #running = new Set<Task<void>>();
  readonly #errors: Error[] = [];
  #begun = 0;
  #timer: TimerHandle | null = null;
  #won: Wire | null = null;
  /** No further attempt is begun. */
  #over = false;
  /** Set when an attempt has ended so that there is something to do. */
  #news: Future<void>;

  constructor(
    addresses: readonly HostAddress[],
    attempt: (address: HostAddress) => Coroutine<Wire>,
    delay: number | null,
  ) {
    this.#addresses = addresses;
    this.#attempt = attempt;
    this.#delay = delay;
    this.#news = this.#future();
  }

  #future(): Future<void> {
    return new Future<void>(this.#loop, "the first connection");
  }

  *run(): Coroutine<Wire | Error[]> {
    let cancellation: unknown = null;
    this.#begin();
    try {
      yield* this.#news;
    } catch (error) {
      cancellation = error;
    }
    this.#over = true;
    this.#timer?.cancel();
    for (const task of this.#running) task.cancel();
    // Those that are given up end soon; nothing of them is left behind.
    while (this.#running.size > 0) {
      this.#news = this.#future();
      try {
        yield* this.#news;
      } catch (error) {
        cancellation ??= error;
      }
    }
    const won = this.#won;
    // The timer knows this race until its time, though it is cancelled: it must not keep the connection.
    this.#won = null;
    if (cancellation === null) return won ?? this.#errors;
    won?.discard();
    throw cancellation;
  }

  readonly #begin = (): void => {
    const address = this.#addresses[this.#begun++] as HostAddress;
    const last = this.#begun === this.#addresses.length;
    const task = this.#loop.createTask(this.#try(address, this.#begun));
    this.#running.add(task);
    task.addDoneCallback(() => {
      this.#running.delete(task);
      if (this.#running.size === 0) this.#tell();
    });
    this.#timer =
      last || this.#delay === null ? null : this.#loop.callLater(this.#delay, this.#begin);
  };

  *#try(address: HostAddress, number: number): Coroutine<void> {
    try {
      const wire = yield* this.#attempt(address);
      if (this.#won !== null || this.#over) wire.discard();
      else this.#won = wire;
      this.#tell();
    } catch (error) {
      if (isCancelled(error)) throw error;
      this.#errors.push(error as Error);
      if (this.#over || number !== this.#begun || number === this.#addresses.length) return;
      this.#timer?.cancel();
      this.#begin();
    }
  }

  #tell(): void {
    if (!this.#news.done()) this.#news.setResult(undefined);
  }
}
