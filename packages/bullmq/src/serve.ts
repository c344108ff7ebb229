/*
 * The worker's side: jobs come from BullMQ's Worker, each becomes a task of the run that serves.
 *
 * BullMQ calls its processor in a promise's turn, which belongs to no run. So the processor only puts the
 * job into an inbox, from which the serving task takes it.
 */
import type { Job } from "bullmq";
import {
  type Coroutine,
  cancelScope,
  createTask,
  type EventLoop,
  fromPromise,
  getEventLoop,
  Queue,
  type Task,
  wait,
} from "heddle";
import { Backend, type JobEvents, type JobWorker } from "./backend.ts";
import { closeAll, connect, FAREWELL, inTime } from "./connect.ts";
import { onCancel } from "./control-channel.ts";
import { tellRepeated } from "./job-watch.ts";
import { checkServeOptions, type ServeOptions } from "./options.ts";
import { Outage } from "./outage.ts";
import { ServedJob } from "./served-job.ts";

/** Milliseconds between two searches for jobs of dead workers: found at most twice this after the lease. */
const SEARCH = 300;

/**
 * Serve functions to every RemoteExecutor of the same queue. Runs until it is cancelled; then it takes no
 * more jobs, lets those in flight end within `grace` ms, cancels the others (their `finally` runs) and gives
 * them back to the queue, and closes its connections. Starts at once; suspends for ever.
 *
 * The same job may be run twice: when its worker dies or keeps its loop busy for longer than `lease` ms, which
 * takes the job away from it. So functions must bear to be repeated, and CPU-bound work belongs into `toThread`.
 * A coroutine function runs as a task of its own, in which `currentTask()` and cancellation work as usual;
 * a cancelled async function hears of it by `currentTask().signal`.
 *
 * Throws TypeError and RangeError for options that cannot be, ConnectionError if there is no connection within
 * `connectTimeout`. An outage after that is reported once to the loop's exception handler, and waited out.
 * Counterparts: `celery worker`, `concurrent.futures`' worker processes.
 *
 * @example
 * yield* serve({ connection: "redis://127.0.0.1:6379", queue: "images", functions: { resize }, concurrency: 4 });
 */
export function serve(options: ServeOptions): Task<never> {
  checkServeOptions(options);
  const service = new Service(options, new Backend("serve", options), getEventLoop());
  return createTask(service.run(), { name: `serve "${options.queue}"` });
}

class Service {
  readonly #options: ServeOptions;
  readonly #backend: Backend;
  readonly #loop: EventLoop;
  readonly #outage: Outage;
  readonly #inbox = new Queue<ServedJob>();
  readonly #jobs = new Map<string, ServedJob>();
  /** Jobs whose loss has been told. */
  readonly #lost = new Set<string>();
  #isClosing = false;

  constructor(options: ServeOptions, backend: Backend, loop: EventLoop) {
    this.#options = options;
    this.#backend = backend;
    this.#loop = loop;
    this.#outage = new Outage("serve()", backend, loop);
  }

