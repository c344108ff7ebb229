/*
 * fromAbortSignal: wait for an AbortSignal inside a coroutine.
 */

import type { ThenableAwaitable } from "../coroutine/types.ts";
import type { Progress } from "../task/operation.ts";
import { Listening } from "./listening.ts";

/**
 * Wait until `signal` is aborted, and give its reason. Does not suspend if it is aborted already. Throws
 * TypeError for what is no AbortSignal.
 *
 * It gives the reason and does not throw it: what an abort means, the caller knows. To cancel a whole
 * program by a signal, say `run(main, { signal })`; a task has a signal of its own, `task.signal`.
 *
 * On cancellation the listener is removed. On a virtual clock time does not wait for the signal: it has
 * to be aborted by the program itself.
 *
 * @example
 * const reason = yield* fromAbortSignal(request.signal);
 * console.log("the client has gone away:", reason);
 */
export function fromAbortSignal(signal: AbortSignal): ThenableAwaitable<unknown> {
  if (typeof signal?.aborted !== "boolean" || typeof signal.addEventListener !== "function") {
    throw new TypeError(`fromAbortSignal() needs an AbortSignal, got ${String(signal)}`);
  }
  return new Abort(signal) as ThenableAwaitable<unknown>;
}

class Abort extends Listening {
  readonly #signal: AbortSignal;
  readonly #aborted = () => this.hear(this.#signal.reason);

  constructor(signal: AbortSignal) {
    super(signal);
    this.#signal = signal;
  }

  protected override begin(): Progress {
    const signal = this.#signal;
    return signal.aborted ? { done: true, value: signal.reason } : super.begin();
  }

  protected override listen(): void {
    this.#signal.addEventListener("abort", this.#aborted);
  }

  protected override unlisten(): void {
    this.#signal.removeEventListener("abort", this.#aborted);
  }

  /** For reports. */
  override toString(): string {
    return "fromAbortSignal()";
  }
}
