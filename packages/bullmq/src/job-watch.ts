/*
 * What becomes of the jobs of one executor: by the queue's events, and by asking where those may be lost.
 *
 * An event is missed when the reader was away for longer than the stream is long, and on PostgreSQL also
 * when transactions commit in another order than they began. So jobs that have been out for more than a
 * second are asked for, some at a time: the longest unasked first, all of them after an outage, and
 * without a pause as long as ended ones turn up.
 */
import type { IQueueBackend, QueueEventsListener } from "bullmq";
import { isOutage, type JobEvents, type JobQueue } from "./backend.ts";
import { withResolvers } from "./connect.ts";
import { JobRemovedError } from "./errors.ts";
import { decodeFailure } from "./failure.ts";
import { fromJson } from "./job-data.ts";
import type { Outage } from "./outage.ts";
import type { RemoteJob } from "./remote-job.ts";

/** Milliseconds between two rounds of asking, and how long a job may be out unasked. */
const ROUND = 1000;
/** Jobs that are asked for at once. */
const ASKED = 200;

const HELLO = "heddle:hello";
const REPEATED = "heddle:repeated";
const KEPT = 10_000;

interface WatchedEvents extends QueueEventsListener {
  [HELLO]: (args: { from: string }, id: string) => void;
  [REPEATED]: (args: { jobId: string; times: string }, id: string) => void;
}

/** @internal A worker tells that a job runs again though it had not failed. */
export async function tellRepeated(
  backend: IQueueBackend,
  jobId: string,
  times: number,
): Promise<void> {
  await backend.publishEvent({ event: REPEATED, jobId, times }, KEPT);
}

/** @internal */
export class JobWatch {
  readonly jobs = new Map<string, RemoteJob>();
  /** Runs of jobs that were neither the first nor a retry. */
  duplicates = 0;
  /** Jobs taken from a worker that gave no sign of life. */
  takenOver = 0;
  readonly #queueName: string;
  readonly #outage: Outage;
  readonly #ended: (job: RemoteJob, outcome: "done" | "failed") => void;
  #queue: JobQueue | null = null;
  #timer: NodeJS.Timeout | null = null;
  #asking = false;
  #askAll = false;

  constructor(
    queueName: string,
    outage: Outage,
    ended: (job: RemoteJob, outcome: "done" | "failed") => void,
  ) {
    this.#queueName = queueName;
    this.#outage = outage;
    this.#ended = ended;
    outage.onEnd = () => {
      this.#askAll = true;
      void this.#ask();
    };
  }

  /** Listen; resolves when no event can be missed any more, rejects when the signal is aborted. */
  async start(queue: JobQueue, events: JobEvents, id: string, signal: AbortSignal): Promise<void> {
    this.#queue = queue;
    events.on("completed", ({ jobId, returnvalue }) => {
      this.#outage.over();
      this.#succeeded(jobId, returnvalue);
    });
    events.on("failed", ({ jobId, failedReason }) => this.#failed(jobId, failedReason));
    events.on("removed", ({ jobId }) => this.#removed(jobId));
    events.on("stalled", ({ jobId }) => {
      if (this.jobs.has(jobId)) this.takenOver++;
    });
    events.on("progress", ({ jobId, data }) => {
      const job = this.jobs.get(jobId);
      if (job === undefined || job.listeners.size === 0) return;
      const value = fromJson(data);
      for (const hear of job.listeners) hear(value);
    });
    events.on<WatchedEvents>(REPEATED, ({ jobId, times }: { jobId: string; times: string }) => {
      const job = this.jobs.get(jobId);
      if (job !== undefined) this.#repeated(job, Number(times));
    });
    this.#timer = setInterval(() => void this.#ask(), ROUND).unref();
    await this.#heard(queue, events, id, signal);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#queue = null;
  }

  /** The reader begins with what comes after it has asked for the first time: has it? */
  async #heard(queue: JobQueue, events: JobEvents, id: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = withResolvers<void>();
    events.on<WatchedEvents>(HELLO, ({ from }: { from: string }) => {
      if (from === id) resolve();
    });
    let pause = 5;
    let timer: NodeJS.Timeout | undefined;
    const say = () => {
      queue.getBackend().publishEvent({ event: HELLO, from: id }, KEPT).catch(reject);
      pause = Math.min(2 * pause, 500);
      timer = setTimeout(say, pause);
    };
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    say();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  /** Not one that has the same key, and came later. */
  forget(job: RemoteJob): void {
    if (this.jobs.get(job.id) === job) this.jobs.delete(job.id);
  }

  #take(jobId: string): RemoteJob | undefined {
    const job = this.jobs.get(jobId);
    if (job !== undefined) this.jobs.delete(jobId);
    return job;
  }

  #succeeded(jobId: string, value: unknown): void {
    const job = this.#take(jobId);
    if (job === undefined) return;
    try {
      job.succeed(fromJson(value));
    } catch (cause) {
      job.fail(new Error(`${job} has a result that cannot be read: another tool's?`, { cause }));
    }
    this.#ended(job, "done");
  }

