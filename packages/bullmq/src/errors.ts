import { BrokenExecutorError } from "heddle";

/** The backend could not be reached in time, or refused the connection; `cause` is its own error. */
export class ConnectionError extends Error {
  override name = "ConnectionError";
}

/** No worker of the queue has registered a function of this name. Never retried. */
export class UnknownFunctionError extends Error {
  override name = "UnknownFunctionError";
}

/** The workers that ran a job died, or lost their lease, more often than `maxTakeovers` allows. */
export class WorkerLostError extends BrokenExecutorError {
  override name = "WorkerLostError";
}

/** Somebody else removed a job from the queue, or its result was no longer retained. */
export class JobRemovedError extends Error {
  override name = "JobRemovedError";
}

/** Somebody else cancelled a job that is waited for here too: one with an idempotency key. */
export class JobCancelledError extends Error {
  override name = "JobCancelledError";
}
