/*
 * The caller's side of a queue: one connection for commands, one for events, shared by an executor and
 * all that its `with` makes.
 *
 * Everything here is promises and BullMQ's own timers, outside of the loop; what coroutines do with it
 * stands in remote-executor.ts.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { EventLoop } from "heddle";
import { type Backend, isOutage, type JobEvents, type JobQueue } from "./backend.ts";
import { closeAll, connect, FAREWELL, inTime } from "./connect.ts";
import { askToCancel } from "./control-channel.ts";
import { JobWatch } from "./job-watch.ts";
import { Outage } from "./outage.ts";
import { Outbox } from "./outbox.ts";
import type { RemoteJob } from "./remote-job.ts";

/** @internal */
export class RemoteQueue {
  readonly id = randomUUID().slice(0, 13);
  readonly backend: Backend;
  readonly outage: Outage;
  readonly watch: JobWatch;
  done = 0;
  failed = 0;
  readonly #outbox: Outbox;
  readonly #closing = new AbortController();
  #opened: Promise<{ queue: JobQueue; events: JobEvents }> | null = null;
  #closed: Promise<void> | null = null;
  /** Cancellations of jobs that nobody waits for any more. */
  readonly #leaving = new Set<Promise<unknown>>();

  constructor(backend: Backend, loop: EventLoop) {
    this.backend = backend;
    this.outage = new Outage("RemoteExecutor", backend, loop);
    this.watch = new JobWatch(backend.queueName, this.outage, (job, outcome) => {
      if (!job.isUnwanted) this[outcome]++;
    });
    this.#outbox = new Outbox(backend, this.outage, () => this.#open(), {
      acknowledged: (job) => this.#acknowledged(job),
      refused: (job, error) => this.#refused(job, error),
    });
  }

  /** The queue, connected; events of jobs that are added from now on are not missed. */
  async #open(): Promise<JobQueue> {
    this.#opened ??= this.#connect();
    try {
      return (await this.#opened).queue;
    } catch (error) {
      this.#opened = null;
      throw error;
    }
  }

  async #connect(): Promise<{ queue: JobQueue; events: JobEvents }> {
    const { backend, outage } = this;
    const make = () => ({ queue: backend.queue(), events: backend.events() });
    const made = await connect(backend, outage, make, this.#closing.signal);
    try {
      await this.watch.start(made.queue, made.events, this.id, this.#closing.signal);
    } catch (error) {
      this.watch.stop();
      await closeAll(Object.values(made), true);
      throw error;
    }
    return made;
  }

  /** The job with this id that is out already, if there is one. */
  known(id: string): RemoteJob | undefined {
    return this.watch.jobs.get(id);
  }

  send(job: RemoteJob): void {
    this.watch.jobs.set(job.id, job);
    this.#outbox.put(job);
  }

  #acknowledged(job: RemoteJob): void {
    this.outage.over();
    if (job.isSettled) {
      // Its event was first, or it was given up meanwhile.
      if (job.isUnwanted) void this.#leave(this.#takeOut(job));
      return;
    }
    job.stage = "acknowledged";
    job.checked = performance.now();
    // Its result may have been there before we asked, and then no event tells of it.
    if (job.isKeyed) {
      this.watch.askFor(job).catch((error: unknown) => this.outage.note(error));
    }
  }

  #refused(job: RemoteJob, error: unknown): void {
    this.watch.forget(job);
    if (job.isSettled) return;
    this.failed++;
    job.fail(error);
  }

  /**
   * Nobody waits for the job any more: take it out of the queue, or have the coroutine cancelled that it
   * has become. Resolves when it has ended, or after `grace` ms; then the rest is done in the background,
   * as far as the connection allows.
   */
  async cancel(job: RemoteJob, grace: number): Promise<void> {
    if (job.isSettled) return;
    job.isUnwanted = true;
    if (job.stage === "outbox") {
      this.#forget(job);
      return;
    }
    await inTime(this.#leave(this.#cancelRemote(job, grace)), grace);
    if (!job.isSettled) this.#forget(job);
  }

  #forget(job: RemoteJob): void {
    this.watch.forget(job);
    job.succeed(undefined);
  }

  async #cancelRemote(job: RemoteJob, grace: number): Promise<void> {
    const until = performance.now() + grace;
    for (let pause = 50; !job.isSettled; pause = Math.min(2 * pause, 1000)) {
      if (job.stage === "acknowledged" && (await this.#takeOut(job))) {
        this.#forget(job);
        return;
      }
      const left = until - performance.now();
      if (left <= 0 || (await inTime(job.ended, Math.min(pause, left)))) return;
    }
  }

  /** False: it runs, and whoever runs it was asked to cancel it. */
  async #takeOut(job: RemoteJob): Promise<boolean> {
    const { queue } = await (this.#opened as Promise<{ queue: JobQueue }>);
    const backend = queue.getBackend();
    try {
      // The result belongs to whoever has the key.
      if (job.isKeyed && (await backend.isFinished(job.id)) !== 0) return true;
      if ((await backend.remove(job.id, true)) === 1) return true;
      await askToCancel(this.backend, queue, job.id);
    } catch (error) {
      // Over later, perhaps; any other would be the same the next time.
      if (!isOutage(error)) throw error;
    }
    return false;
  }

  /** What is done for a job that nobody waits for: never rejects, and `close` gives it time. */
  #leave(work: Promise<unknown>): Promise<void> {
    const leaving = work
      .catch((error: unknown) => this.outage.note(error))
      .then(() => void this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return leaving;
  }

  /** Take a job out of the queue, unless it has begun. True for each who waits for it. */
  async takeBack(job: RemoteJob): Promise<boolean> {
    // At most until it is given up.
    while (job.stage === "sent") await delay(10);
    while (!job.isSettled) {
      try {
        if (await this.#remove(job)) return true;
        await this.watch.askFor(job);
        return false;
      } catch (error) {
        this.outage.note(error);
        if (!isOutage(error)) return false;
        await delay(100);
      }
    }
    return job.isUnwanted;
  }

  async #remove(job: RemoteJob): Promise<boolean> {
    const backend = (await this.#open()).getBackend();
    // Nobody is to be told that it was removed.
    this.watch.forget(job);
    try {
      if ((await backend.remove(job.id, true)) !== 1) return false;
      job.isUnwanted = true;
      job.stage = "settled";
      return true;
    } finally {
      if (!job.isSettled) this.watch.jobs.set(job.id, job);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // While the backend is away they would take for ever.
    await inTime(Promise.all(this.#leaving), FAREWELL);
    this.outage.silence();
    this.#closing.abort(new Error("the executor was shut down"));
    this.watch.stop();
    const opened = await this.#opened?.catch(() => null);
    if (opened) await closeAll([opened.queue, opened.events], this.outage.error !== null);
  }
}
