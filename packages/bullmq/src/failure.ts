/*
 * How an error travels: as JSON in the job's failedReason, where other tools see it too.
 */
import { hostname } from "node:os";
import { isCancelled } from "heddle";
import { decodeError, type EncodedError, encodeError, registerErrorClass } from "heddle/executor";
import { JobCancelledError, UnknownFunctionError, WorkerLostError } from "./errors.ts";

registerErrorClass(UnknownFunctionError);

interface FailedReason {
  error: EncodedError;
  /** Who ran it. */
  worker: string;
}

const worker = `${hostname()}, process ${process.pid}`;

/** @internal What BullMQ is told of a failed attempt: its message becomes the job's failedReason. */
export class Failure extends Error {
  /** `isFinal`: no further attempt. */
  constructor(error: unknown, isFinal: boolean) {
    const reason: FailedReason = { error: encodeError(error), worker };
    super(JSON.stringify(reason));
    // The name by which BullMQ knows errors that are not retried.
    this.name = isFinal ? "UnrecoverableError" : "Failure";
    if (error instanceof Error && error.stack !== undefined) this.stack = error.stack;
  }
}

/** @internal The error to throw where the job was submitted. */
export function decodeFailure(reason: string, job: string): unknown {
  const failed = parse(reason);
  if (failed === undefined) {
    if (/stalled more than|started more than/.test(reason)) {
      return new WorkerLostError(
        `${job} was given up: each worker that ran it died or lost its lease. ` +
          "Either the function ends its process, or it keeps the worker's loop busy for longer than the " +
          "lease (CPU-bound work belongs into toThread)",
      );
    }
    return new Error(`${job} failed: ${reason}`);
  }
  const error = decodeError(failed.error, `${job}, on ${failed.worker}`);
  if (!isCancelled(error)) return error;
  // Not as it is: whoever waits here was not cancelled.
  return new JobCancelledError(`${job} was cancelled, but not from here`, { cause: error });
}

function parse(reason: string): FailedReason | undefined {
  try {
    const parsed: unknown = JSON.parse(reason);
    const isOurs = typeof parsed === "object" && parsed !== null && "error" in parsed;
    return isOurs ? (parsed as FailedReason) : undefined;
  } catch {
    return undefined;
  }
}
