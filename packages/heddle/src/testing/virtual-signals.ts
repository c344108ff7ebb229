/*
 * The signals of a virtual clock: only the program raises them, on every platform the same.
 *
 * They never reach the process, nor another loop: tests that run side by side do not stop each other.
 */
import { RuntimeError } from "../coroutine/errors.ts";

/** Those of Linux. */
const NAMES = new Set(
  (
    "SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM " +
    "SIGTERM SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF " +
    "SIGWINCH SIGIO SIGPWR SIGSYS"
  ).split(" "),
);

interface Listeners {
  readonly listeners: Set<() => void>;
  /** Those that are only called when there are no others. */
  readonly yielding: Set<() => void>;
}

export class VirtualSignals {
  readonly #signals = new Map<string, Listeners>();

  /** Call `listener` until the returned function is called. */
  listen(signal: string, listener: () => void, yields: boolean): () => void {
    checkSignal(signal);
    const { listeners, yielding } = this.#of(signal);
    const mine = yields ? yielding : listeners;
    mine.add(listener);
    return () => void mine.delete(listener);
  }

  /** Gives how many were called. */
  raise(signal: string): number {
    checkSignal(signal);
    const { listeners, yielding } = this.#of(signal);
    const called = [...(listeners.size > 0 ? listeners : yielding)];
    for (const listener of called) listener();
    return called.length;
  }

  #of(signal: string): Listeners {
    const known = this.#signals.get(signal);
    if (known !== undefined) return known;
    const none = { listeners: new Set<() => void>(), yielding: new Set<() => void>() };
    this.#signals.set(signal, none);
    return none;
  }
}

function checkSignal(signal: string): void {
  if (!NAMES.has(signal)) {
    throw new RangeError(`there is no signal ${String(signal)}: use "SIGTERM", say`);
  }
  if (signal === "SIGKILL" || signal === "SIGSTOP") {
    throw new RuntimeError(`${signal} cannot be caught`);
  }
}
