/*
 * A host whose time moves only when everybody waits.
 *
 * Nothing takes any time while there is something to do; when all tasks wait, the clock jumps to the
 * next timer. A test of an hour's time-outs takes a millisecond and always gives the same result.
 * The random numbers come from a seed.
 */
import type { AsyncContext, Host } from "../loop/host.ts";
import { nativeHost } from "../loop/hosts/native.ts";

const real = nativeHost();

const { asyncContext } = real;

const ALWAYS: AsyncContext | undefined =
  asyncContext?.exact !== true
    ? asyncContext
    : {
        inUse: true,
        exact: asyncContext.exact,
        outside: () => asyncContext.outside(),
        capture: (frame) => asyncContext.capture(frame),
        follow: (frame, fn) => asyncContext.follow(frame, fn),
      };

/** Real milliseconds for which time stands still while somebody waits for the world. */
const PATIENCE = 1_000;

/**
 * A virtual clock: the host of a loop for tests, `new EventLoop({ host: new VirtualClock() })`.
 * Begins at 0 milliseconds.
 */
export class VirtualClock implements Host {
  readonly virtual = true;
  readonly debug = real.debug;
  /** Always in use: of all code it must be known whose it is, or time could jump over a wait for the world. */
  readonly asyncContext: AsyncContext | undefined = ALWAYS;
  #now = 0;
  /** The real clock: how long has time stood still? */
  readonly #world = nativeHost();
  #reported = false;
  #random: () => number;

  constructor(options: { seed?: number } = {}) {
    this.#random = randomFrom(options.seed ?? 0);
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.#random();
  }

  wakeSoon(turn: () => void): void {
    real.wakeSoon(turn);
  }

  wakeAfterOthers(turn: () => void): void {
    real.wakeAfterOthers(turn);
  }

  /** All wait: it is `when` now, unless nothing will ever happen again (Infinity). */
  park(when: number): boolean {
    this.#forgetWorld();
    if (when === Number.POSITIVE_INFINITY) return false;
    this.#now = Math.max(this.#now, when);
    return true;
  }

  /**
   * Somebody waits for the world: time stands still. When the world has said nothing for a second, time
   * goes on at its real speed, so that a time-out can end what never answers.
   */
  standStill(when: number, turn: () => void): void {
    this.#afterReal(PATIENCE, () => {
      this.#reportStandstill();
      if (when === Number.POSITIVE_INFINITY) return;
      this.#afterReal(when - this.#now, () => {
        this.#now = when;
        turn();
      });
    });
  }

  #afterReal(ms: number, turn: () => void): void {
    this.#forgetWorld();
    this.#world.park(this.#world.now() + ms, turn);
  }

  #forgetWorld(): void {
    this.#world.park(Number.POSITIVE_INFINITY, () => {});
  }

  #reportStandstill(): void {
    if (this.#reported) return;
    this.#reported = true;
    this.report(
      `virtual time has stood still for ${PATIENCE} ms, since a task waits for the world (a promise, ` +
        "a socket, an executor). It goes on at real speed until that answers",
    );
  }

  poll(): void {}

  report(text: string): void {
    real.report(text);
  }
}

/** mulberry32: 32 bits of state, good enough to choose schedules. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
