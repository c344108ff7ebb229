/*
 * A connection that is away is told once, not with each attempt to restore it.
 *
 * BullMQ's objects raise an 'error' for each failed attempt, and would end the process if nobody
 * listened. Other errors of theirs are told each time.
 */
import type { EventLoop } from "heddle";
import { type Backend, isOutage } from "./backend.ts";

/** @internal */
export class Outage {
  /** How many there were. */
  count = 0;
  /** What the backend said last while it is away. */
  error: unknown = null;
  /** Called when the connection is back. */
  onEnd: (() => void) | null = null;
  /** Called with the id of a job whose lease another worker has, for each of BullMQ's complaints. */
  onLeaseLost: ((id: string) => void) | null = null;
  readonly #who: string;
  readonly #backend: Backend;
  readonly #loop: EventLoop;
  #quiet = false;
  #wasConnected = false;

  constructor(who: string, backend: Backend, loop: EventLoop) {
    this.#who = who;
    this.#backend = backend;
    this.#loop = loop;
  }

  note(error: unknown): void {
    if (this.#quiet) return;
    const lost = leaseLost(error);
    if (lost !== undefined && this.onLeaseLost !== null) {
      this.onLeaseLost(lost);
      return;
    }
    if (!isOutage(error)) {
      this.#loop.callExceptionHandler({
        message: `${this.#who} on queue "${this.#backend.queueName}": an error of the backend`,
        exception: error,
      });
      return;
    }
    const isFirst = this.error === null;
    this.error = error;
    if (!isFirst) return;
    this.count++;
    this.#loop.callExceptionHandler({
      message:
        `${this.#who} on queue "${this.#backend.queueName}" ` +
        (this.#wasConnected
          ? `has lost its connection to ${this.#backend.place}, and tries to restore it`
          : `cannot reach ${this.#backend.place} yet, and goes on trying`),
      exception: error,
    });
  }

  /** Something got through. */
  over(): void {
    this.#wasConnected = true;
    if (this.error === null) return;
    this.error = null;
    this.onEnd?.();
  }

  /** From now on errors are those of closing. */
  silence(): void {
    this.#quiet = true;
  }
}

/** BullMQ says it up to three times, and has no class for it. */
function leaseLost(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, renewed, ended] = LEASE_LOST.exec(error.message) ?? [];
  return renewed ?? ended;
}

const LEASE_LOST =
  /^(?:could not renew lock for job (.+)|(?:Missing lock|Lock mismatch) for job (.+)\. (?:Cmd .+|\w+))$/;
