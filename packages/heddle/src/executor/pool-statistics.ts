/*
 * What a pool has done.
 */
import { Latencies, type LatencySummary } from "./latencies.ts";

export interface PoolStatistics {
  /** Workers that are started. */
  readonly workers: number;
  /** Jobs that run. */
  readonly busy: number;
  /** Jobs in the queue. */
  readonly waiting: number;
  /** Jobs that wait for room in the queue (`maxQueue`). */
  readonly suspended: number;
  /** Jobs that have ended: with a result, with an error, cancelled. */
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Workers that were killed, since a cancelled job did not unwind in time, or a message was lost. */
  readonly replaced: number;
  /** Workers that have died by themselves. */
  readonly died: number;
  /** From `submit` to the start of the job, in milliseconds. */
  readonly waitTime: LatencySummary;
  /** From the start of the job to the worker's answer, in milliseconds. */
  readonly runTime: LatencySummary;
}

/** The part of it that is counted. */
export class PoolRecord {
  done = 0;
  failed = 0;
  cancelled = 0;
  replaced = 0;
  died = 0;
  readonly waitTimes = new Latencies();
  readonly runTimes = new Latencies();

  summary() {
    const { done, failed, cancelled, replaced, died, waitTimes, runTimes } = this;
    return {
      ...{ done, failed, cancelled, replaced, died },
      waitTime: waitTimes.summary(),
      runTime: runTimes.summary(),
    };
  }
}
