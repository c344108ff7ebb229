/*
 * How code in a worker that is no coroutine hears that its job was cancelled.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { currentRunner } from "./job-runner.ts";

let elsewhere: (() => AbortSignal | undefined) | null = null;

/** @internal For executors whose workers are others: `find` gives the signal of the job whose code runs, if any. */
export function findJobSignalBy(find: () => AbortSignal | undefined): void {
  elsewhere = find;
}

/**
 * The AbortSignal of the job that this worker runs: it is aborted, with a CancelledError as its reason, when
 * the job is cancelled. For async functions, that no CancelledError is thrown into. Throws RuntimeError outside
 * of a job.
 *
 * @example
 * export async function download(url: string) {
 *   const response = await fetch(url, { signal: jobSignal() });
 *   return new Uint8Array(await response.arrayBuffer());
 * }
 */
export function jobSignal(): AbortSignal {
  const signal = currentRunner()?.signal ?? elsewhere?.();
  if (signal === undefined) {
    throw new RuntimeError("jobSignal() is for functions that an executor runs in a worker");
  }
  return signal;
}
