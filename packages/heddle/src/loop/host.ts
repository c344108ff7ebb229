/*
 * The host: the one object through which the loop meets the world.
 *
 * The loop itself knows no clock, no timer, no event source and no random numbers. A host for Node,
 * Bun, Deno and browsers detects what its runtime has (hosts/native.ts); a virtual clock
 * (`heddle/testing`) gives time that moves only when everybody waits. Whoever embeds heddle in
 * something else writes one of these.
 */

import type { CodePlace } from "./code-place.ts";
/** Remembers an async context: an AsyncResource. */
export interface CapturedContext {
  /** Call `fn` with this receiver and these arguments in the remembered context. */
  runInAsyncScope<R, A extends unknown[]>(
    fn: (this: never, ...args: A) => R,
    receiver: unknown,
    ...args: A
  ): R;
}

/** The async context of the platform (AsyncLocalStorage), which tasks and callbacks carry along. */
export interface AsyncContext {
  /** The program may have set a store: from now on everything is captured. */
  readonly inUse: boolean;
  /** It flows through everything, async generators and streams included. (On Bun it does not.) */
  readonly exact: boolean;
  /** A new one where no store is set: the loop turns in it. */
  outside(): CapturedContext;
  /** Remember what is current now; the code that runs in it is of `frame`, if that is followed. */
  capture(frame?: object): CapturedContext;
  /** Call `fn`: what it starts, through all its awaits, is known to be of `frame`. */
  follow<T>(frame: object, fn: () => T): T;
}

export interface Host {
  /** The time in milliseconds: monotonic, with any origin. */
  now(): number;

  /** A random number in [0, 1). */
  random(): number;

  /** Call `turn` once when the running JavaScript has returned, before any I/O or timer. */
  wakeSoon(turn: () => void): void;

  /** Call `turn` once after the timers, I/O and promises of the embedding program had their turn. */
  wakeAfterOthers(turn: () => void): void;

  /**
   * Nothing is ready until `when` (Infinity: no timer). Either arrange that `turn` is called then
   * and return false, or, for a clock that can be moved, make it that moment and return true.
   */
  park(when: number, turn: () => void): boolean;

  /**
   * For a clock that can be moved: it must not jump to `when` now, since somebody waits for the world,
   * which will wake the loop.
   */
  standStill?(when: number, turn: () => void): void;

  /** True where reading the clock is free and exact, so that it is read in every iteration. */
  readonly virtual: boolean;

  /**
   * Called when the loop looks at the world: at the beginning of each iteration of a virtual host, less
   * often on a real one. What it throws ends all runs of the loop.
   */
  poll?(): void;

  /** Write a report that no handler took (an exception in a callback, a lost error). */
  report(text: string): void;

  /**
   * Call `listener` when nothing can wake this thread any more; returns the removal. A listener that
   * returns true goes on, and wants to hear of it again.
   */
  onStall?(listener: () => boolean): () => unknown;

  /**
   * Call `listener` on this signal of the operating system (SIGINT, SIGTERM …) until the returned
   * function is called. With `holds` the process stays alive until then. One that `yields` is not called while
   * there is another that does not. Absent where there are no signals.
   */
  onSignal?(
    signal: string,
    listener: () => void,
    options?: { holds?: boolean; yields?: boolean },
  ): () => unknown;

  /**
   * Where a coroutine (a generator) was suspended, or was written if it is not: its own function, not those
   * that it calls by `yield*`. null if this runtime cannot tell.
   */
  describeGenerator?(generator: object): CodePlace | null;

  /** End the process with this status. */
  exit?(status: number): void;

  /** Absent where the platform has none. */
  readonly asyncContext?: AsyncContext | undefined;

  /** What heddle/node connects through instead of the system: a `Network` (stream/network.ts). */
  readonly network?: object | undefined;

  /** Debug mode was asked for in the environment (HEDDLE_DEBUG=1). */
  readonly debug: boolean;
}
