/*
 * A worker, seen from its pool: a thread, a child process or a Web Worker.
 */
import type { FromWorker, ToWorker } from "./messages.ts";
import type { Transferable } from "./transfer.ts";

export interface WorkerLink {
  /** Throws what the engine throws where something in the message cannot be cloned. */
  send(message: ToWorker, transfer: readonly Transferable[]): void;
  /** Clones as `send` does, to find out what cannot be; structuredClone if not given. */
  clone?(value: unknown): unknown;
  /** It has a job: the process must not end meanwhile … */
  ref?(): void;
  /** … and now it has none. */
  unref?(): void;
  /** End the worker, which has no job; settles when it is gone. Never rejects. `ended` is not called any more. */
  end(): Promise<void>;
  /** The same at once, in the middle of a job. */
  kill(): Promise<void>;
}

/** Who hears of a worker. */
export interface LinkListener {
  heard(message: FromWorker): void;
  /** The worker is gone, and nobody had asked for that. `last`: what it has said and was not heard yet. */
  ended(reason: Error, last?: readonly FromWorker[]): void;
}

export type OpenLink = (listener: LinkListener, name: string) => WorkerLink;