  *run(): Coroutine<never> {
    const { onReady } = this.#options;
    const make = () => ({
      worker: this.#newWorker(),
      control: this.#backend.control(),
    });
    const { worker, control } = yield* fromPromise((signal) =>
      connect(this.#backend, this.#outage, make, signal),
    );
    try {
      this.#listen(worker, control);
      onReady?.();
      for (;;) this.#start(yield* this.#inbox.get(), worker);
    } finally {
      this.#isClosing = true;
      yield* cancelScope({ shield: true }, () => this.#close(worker, control));
    }
  }

  #newWorker(): JobWorker {
    const { concurrency = 1, lease = 10_000, maxTakeovers = 3 } = this.#options;
    return this.#backend.worker((job, token) => this.#take(job, token), {
      autorun: false,
      concurrency,
      lockDuration: lease,
      stalledInterval: SEARCH,
      maxStalledCount: maxTakeovers,
      // How soon it tries again when the backend is away.
      runRetryDelay: 500,
    });
  }

  #listen(worker: JobWorker, control: JobEvents): void {
    worker.on("active", () => this.#outage.over());
    this.#outage.onLeaseLost = (id) => this.#leaseLost(id);
    onCancel(control, (id) => this.#jobs.get(id)?.interrupt("caller"));
    worker.run().catch((error: unknown) => this.#outage.note(error));
  }

  /** BullMQ has a job for us. */
  #take(job: Job<unknown, unknown>, token = ""): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const served = new ServedJob(job, token, this.#options, resolve, reject, (error) =>
        this.#outage.note(error),
      );
      if (this.#isClosing) void served.giveBack();
      else this.#inbox.putNowait(served);
    });
  }

  #start(job: ServedJob, worker: JobWorker): void {
    this.#jobs.set(job.id, job);
    this.#lost.delete(job.id);
    if (job.repeats > 0) this.#tellRepeated(job, worker);
    const task = createTask(job.perform(), { name: `${job.name}() of job ${job.id}` });
    job.task = task;
    task.addDoneCallback(() => {
      this.#jobs.delete(job.id);
      if (task.cancelled()) job.neverBegan();
    });
  }

  #leaseLost(id: string): void {
    this.#jobs.get(id)?.interrupt("lease");
    if (this.#lost.has(id)) return;
    this.#lost.add(id);
    const { lease = 10_000, queue } = this.#options;
    this.#loop.callExceptionHandler({
      message:
        `serve() on queue "${queue}" has lost job ${id} to another worker: this one gave no sign of life for ` +
        `more than its lease of ${lease} ms. CPU-bound work belongs into toThread`,
    });
  }

  #tellRepeated(job: ServedJob, worker: JobWorker): void {
    tellRepeated(worker.getBackend(), job.id, job.repeats).catch((error: unknown) =>
      this.#outage.note(error),
    );
  }

  *#close(worker: JobWorker, control: JobEvents): Coroutine<void> {
    const { grace = 5000 } = this.#options;
    // Takes no more, and resolves when what it has is done. Not `close`: one that waits for a backend that is
    // away can be ended by nothing, and its timers keep the process alive.
    const idle = worker.pause().catch(() => undefined);
    try {
      while (!this.#inbox.empty()) void this.#inbox.getNowait().giveBack();
      yield* this.#ended(grace);
    } finally {
      // Cancelled once more, by the end of the run perhaps: no more patience, but jobs still unwind.
      this.#interruptAll();
      yield* cancelScope({ shield: true }, () => this.#leave(worker, control, idle));
    }
  }

  *#leave(worker: JobWorker, control: JobEvents, idle: Promise<unknown>): Coroutine<void> {
    yield* this.#ended(Math.max(this.#options.grace ?? 0, 1000));
    yield* fromPromise(this.#disconnect(worker, control, idle));
  }

  /** Wait until all jobs have ended, at most so many ms. */
  *#ended(ms: number): Coroutine<void> {
    const tasks = [...this.#jobs.values()].flatMap(({ task }) => task ?? []);
    if (tasks.length > 0) yield* wait(tasks, { timeout: ms });
  }

  #interruptAll(): void {
    for (const job of this.#jobs.values()) job.interrupt("shutdown");
  }

  async #disconnect(worker: JobWorker, control: JobEvents, idle: Promise<unknown>): Promise<void> {
    for (const { id, name } of this.#jobs.values()) {
      this.#loop.callExceptionHandler({
        message:
          `serve() ends, but ${name}() of job ${id} has not: it has been left to itself. ` +
          "Another worker takes the job over when its lease has run out",
      });
    }
    const away = this.#outage.error !== null;
    // The ends of jobs are on their way.
    if (!away) await inTime(idle, FAREWELL);
    this.#outage.silence();
    await closeAll([worker, control], away);
  }
}
