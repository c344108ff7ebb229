/*
 * The ready queue: a ring of (target, argument) pairs in one flat array.
 *
 *   slots: [ t0 a0 | t1 a1 | t2 a2 |  .  . |  .  . ]      capacity: a power of two
 *            ^head                    ^tail
 *
 * asyncio allocates a Handle for every callback. Here a task that is resumed pushes itself, a
 * future that is done pushes its listener with itself as the argument, a timer pushes itself:
 * nothing is allocated on any path that a switch takes (`npm run bench -- --only switch`).
 *
 * The argument STEP marks a target that is a task to be stepped. The loop can then call `step` at a
 * place in the code that sees tasks only, which V8 inlines, and everything else by `run`.
 */

import type { Frame } from "../context/current.ts";

/** Something the loop can call. `argument` is what was pushed with it. */
export interface Runnable {
  run(argument: unknown): void;
}

/** Argument of a target that is to be stepped. */
export const STEP: unique symbol = Symbol.for("heddle.step");

export interface Steppable {
  step(): void;
}

const INITIAL_SLOTS = 256;

/** A ring above this size is given back when the queue has run empty. */
const KEPT_SLOTS = 1 << 16;

export class ReadyQueue {
  #slots: unknown[] = new Array(INITIAL_SLOTS).fill(undefined);
  #mask = INITIAL_SLOTS - 1;
  #head = 0;
  #tail = 0;
  #stepping = false;

  get length(): number {
    return ((this.#tail - this.#head) & this.#mask) >> 1;
  }

  get isEmpty(): boolean {
    return this.#head === this.#tail;
  }

  push(target: Runnable | Steppable, argument: unknown): void {
    const tail = this.#tail;
    const slots = this.#slots;
    slots[tail] = target;
    slots[tail + 1] = argument;
    this.#tail = (tail + 2) & this.#mask;
    if (this.#tail === this.#head) this.#grow();
  }

  /**
   * Call the oldest entry, then remove it. The queue must not be empty. While it is called it stays at
   * the head, so that `stepped` can tell which task is running.
   */
  runNext(): void {
    const head = this.#head;
    const target = this.#slots[head];
    const argument = this.#slots[head + 1];
    try {
      if (argument === STEP) {
        this.#stepping = true;
        (target as Steppable).step();
      } else (target as Runnable).run(argument);
    } finally {
      this.#stepping = false;
      this.#removeHead();
    }
  }

  #removeHead(): void {
    // The call may have moved the ring.
    const head = this.#head;
    const slots = this.#slots;
    slots[head] = undefined;
    slots[head + 1] = undefined;
    this.#head = (head + 2) & this.#mask;
  }

  /** The task that is being stepped; null in other callbacks. */
  get stepped(): Frame | null {
    return this.#stepping ? (this.#slots[this.#head] as Frame) : null;
  }

  /** What `runNext` will call, for reports. */
  get next(): unknown {
    return this.#slots[this.#head];
  }

  /** The queue has run empty: give back the memory of a burst. */
  shrink(): void {
    if (this.#mask >= KEPT_SLOTS) this.clear();
  }

  clear(): void {
    this.#slots = new Array(INITIAL_SLOTS).fill(undefined);
    this.#mask = INITIAL_SLOTS - 1;
    this.#head = 0;
    this.#tail = 0;
  }

  /** Double the ring that has just become full, its oldest entry first. */
  #grow(): void {
    const old = this.#slots;
    const size = old.length;
    const head = this.#head;
    const slots = new Array(size * 2).fill(undefined);
    for (let i = 0; i < size; i++) slots[i] = old[(head + i) & (size - 1)];
    this.#slots = slots;
    this.#mask = size * 2 - 1;
    this.#head = 0;
    this.#tail = size;
  }
}
