/*
 * A host whose time moves only when everybody waits.
 *
 * Nothing takes any time while there is something to do; when all tasks wait, the clock jumps to the
 * next timer. A test of an hour's time-outs takes a millisecond and always gives the same result.
 * The random numbers come from a seed.
 */
import type { AsyncContext, Host } from "../loop/host.ts";
import { nativeHost } from "../loop/hosts/native.ts";
import { randomFrom } from "./random.ts";
import { VirtualSignals } from "./virtual-signals.ts";

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
  readonly network: object | undefined;
  #now = 0;
  /** The real clock: how long has time stood still? */
  readonly #world = nativeHost();
  #reported = false;
  #random: () => number;
  readonly #signals = new VirtualSignals();

  /** `network`: what heddle/node connects through instead of the system, a SimulatedNetwork. */
  constructor(options: { seed?: number; network?: object } = {}) {
    this.#random = randomFrom(options.seed ?? 0);
    this.network = options.network;
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

  /**
   * Call `listener` on this signal, until the returned function is called: what `loop.addSignalHandler` and
   * `signals()` of heddle/node listen by. It keeps nothing going: nobody raises signals but the program.
   */
  onSignal(
    signal: string,
    listener: () => void,
    { yields = false }: { holds?: boolean; yields?: boolean } = {},
  ): () => void {
    return this.#signals.listen(signal, listener, yields);
  }

  /** As `raiseSignal`, for this clock's loop. */
  raiseSignal(signal: string): number {
    return this.#signals.raise(signal);
  }

  poll(): void {}

  report(text: string): void {
    real.report(text);
  }
}
