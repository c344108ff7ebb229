/*
 * Signals of the operating system: as callbacks, and as what a task waits for.
 */

import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { ClosedResourceError } from "../queue/channel-errors.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { Future } from "../task/future.ts";
import { type Owned, ownedCall } from "../task/owned-promise.ts";
import { currentOwner, type Owner, type Resource } from "../task/owner.ts";

/**
 * Call `fn(...args)` in the running loop each time this process gets `signal`, instead of what the signal
 * does otherwise; replaces the handler that was there. It lasts as long as the run, and keeps the process alive
 * meanwhile. Never suspends. Throws RangeError for a signal that there is not, RuntimeError for one that cannot
 * be caught (SIGKILL), and outside of a loop. Counterpart: `loop.add_signal_handler`.
 */
export function addSignalHandler<A extends unknown[]>(
  signal: string,
  fn: (...args: A) => unknown,
  ...args: A
): void {
  getRunningLoop().addSignalHandler(signal, fn, ...args);
}

/** Remove the handler of this signal; gives whether there was one. Counterpart: `loop.remove_signal_handler`. */
export function removeSignalHandler(signal: string): boolean {
  return getRunningLoop().removeSignalHandler(signal);
}

/**
 * Receive these signals of the operating system, instead of what they do otherwise, until it is closed, or
 * the run ends. From now on none is missed. Several of one kind that come while nobody waits are one, as they
 * are for the system; of different kinds each comes, in the order of the first of each.
 *
 * Others may receive the same signals, each gets all of them. Never suspends, and keeps the process alive.
 * Throws RangeError for a signal that there is not, RuntimeError for one that cannot be caught (SIGKILL) and
 * outside of a loop, TypeError without any. Counterpart: `trio.open_signal_receiver`.
 *
 * @example
 * using stop = signals("SIGTERM", "SIGINT");
 * console.log(`ended by ${yield* stop.next()}`);
 */
export function signals<S extends string>(...names: S[]): SignalReceiver<S> {
  if (names.length === 0) throw new TypeError('signals() needs at least one: signals("SIGTERM")');
  for (const name of names as unknown[]) {
    if (typeof name === "string") continue;
    throw new TypeError(
      `signals() needs names, one after the other: signals("SIGTERM", "SIGINT"); got ${typeof name}`,
    );
  }
  return new SignalReceiver(names);
}

/** What `signals` gives. In async functions `for await (const signal of signals("SIGHUP"))` gives them. */
export class SignalReceiver<S extends string = string> implements Resource, Owned, Disposable {
  /** @internal */
  readonly _loop: EventLoop = getRunningLoop();
  /** @internal */
  readonly _owner: Owner | null = currentOwner(this._loop);
  readonly #pending = new Set<S>();
  readonly #forget: (() => unknown)[] = [];
  readonly #waiters = new Set<Future<void>>();
  #closed = false;

  /** @internal Made by `signals`. */
  constructor(names: readonly S[]) {
    const { host } = this._loop;
    if (host.onSignal === undefined) {
      throw new RuntimeError("there are no signals on this loop: its host has none");
    }
    try {
      for (const name of new Set(names)) {
        const arrive = () => this._loop.react(this.#arrive, name);
        this.#forget.push(host.onSignal(name, arrive, { holds: true }));
      }
    } catch (error) {
      this.close();
      throw error;
    }
    this._owner?.own(this);
  }

  readonly #arrive = (name: S): void => {
    if (this.#closed) return;
    this.#pending.add(name);
    this.#wake();
  };

  #wake(): void {
    for (const waiter of this.#waiters) if (!waiter.done()) waiter.setResult(undefined);
  }

  /**
   * Wait for the next signal; gives its name. Suspends unless there is one. Throws ClosedResourceError when it
   * is closed. On cancellation no signal is lost. Of several tasks that wait, one gets it.
   */
  next(): ThenableAwaitable<S> {
    return ownedCall(this, this.#next());
  }

  *#next(): Coroutine<S> {
    for (;;) {
      for (const name of this.#pending) {
        this.#pending.delete(name);
        return name;
      }
      if (this.#closed) throw new ClosedResourceError("this receiver of signals is closed");
      const waiter = new Future<void>(this._loop, "a signal");
      this.#waiters.add(waiter);
      try {
        yield* waiter;
      } finally {
        this.#waiters.delete(waiter);
      }
    }
  }

  /** Receive no more: the signals do what they did before. Closing twice does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this._owner?.disown(this);
    for (const forget of this.#forget) forget();
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The run ends. */
  release(): undefined {
    this.close();
  }

  /** Until it is closed; leaving a `for await` closes it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<S, void, undefined> {
    try {
      for (;;) yield await this.next();
    } catch (error) {
      if (!(error instanceof ClosedResourceError)) throw error;
    } finally {
      this.close();
    }
  }
}
