/*
 * How code in a worker that is no coroutine hears that its job was cancelled.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { currentRunner } from "./job-runner.ts";

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
  const runner = currentRunner();
  if (runner === null) {
    throw new RuntimeError("jobSignal() is for functions that an executor runs in a worker");
  }
  return runner.signal;
}
