/*
 * Listening: wait for one call of a listener.
 *
 * The listeners are there exactly while somebody waits: added when the wait begins, removed when they
 * were called or the wait was cancelled, whichever is first.
 */
import { arm } from "../coroutine/suspend.ts";
import { Operation, type Progress } from "../task/operation.ts";

/** @internal */
export abstract class Listening extends Operation {
  #listens = false;
  #failed = false;
  #outcome: unknown;

  /** Add the listeners, which call `hear` or `fail`. */
  protected abstract listen(): void;

  /** Remove the listeners. */
  protected abstract unlisten(): void;

  protected override begin(): Progress {
    this.#listens = true;
    try {
      this.listen();
    } catch (error) {
      this.#stop();
      throw error;
    }
    if (!this.done()) return arm(this);
    // The source called its listener while it was added.
    this.unlisten();
    return this.proceed();
  }

  protected override proceed(): Progress {
    if (this.#failed) throw this.#outcome;
    return { done: true, value: this.#outcome };
  }

  protected hear(outcome: unknown): void {
    this.#end(outcome, false);
  }

  protected fail(error: unknown): void {
    this.#end(error, true);
  }

  #end(outcome: unknown, failed: boolean): void {
    if (!this.#listens) return;
    this.#stop();
    this.#outcome = outcome;
    this.#failed = failed;
    if (!this._loop.isClosed()) this.setResult(undefined);
  }

  #stop(): void {
    if (!this.#listens) return;
    this.#listens = false;
    this.unlisten();
  }

  override cancel(message?: string): boolean {
    this.#stop();
    return super.cancel(message);
  }

  protected override interrupted(): void {
    this.#stop();
  }
}
