/*
 * Jobs on their way to the backend.
 *
 * What is submitted in one slice of the loop goes out in one call, which is where the time of BullMQ's
 * `add` goes. A call that fails by the connection is made again, with growing pauses, until
 * `connectTimeout` is over: jobs have ids of ours, so a second arrival changes nothing.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type Backend, isOutage, type JobQueue } from "./backend.ts";
import type { Outage } from "./outage.ts";
import type { RemoteJob } from "./remote-job.ts";

/** Jobs in one call. */
const MOST = 500;

export interface OutboxListener {
  acknowledged(job: RemoteJob): void;
  refused(job: RemoteJob, error: unknown): void;
}

/** @internal */
export class Outbox {
  readonly #backend: Backend;
  readonly #outage: Outage;
  readonly #open: () => Promise<JobQueue>;
  readonly #listener: OutboxListener;
  #jobs: RemoteJob[] = [];

  /** `open` gives the queue when it is connected. */
  constructor(
    backend: Backend,
    outage: Outage,
    open: () => Promise<JobQueue>,
    listener: OutboxListener,
  ) {
    this.#backend = backend;
    this.#outage = outage;
    this.#open = open;
    this.#listener = listener;
  }

  put(job: RemoteJob): void {
    this.#jobs.push(job);
    if (this.#jobs.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const jobs = this.#jobs.filter((job) => !job.isUnwanted);
    this.#jobs = [];
    for (let from = 0; from < jobs.length; from += MOST) {
      void this.#deliver(jobs.slice(from, from + MOST));
    }
  }

  async #deliver(jobs: RemoteJob[]): Promise<void> {
    for (const job of jobs) job.stage = "sent";
    const timeout = setTimeout(() => this.#giveUp(jobs), this.#backend.connectTimeout);
    try {
      await this.#send(jobs);
    } finally {
      clearTimeout(timeout);
    }
  }

  async #send(jobs: RemoteJob[]): Promise<void> {
    for (let pause = 25; ; pause = Math.min(2 * pause, 1000)) {
      try {
        const queue = await this.#open();
        const [only] = jobs;
        if (jobs.length === 1 && only !== undefined) {
          await queue.add(only.name, only.data, only.options);
        } else {
          await queue.addBulk(jobs.map(({ name, data, options: opts }) => ({ name, data, opts })));
        }
        for (const job of jobs) this.#listener.acknowledged(job);
        return;
      } catch (error) {
        if (!isOutage(error)) return this.#refused(jobs, error);
        this.#outage.note(error);
      }
      await delay(pause);
      if (jobs.every((job) => job.isSettled)) return;
    }
  }

  /** The backend does not want it: but which one? */
  async #refused(jobs: RemoteJob[], error: unknown): Promise<void> {
    const [only] = jobs;
    if (jobs.length === 1 && only !== undefined) this.#listener.refused(only, error);
    else await Promise.all(jobs.map((job) => this.#send([job])));
  }

  #giveUp(jobs: RemoteJob[]): void {
    const { connectTimeout } = this.#backend;
    for (const job of jobs) {
      if (job.stage !== "sent") continue;
      const what = `${job} could not be handed over within ${connectTimeout} ms to`;
      this.#listener.refused(job, this.#backend.error(what, this.#outage.error));
      job.isUnwanted = true;
    }
  }
}
