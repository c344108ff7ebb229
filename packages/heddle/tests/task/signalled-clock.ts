/*
 * A virtual clock of a platform that has signals: they are raised by the test, in this process.
 */
import { VirtualClock } from "heddle/testing";

export class SignalledClock extends VirtualClock {
  /** What `exit` was called with. */
  readonly exits: number[] = [];
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Do what the operating system does; returns how many have heard of it. */
  raise(signal: string): number {
    const listeners = [...(this.#listeners.get(signal) ?? [])];
    for (const listener of listeners) listener();
    return listeners.length;
  }

  readonly onSignal = (signal: string, listener: () => void): (() => void) => {
    const listeners = this.#listeners.get(signal) ?? new Set();
    this.#listeners.set(signal, listeners.add(listener));
    return () => listeners.delete(listener);
  };

  exit(status: number): void {
    this.exits.push(status);
  }
}
