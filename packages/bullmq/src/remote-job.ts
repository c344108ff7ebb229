/*
 * A job, where it was submitted.
 *
 *   made --> outbox --> sent --> acknowledged --> settled (a result, an error, or gone)
 *
 * The id is made here, before anything is sent: its events may come before the backend's reply, and a
 * job that is sent again after a lost reply is the same job.
 */
import type { JobsOptions } from "bullmq";
import { withResolvers } from "./connect.ts";

export type JobStage = "outbox" | "sent" | "acknowledged" | "settled";

/** @internal */
export class RemoteJob {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  readonly options: JobsOptions;
  /** It may have run before: its key is given by the user. */
  readonly isKeyed: boolean;
  stage: JobStage = "outbox";
  /** Submits that wait for it; more than one if they have the same key. */
  waiters = 0;
  /** Nobody waits for it any more: when the backend has it, it is to be cancelled. */
  isUnwanted = false;
  /** When it was last known not to be done, by `performance.now()`. */
  checked = 0;
  /** Runs that were neither the first nor a retry, as far as is known. */
  repeats = 0;
  readonly listeners = new Set<(value: unknown) => void>();
  readonly outcome: Promise<unknown>;
  /** Resolves when the outcome is there, whatever it is. */
  readonly ended: Promise<void>;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(id: string, name: string, data: unknown, options: JobsOptions, isKeyed: boolean) {
    this.id = id;
    this.name = name;
    this.data = data;
    this.options = { ...options, jobId: id };
    this.isKeyed = isKeyed;
    const { promise, resolve, reject } = withResolvers<unknown>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    // It listens too: an error of which nobody wants to hear is no unhandled rejection.
    this.ended = promise.then(
      () => undefined,
      () => undefined,
    );
  }

  /** For messages. */
  toString(): string {
    return `job ${this.id} (${this.name})`;
  }

  get isSettled(): boolean {
    return this.stage === "settled";
  }

  succeed(value: unknown): void {
    this.stage = "settled";
    this.#resolve(value);
  }

  fail(error: unknown): void {
    this.stage = "settled";
    this.#reject(error);
  }
}
