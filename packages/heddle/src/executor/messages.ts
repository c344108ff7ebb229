/*
 * What an executor and its workers say to each other.
 *
 *   executor  --run------->  worker      a job; one at a time
 *             --cancel---->              throw CancelledError in its coroutine
 *             <--answer----              its outcome
 *             <--call------              runCoroutineThreadsafe: run this for the job, over there
 *             --returned-->              and its outcome
 *             <--drop------              the call is not wanted any more
 *             <--unread----              a message has come that cannot be read here
 *             <--wake------              this thread stands still until the call's outcome is sent
 *
 * Everything is data for structured clone. Errors are encoded (error-crossing.ts), for structured clone
 * keeps neither the class nor the properties of an error.
 */
import type { EncodedError } from "./error-crossing.ts";

/** A function, by what can be found or made again in another thread. */
export type FunctionReference =
  | { readonly url: string; readonly name: string }
  | { readonly source: string; readonly name: string };

export interface Call {
  readonly fn: FunctionReference;
  readonly args: readonly unknown[];
}

export interface RunMessage extends Call {
  readonly type: "run";
  readonly id: number;
  /** The registered ContextVars that have a value, by name. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Milliseconds until the deadline of the scopes around the caller. */
  readonly timeLeft?: number;
}

/** How a call ended. `late`: by the deadline that it was given. */
export type Outcome =
  | { readonly value: unknown }
  | { readonly error: EncodedError }
  | { readonly cancelled: string | undefined; readonly late: boolean };

export type ToWorker =
  | RunMessage
  | { readonly type: "cancel"; readonly id: number; readonly reason: string | undefined }
  | { readonly type: "returned"; readonly call: number; readonly outcome: Outcome };

export type FromWorker =
  | { readonly type: "answer"; readonly id: number; readonly outcome: Outcome }
  | (Call & { readonly type: "call"; readonly call: number; readonly id: number })
  | { readonly type: "unread" }
  | { readonly type: "drop"; readonly call: number }
  | { readonly type: "wake"; readonly call: number; readonly flag: Int32Array };
