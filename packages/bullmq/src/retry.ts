/*
 * Which errors are worth another attempt, and when it comes.
 */
import type { JobsOptions } from "bullmq";
import type { JobOptions } from "./options.ts";

const final = new WeakSet<object>();

/**
 * Mark an error as one that no further attempt can mend: `throw noRetry(new Error("no such file"))`. The
 * job fails with it at once. Returns the error. Throws TypeError for what is no object.
 */
export function noRetry<E extends object>(error: E): E {
  if (typeof error !== "object" || error === null) {
    throw new TypeError(`noRetry() needs an error, got ${String(error)}`);
  }
  final.add(error);
  return error;
}

/** @internal */
export function isFinal(error: unknown): boolean {
  return typeof error === "object" && error !== null && final.has(error);
}

/** @internal As BullMQ wants to be told. */
export function retryOptions(options: JobOptions): Pick<JobsOptions, "attempts" | "backoff"> {
  const { attempts = 1, backoff } = options;
  if (attempts === 1) return {};
  if (backoff === undefined) return { attempts };
  return {
    attempts,
    backoff: { type: "exponential", delay: backoff.delay, jitter: backoff.jitter ?? 0.5 },
  };
}
