/*
 * The network's own timers: they belong to no run, so that a run's end does not stop what is on its way, and
 * they know no context.
 */
import type { Timer } from "../../loop/timer-heap.ts";
import type { EventLoop } from "../../task/event-loop.ts";

export class NetworkTimer implements Timer {
  readonly #loop: EventLoop;
  #fn: (() => void) | null;
  #inHeap = true;

  /** Calls `fn` at `when`: always later, in an iteration of the loop; never, if that is closed. */
  constructor(loop: EventLoop, when: number, fn: () => void) {
    this.#loop = loop;
    this.#fn = fn;
    if (loop.isClosed()) {
      this.#inHeap = false;
      return;
    }
    loop.timers.push(when, this);
    loop.look();
  }

  cancel(): void {
    if (this.#fn === null) return;
    this.#fn = null;
    if (this.#inHeap) this.#loop.timers.noteDead();
  }

  isDead(): boolean {
    return this.#fn === null;
  }

  left(): void {
    this.#inHeap = false;
  }

  run(): void {
    const fn = this.#fn;
    if (fn === null) return;
    this.#fn = null;
    try {
      fn();
    } catch (exception) {
      this.#loop.callExceptionHandler({ message: "The simulated network failed", exception });
    }
  }
}
