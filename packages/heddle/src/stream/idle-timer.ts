/*
 * A timer that is put off again and again: by a note of the time, not by another timer for each packet.
 */
import type { EventLoop } from "../task/event-loop.ts";

export class IdleTimer {
  readonly #loop: EventLoop;
  readonly #delay: number;
  readonly #expired: () => void;
  #last: number;
  #timer: { cancel(): void };

  /** Calls `expired` `delay` milliseconds after the last `touch`; again, if that touches it. */
  constructor(loop: EventLoop, delay: number, expired: () => void) {
    this.#loop = loop;
    this.#delay = delay;
    this.#expired = expired;
    this.#last = loop.time();
    this.#timer = loop.callLater(delay, this.#look);
  }

  touch(): void {
    this.#last = this.#loop.time();
  }

  stop(): void {
    this.#timer.cancel();
  }

  readonly #look = (): void => {
    if (this.#last + this.#delay <= this.#loop.time()) this.#expired();
    const due = this.#last + this.#delay;
    if (due > this.#loop.time()) this.#timer = this.#loop.callAt(due, this.#look);
  };
}
