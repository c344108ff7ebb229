/*
 * Barrier: a number of tasks wait for each other.
 *
 *   filling --the last one comes--> draining --the last one leaves--> filling
 *      |  \--reset() while tasks wait--> resetting --the last one leaves--> filling
 *      \--abort()--> broken --reset()--> resetting or filling
 */
import type { Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { thenable } from "../task/thenable.ts";
import { Condition } from "./condition.ts";

/** The barrier was reset or aborted while a task waited. Counterpart: `asyncio.BrokenBarrierError`. */
export class BrokenBarrierError extends Error {
  override name = "BrokenBarrierError";
}

/** What changes in a barrier: whoever waits for it waits for the barrier. */
class BarrierChange extends Condition {
  readonly #barrier: Barrier;

  constructor(barrier: Barrier) {
    super();
    this.#barrier = barrier;
  }

  override toString(): string {
    return String(this.#barrier);
  }
}

type State = "filling" | "draining" | "resetting" | "broken";

/**
 * A meeting point for `parties` tasks. Counterpart: `asyncio.Barrier`.
 *
 * @example
 * const start = new Barrier(3);
 * const index = yield* start.wait();   // 0, 1 or 2, when all three are there
 */
export class Barrier {
  readonly name: string | undefined;
  readonly #parties: number;
  readonly #changed: Condition;
  #state: State = "filling";
  #count = 0;

  /** Throws RangeError if `parties` is below 1. */
  constructor(parties: number, options: { name?: string } = {}) {
    if (typeof parties !== "number") {
      throw new TypeError(`a barrier's number of parties must be a number, got ${typeof parties}`);
    }
    if (!(parties >= 1)) throw new RangeError("parties must be >= 1");
    if (!Number.isInteger(parties)) throw new RangeError(`parties must be whole, got ${parties}`);
    this.#parties = parties;
    this.name = options.name;
    this.#changed = new BarrierChange(this);
  }

  get parties(): number {
    return this.#parties;
  }

  /** How many wait for the barrier to fill. */
  get nWaiting(): number {
    return this.#state === "filling" ? this.#count : 0;
  }

  get broken(): boolean {
    return this.#state === "broken";
  }

  /**
   * Wait until `parties` tasks wait; gives each a number of its own from 0. Throws BrokenBarrierError
   * if the barrier is broken, or is reset or aborted meanwhile. On cancellation the place is given up.
   */
  wait(): ThenableCoroutine<number> {
    return wait(this);
  }

  /** Send those who wait away with BrokenBarrierError; the barrier can be used again. */
  reset(): ThenableCoroutine<void> {
    return reset(this);
  }

  /** Break the barrier: all who wait or will wait get BrokenBarrierError. */
  abort(): ThenableCoroutine<void> {
    return abort(this);
  }

  statistics(): { parties: number; tasksWaiting: number; broken: boolean } {
    return { parties: this.#parties, tasksWaiting: this.nWaiting, broken: this.broken };
  }

  /** For reports: `Barrier "start" (2 of 3 waiting)`. */
  toString(): string {
    const state = this.broken ? "broken" : `${this.#count} of ${this.#parties} waiting`;
    return `${this.#title} (${state})`;
  }

  get #title(): string {
    return this.name === undefined ? "Barrier" : `Barrier "${this.name}"`;
  }

  /** @internal */
  *_wait(): Coroutine<number> {
    const changed = this.#changed;
    yield* changed.acquire();
    try {
      yield* changed.waitFor(() => this.#state !== "draining" && this.#state !== "resetting");
      if (this.#state === "broken") throw new BrokenBarrierError(`${this.#title} was aborted`);
      const index = this.#count++;
      try {
        if (index + 1 === this.#parties) {
          this.#state = "draining";
          changed.notifyAll();
        } else yield* this.#waitForOthers();
        return index;
      } finally {
        this.#count--;
        this.#leave();
      }
    } finally {
      changed.release();
    }
  }

  *#waitForOthers(): Coroutine<void> {
    yield* this.#changed.waitFor(() => this.#state !== "filling");
    if (this.#state === "broken" || this.#state === "resetting") {
      throw new BrokenBarrierError(`${this.#title} was aborted or reset`);
    }
  }

  /** The last one to leave opens the barrier again. */
  #leave(): void {
    if (this.#count > 0) return;
    if (this.#state === "resetting" || this.#state === "draining") this.#state = "filling";
    this.#changed.notifyAll();
  }

  /** @internal */
  *_change(change: "reset" | "abort"): Coroutine<void> {
    const changed = this.#changed;
    yield* changed.acquire();
    try {
      if (change === "abort") this.#state = "broken";
      else this.#state = this.#count > 0 ? "resetting" : "filling";
      changed.notifyAll();
    } finally {
      changed.release();
    }
  }
}

const wait = thenable(function* wait(barrier: Barrier): Coroutine<number> {
  return yield* barrier._wait();
});

const reset = thenable(function* reset(barrier: Barrier): Coroutine<void> {
  yield* barrier._change("reset");
});

const abort = thenable(function* abort(barrier: Barrier): Coroutine<void> {
  yield* barrier._change("abort");
});
