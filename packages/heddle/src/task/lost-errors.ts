/*
 * Errors nobody collects.
 *
 * A future that fails is remembered here until somebody fetches its error. Reported, once, is what
 * is still here when the future is garbage-collected (nobody can fetch it any more), when the run
 * that it belongs to ends, or, for those of no run, just before the process exits.
 *
 * A record holds the error and what the future was called, never the future: remembering it would
 * keep it from being collected. Only failing futures pay for this.
 */
import { currentFrame } from "../context/current.ts";
import type { Host } from "../loop/host.ts";
import type { Scheduler } from "../loop/scheduler.ts";
import { isCancelled } from "./errors.ts";
import type { Future } from "./future.ts";

interface LostError {
  readonly message: string;
  readonly error: unknown;
  readonly creationStack: string | undefined;
  readonly loop: Scheduler;
  readonly ledger: Set<LostError>;
}

/** A run's own records. */
export interface LedgerOwner {
  lostErrors: Set<LostError> | null;
}

/** Records of futures that belong to no run. */
const nobodys = new Set<LostError>();

const records = new WeakMap<object, LostError>();

const collected = new FinalizationRegistry<LostError>((record) => {
  if (record.ledger.has(record)) report(record);
});

export type { LostError };

/** @internal `future` has failed; nobody has fetched the error yet. */
export function loseError(future: Future<unknown>, error: unknown, creationStack?: string): void {
  // A gather fails with a CancelledError when it is cancelled; a cancellation is no lost error.
  if (isCancelled(error)) return;
  const owner = ((future as { owner?: object }).owner ??
    currentFrame().owner) as LedgerOwner | null;
  let ledger = nobodys;
  if (owner !== null) {
    owner.lostErrors ??= new Set();
    ledger = owner.lostErrors;
  }
  const what = future.constructor.name;
  const record: LostError = {
    message: `${what} exception was never retrieved: ${String(future)}`,
    error,
    creationStack,
    loop: future._loop,
    ledger,
  };
  if (ledger === nobodys) watchExit(record.loop.host);
  ledger.add(record);
  if (error instanceof Error) letGoLater(record);
  records.set(future, record);
  collected.register(future, record);
}

let letGo: LostError[] = [];

/**
 * Until its stack is read, an error of V8 holds the frames that it was thrown through, and by these the
 * task, which then is never collected. Reading it formats it, which is dear: it is done for those
 * that nobody has fetched when the loop's slice is over.
 */
function letGoLater(record: LostError): void {
  letGo.push(record);
  if (letGo.length > 1) return;
  void Promise.resolve().then(() => {
    const records = letGo;
    letGo = [];
    for (const lost of records) if (lost.ledger.has(lost)) void (lost.error as Error).stack;
  });
}

/** @internal Somebody has fetched the error. */
export function foundError(future: Future<unknown>): void {
  const record = records.get(future);
  if (record === undefined) return;
  record.ledger.delete(record);
  records.delete(future);
}

const watched = new WeakSet<Host>();

/** Report what nobody owns before the process exits. */
function watchExit(host: Host): void {
  if (watched.has(host)) return;
  watched.add(host);
  host.onStall?.(() => {
    reportLostErrors(nobodys);
    return false;
  });
}

/** @internal Report what a run leaves behind. */
export function reportLostErrors(ledger: Set<LostError>): void {
  for (const record of ledger) report(record);
}

/** @internal Report what nobody owns of a loop that is closed. */
export function reportLostErrorsOf(loop: Scheduler): void {
  for (const record of nobodys) if (record.loop === loop) report(record);
}

function report(record: LostError): void {
  record.ledger.delete(record);
  record.loop.callExceptionHandler({
    message: record.message,
    exception: record.error,
    ...(record.creationStack === undefined ? {} : { creationStack: record.creationStack }),
  });
}