  #failed(jobId: string, reason: string): void {
    const job = this.#take(jobId);
    if (job === undefined) return;
    job.fail(decodeFailure(reason, `${job} of queue "${this.#queueName}"`));
    this.#ended(job, "failed");
  }

  #removed(jobId: string): void {
    const job = this.#take(jobId);
    if (job === undefined) return;
    job.fail(
      new JobRemovedError(
        `${job} is not in queue "${this.#queueName}" any more: somebody has removed it, or cancelled it ` +
          "before it began, the backend has lost its data, or its result came while nobody could hear of it and was not kept (keepResults)",
      ),
    );
    this.#ended(job, "failed");
  }

  /** Ask for those that nothing was heard of for long. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      let found = true;
      while (found && this.#queue !== null) {
        const all = this.#askAll;
        this.#askAll = false;
        const before = performance.now() - (all ? 0 : ROUND);
        const out = [...this.jobs.values()].filter(
          (job) => job.stage === "acknowledged" && job.checked < before,
        );
        out.sort((one, other) => one.checked - other.checked);
        found = false;
        for (let from = 0; from < (all ? out.length : Math.min(out.length, ASKED)); from += ASKED) {
          const answers = await Promise.all(
            out.slice(from, from + ASKED).map((job) => this.askFor(job)),
          );
          found ||= answers.includes(true);
        }
      }
    } catch (error) {
      this.#outage.note(error);
    } finally {
      this.#asking = false;
    }
  }

  /** Ask for one job; settles it if it has ended. */
  async askFor(job: RemoteJob): Promise<boolean> {
    const backend = this.#queue?.getBackend();
    if (backend === undefined) return false;
    const answer = await backend.isFinished(job.id, true);
    job.checked = performance.now();
    const [state, value] = typeof answer === "number" ? [answer, ""] : answer;
    if (state === 0) {
      this.#outage.over();
      return false;
    }
    if (!job.isKeyed && state !== -1) await this.#countRepeats(job);
    if (state === 1) this.#succeeded(job.id, value === "" ? undefined : JSON.parse(value));
    else if (state === 2) this.#failed(job.id, value);
    else this.#removed(job.id);
    return true;
  }

  /** The event that would have told may be lost too. */
  async #countRepeats(job: RemoteJob): Promise<void> {
    const data = await this.#queue
      ?.getBackend()
      .getJobData(job.id)
      .catch((error: unknown) => {
        if (!isOutage(error)) throw error;
        return undefined;
      });
    if (data === undefined || !this.jobs.has(job.id)) return;
    this.#repeated(job, (data.attemptsStarted ?? 0) - (data.attemptsMade ?? 0));
  }

  #repeated(job: RemoteJob, times: number): void {
    this.duplicates += Math.max(0, times - job.repeats);
    job.repeats = Math.max(job.repeats, times);
  }
}
