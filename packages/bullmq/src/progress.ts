/*
 * What a function can ask of its job: to tell its progress, which the caller's onProgress hears, and to be told
 * of its end.
 *
 * A function finds its job by a ContextVar. An async function is known to heddle only until its first await,
 * so those are given an AsyncLocalStorage; not the others, for from its first use on Node follows every
 * promise of the process, which costs a worker a fifth of its speed (tests/soak/overhead.ts).
 *
 * Only the newest value is on its way: a function that tells more than the backend takes does not fill memory
 * with what nobody needs to see any more.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { ContextVar, currentTask, RuntimeError } from "heddle";
import { findJobSignalBy } from "heddle/executor";
import { toJson } from "./job-data.ts";

/** @internal The progress of one job. */
export class Progress {
  readonly #send: (value: unknown) => Promise<unknown>;
  #next: { value: unknown } | null = null;
  /** Of the task that the function is. */
  signal: AbortSignal | null = null;
  /** Settles when nothing is on its way. */
  sending: Promise<void> | null = null;

  /** `send` must not reject: a job does not fail by its progress. */
  constructor(send: (value: unknown) => Promise<unknown>) {
    this.#send = send;
  }

  report(value: unknown): void {
    this.#next = { value };
    this.sending ??= this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    // In a microtask: what is told in one go is one update.
    await null;
    for (let next = this.#next; next !== null; next = this.#next) {
      this.#next = null;
      await this.#send(next.value);
    }
    this.sending = null;
  }
}

const ofCoroutine = new ContextVar<Progress | null>("heddle.bullmq.progress", { default: null });
const ofFunction = new AsyncLocalStorage<Progress>();

// jobSignal() of heddle/node works in functions that are served, too.
findJobSignalBy(() => {
  const progress = ofCoroutine.get() ?? ofFunction.getStore();
  return progress?.signal ?? currentTask()?.signal;
});

/** @internal From now on this is the running task's. */
export function enterProgress(progress: Progress): void {
  ofCoroutine.set(progress);
}

/** @internal Call an async function. */
export function followProgress<T>(progress: Progress, fn: () => T): T {
  return ofFunction.run(progress, fn);
}

/**
 * Tell whoever submitted the running job how far it is: any value that a job can hold reaches `onProgress`
 * there. Values that come faster than they can be sent replace each other; the last one always arrives
 * before the result. Never suspends. Throws RuntimeError outside of a function that `serve` runs, TypeError
 * for what a job cannot hold.
 */
export function reportProgress(value: unknown): void {
  const progress = ofCoroutine.get() ?? ofFunction.getStore();
  if (progress === undefined) {
    throw new RuntimeError(
      "reportProgress() is for functions that serve() runs: there is no job here",
    );
  }
  progress.report(toJson(value, "the progress"));
}
