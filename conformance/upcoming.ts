/**
 * The names of the language that heddle does not export yet, with the types that they will have.
 *
 * A program that reaches for one of them fails and is counted as different. This file goes away
 * when heddle has them all: its users then import them from "heddle".
 */
import * as heddle from "heddle";
import type { ReturnWhen } from "./program.ts";

type Future = heddle.Future<unknown>;

interface Acquirable {
  acquire(): heddle.Awaitable<unknown>;
  release(): void;
  locked(): boolean;
}

export interface Semaphore extends Acquirable {}

export interface Condition extends Acquirable {
  wait(): heddle.Awaitable<unknown>;
  waitFor(predicate: () => boolean): heddle.Awaitable<unknown>;
  notify(n?: number): void;
  notifyAll(): void;
}

export interface Barrier {
  readonly parties: number;
  readonly nWaiting: number;
  readonly broken: boolean;
  wait(): heddle.Awaitable<number>;
  reset(): heddle.Awaitable<void>;
  abort(): heddle.Awaitable<void>;
}

/** Iterated plainly it gives outcomes to await, asynchronously the futures themselves. */
export interface Completed extends Iterable<heddle.Awaitable<unknown>> {
  [Symbol.asyncIterator](): { next(): heddle.Awaitable<IteratorResult<Future, undefined>> };
}

interface Upcoming {
  readonly Condition: new (lock?: heddle.Lock) => Condition;
  readonly Semaphore: new (value: number) => Semaphore;
  readonly BoundedSemaphore: new (value: number) => Semaphore;
  readonly Barrier: new (parties: number) => Barrier;
  readonly LifoQueue: new (maxsize: number) => heddle.Queue<unknown>;
  readonly PriorityQueue: new (maxsize: number) => heddle.Queue<unknown>;
  wait(
    futures: readonly Future[],
    options: { timeout?: number; returnWhen?: ReturnWhen },
  ): heddle.Awaitable<{ done: Set<Future>; pending: Set<Future> }>;
  asCompleted(
    awaitables: readonly heddle.Awaitable<unknown>[],
    options: { timeout?: number },
  ): Completed;
}

export const upcoming = heddle as unknown as Upcoming;
