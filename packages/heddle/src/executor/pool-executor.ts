/*
 * The pool: jobs, and workers that take them one at a time.
 *
 *   submit --> [door] --> [queue: at most maxQueue] --> a slot with a worker --> settled
 *                                                         ^  killed or dead: the next job starts another
 *
 * A worker has one job at a time, so what happens to it, its end too, concerns that job alone. A slot
 * starts its worker with its first job. Which kind of worker that is, the surroundings know.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { getEventLoop } from "../task/current-loop.ts";
import { currentEffectiveDeadline } from "../task/effective-deadline.ts";
import { TimeoutError } from "../task/errors.ts";
import { BrokenExecutorError, type Executor, type ResultOf } from "../task/executor.ts";
import { Future } from "../task/future.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { currentOwner, type Owner, type Resource } from "../task/owner.ts";
import { explainUncloneable } from "./cloneable.ts";
import { crossingVariables } from "./context-variables.ts";
import { Job, type JobCanceller } from "./job.ts";
import { checkNotLoading } from "./job-runner.ts";
import { type MapOptions, type Mapped, mapOver } from "./map-over.ts";
import type { FromWorker, Outcome, RunMessage } from "./messages.ts";
import { type PoolOptions, type PoolPlan, planPool } from "./pool-options.ts";
import { PoolRecord, type PoolStatistics } from "./pool-statistics.ts";
import { Slot } from "./slot.ts";
import type { AnyFunction, Surroundings } from "./surroundings.ts";
import { takeTransfers } from "./transfer.ts";
import { WaitingLine } from "./waiting-line.ts";
import type { LinkListener, WorkerLink } from "./worker-link.ts";

export interface ShutdownOptions {
  /** Wait until all that was taken is done and the workers have ended; true if not given. */
  wait?: boolean;
  /** Cancel the jobs that no worker has begun; false if not given. */
  cancelFutures?: boolean;
}

/** Milliseconds after which a job that has ended by its deadline fails, if its own scope has not cancelled it. */
const LATE = 50;

let pools = 0;

/**
 * What pools of threads, processes and Web Workers have in common. Counterparts:
 * `concurrent.futures.Executor`, `gevent.threadpool.ThreadPool`.
 */
export abstract class PoolExecutor implements Executor, Resource, JobCanceller {
  readonly #plan: PoolPlan;
  readonly #surroundings: Surroundings;
  readonly #slots: Slot[] = [];
  readonly #idle: Slot[] = [];
  readonly #line: WaitingLine;
  readonly #record = new PoolRecord();
  readonly #owner: Owner | null;
  #closing = false;
  /** Set when all is over; exists while somebody waits for that. */
  readonly #overWaiters = new Set<Future<void>>();
  readonly #ends = new Set<Promise<void>>();

  /** @internal */
  constructor(
    options: PoolOptions,
    className: string,
    processors: number,
    surroundings: Surroundings,
    more: readonly string[] = [],
  ) {
    this.#owner = this.belongsToRun ? currentOwner() : null;
    this.#plan = planPool(
      options,
      className,
      {
        maxWorkers: processors,
        maxQueue: Number.POSITIVE_INFINITY,
        grace: 1000,
        idleTimeout: Number.POSITIVE_INFINITY,
        name: `${className}-${++pools}`,
      },
      more,
    );
    this.#line = new WaitingLine(this.#plan.maxQueue);
    this.#surroundings = surroundings;
    this.#owner?.own(this);
  }

  /** @internal The pool that `toThread` uses serves all runs. */
  protected get belongsToRun(): boolean {
    return true;
  }

  get name(): string {
    return this.#plan.name;
  }

  /**
   * Run `fn(...args)` on a worker; the future gives its result, or throws its error with the worker's stack.
   * `fn` is an inline function that uses no variables from outside, or a `moduleFunction`; a coroutine
   * function runs as a task on a loop of the worker's. Arguments and results are copied (structured clone),
   * when a worker takes the job; see `transfer`.
   *
   * Never suspends; awaiting the future does. Where the queue is full (`maxQueue`) the job waits before it:
   * a producer that is to wait for room says `yield* pool.start(…)`.
   *
   * On cancellation, of the future or of who awaits it, the job is cancelled: it never starts, or a
   * CancelledError is thrown in its coroutine; when it has not unwound within the grace its worker is
   * killed (which native code, such as `execSync`, can delay). Only then the waiter goes on. The end of the run that submitted it does the same.
   *
   * The deadlines of the scopes around the call hold for the job, wherever it is awaited: the worker ends it
   * then by itself. Throws RuntimeError after `shutdown`, TypeError for a function that cannot be handed over; the future
   * throws TypeError for an argument that cannot be copied, BrokenExecutorError if the worker dies.
   * Counterpart: `Executor.submit`.
   */
  submit<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): Future<ResultOf<T>> {
    return this._submit("pool.submit", fn, args);
  }

  /** @internal `call`: the public call, for messages. */
  _submit<T>(call: string, fn: AnyFunction, args: readonly unknown[]): Future<ResultOf<T>> {
    const job = this.#newJob<ResultOf<T>>(call, fn, args);
    this.#admit(job as Job<unknown>);
    return job;
  }

  /**
   * `submit` that waits for room in the queue: gives the future of the job when that has a place there or a
   * worker; without a `maxQueue` that is at once. (`await` cannot give a future: by that it gives the job's result.) Suspends only if the queue is
   * full (`maxQueue`), in turn with others. On cancellation the job is withdrawn. Counterpart: `gevent.pool.Pool.spawn`.
   */
  start<A extends unknown[], T>(
    fn: (...args: A) => T,
    ...args: A
  ): ThenableAwaitable<Future<ResultOf<T>>> {
    const job = this.#newJob<ResultOf<T>>("pool.start", fn, args);
    this.#admit(job as Job<unknown>);
    return ownedCall(caller(), this.#untilIn(job));
  }

  *#untilIn<T>(job: Job<T>): Coroutine<Future<T>> {
    const entrance = this.#line.entrance(job as Job<unknown>);
    try {
      if (entrance !== undefined) yield* entrance;
    } catch (error) {
      job.cancel();
      throw error;
    }
    return job;
  }

  /**
   * Run `fn(item)` for each item; iterate the results with `iterate`'s protocol or `for await`, or `yield*`
   * (`await`) the whole for an array. See MapOptions for order and look-ahead. Counterpart: `Executor.map`.
   */
  map<T, R>(
    fn: (item: T) => R,
    items: Iterable<T> | AsyncIterable<T>,
    options?: MapOptions,
  ): Mapped<ResultOf<R>> {
    this.#check("pool.map");
    this.#surroundings.reference(fn, "pool.map");
    const submit = (item: T) => this._submit<R>("pool.map", fn, [item]);
    return mapOver("pool.map", submit, items, options, 2 * this.#plan.maxWorkers);
  }

  #check(call: string): void {
    if (!this.#closing) return;
    throw new RuntimeError(
      `${call}(): ${this.name} takes no more work: it was shut down, or the run that made it has ended`,
    );
  }

  #newJob<T>(call: string, fn: AnyFunction, args: readonly unknown[]): Job<T> {
    this.#check(call);
    const reference = this.#surroundings.reference(fn, call);
    const loop = getEventLoop();
    const deadline = loop.host.virtual ? Number.POSITIVE_INFINITY : currentEffectiveDeadline();
    const job = new Job<T>(loop, this, { fn: reference, args }, deadline, crossingVariables());
    job.submitted = this.#surroundings.now();
    return job;
  }

  // ---- who is next

  #admit(job: Job<unknown>): void {
    const slot = this.#line.isEmpty ? this.#freeSlot() : undefined;
    if (slot === undefined) this.#line.enter(job);
    else this.#begin(slot, job);
  }

  #freeSlot(): Slot | undefined {
    const idle = this.#idle.pop();
    if (idle !== undefined || this.#slots.length === this.#plan.maxWorkers) return idle;
    const slot = new Slot(`${this.name}, worker ${this.#slots.length + 1}`, this.#surroundings);
    this.#slots.push(slot);
    return slot;
  }

  /** The slot has nothing to do. */
  #next(slot: Slot): void {
    const job = this.#line.take();
    if (job !== undefined) {
      this.#begin(slot, job);
      return;
    }
    this.#idle.push(slot);
    if (this.#closing) {
      this.#endIdle();
      return;
    }
    slot.link?.unref?.();
    if (slot.link !== null) slot.after(this.#plan.idleTimeout, () => this.#end(slot));
  }

  // ---- a job and its worker

  #begin(slot: Slot, job: Job<unknown>): void {
    slot.take(job);
    job.started = this.#surroundings.now();
    this.#record.waitTimes.add(job.started - job.submitted);
    try {
      slot.link ??= this.#open(slot);
      slot.link.ref?.();
      this.#send(slot, slot.link, job);
    } catch (error) {
      slot.job = null;
      this.#record.failed++;
      tell(job, () => job.fail(error));
      // Not at once: a long line of jobs that all fail would be as deep a stack.
      void Promise.resolve().then(() => this.#next(slot));
    }
  }

  #open(slot: Slot): WorkerLink {
    checkNotLoading();
    try {
      return this.#surroundings.open(this.#listener(slot), slot.name);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new BrokenExecutorError(`${slot.name} could not be started: ${why}`, { cause: error });
    }
  }

  #send(slot: Slot, link: WorkerLink, job: Job<unknown>): void {
    const { fn, deadline, variables } = job;
    const { values, list } = takeTransfers(job.args);
    const message: RunMessage = { type: "run", id: slot.id, fn, args: values };
    if (variables !== undefined) Object.assign(message, { variables });
    if (deadline !== Number.POSITIVE_INFINITY) {
      Object.assign(message, { timeLeft: deadline - job._loop.time() });
    }
    try {
      link.send(message, list);
    } catch (error) {
      throw variables === undefined
        ? explainUncloneable(values, "arguments", error, list, link.clone)
        : explainUncloneable(
            { arguments: values, contextVars: variables },
            "",
            error,
            list,
            link.clone,
          );
    }
  }

  #listener(slot: Slot): LinkListener {
    return {
      heard: (message) => this.#heard(slot, message),
      ended: (reason, last = []) => this.#workerEnded(slot, reason, last),
    };
  }

  #heard(slot: Slot, message: FromWorker): void {
    if (message.type === "unread") this.#unread(slot);
    else if (message.type !== "answer") slot.heard(message);
    else if (slot.job !== null && message.id === slot.id) {
      this.#answered(slot, slot.job, message.outcome);
    }
  }

  /** A message was lost on its way, this one or that: the job's, for there is no other. */
  #unread(slot: Slot): void {
    const { job } = slot;
    if (job === null) return;
    const error = new TypeError(
      "the arguments or the result could be sent, but not be read on the other side: " +
        "is there a view of a buffer that was transferred before?",
    );
    // Whether it runs there nobody knows.
    this.#replace(slot, job, error);
  }

  #answered(slot: Slot, job: Job<unknown>, outcome: Outcome): void {
    slot.free();
    this.#record.runTimes.add(this.#surroundings.now() - job.started);
    if ("error" in outcome) this.#record.failed++;
    else if ("cancelled" in outcome || job.unwinding) this.#record.cancelled++;
    else this.#record.done++;
    // First work for the worker, then for this thread.
    this.#next(slot);
    const isLate = "cancelled" in outcome && outcome.late && !job.unwinding;
    tell(job, () => {
      if (isLate) awaitDeadline(job);
      else job.settle(outcome, slot.name);
    });
  }

  #workerEnded(slot: Slot, reason: Error, last: readonly FromWorker[]): void {
    const { id } = slot;
    slot.link = null;
    this.#record.died++;
    for (const message of last) this.#heard(slot, message);
    const job = slot.id === id ? slot.job : null;
    if (job !== null) {
      slot.free();
      if (job.unwinding) this.#record.cancelled++;
      else this.#record.failed++;
      const error = new BrokenExecutorError(
        `${slot.name} has died before it answered ${job.fn.name || "a function"}(): ${reason.message}`,
        { cause: reason },
      );
      tell(job, () => {
        if (job.unwinding) job.end();
        else job.fail(error);
      });
      this.#next(slot);
      return;
    }
    // Nobody else would hear of it.
    const message = `${slot.name} has died without a job`;
    getEventLoop().callExceptionHandler({ message, exception: reason });
    const at = this.#idle.indexOf(slot);
    // The next job goes to a worker that is there.
    if (at > 0) this.#idle.unshift(...this.#idle.splice(at, 1));
    if (this.#closing) this.#endIdle();
  }

  /** @internal */
  cancelJob(job: Job<unknown>, reason: string | undefined): void {
    const slot = this.#slots.find((candidate) => candidate.job === job);
    if (slot === undefined) {
      if (job.place === "worker") {
        // It has ended there by its deadline, and waits for this.
        job.end();
        return;
      }
      this.#record.cancelled++;
      this.#line.withdraw(job);
      return;
    }
    slot.link?.send({ type: "cancel", id: slot.id, reason }, []);
    slot.after(this.#plan.grace, () => this.#replace(slot, job));
  }

  /** The grace is over, and the job runs on: its worker is killed. */
  #replace(slot: Slot, job: Job<unknown>, error?: Error): void {
    const { link } = slot;
    // Or it is being killed already.
    if (slot.job !== job || link === null) return;
    slot.link = null;
    this.#record.replaced++;
    if (error === undefined) this.#record.cancelled++;
    else this.#record.failed++;
    // It must not answer any more, and the slot is not free before it is gone.
    slot.id++;
    void this.#gone(link.kill()).then(() => {
      slot.free();
      tell(job, () => {
        if (error === undefined) job.end();
        else job.fail(error);
      });
      this.#next(slot);
    });
  }

  /** A worker is being ended: the pool is not over before that. */
  #gone(end: Promise<void>): Promise<void> {
    const gone = end.then(() => {
      this.#ends.delete(gone);
      if (this.#closing) this.#endIdle();
    });
    this.#ends.add(gone);
    return gone;
  }

  #end(slot: Slot): void {
    slot.cancelTimer();
    const { link } = slot;
    slot.link = null;
    if (link !== null) void this.#gone(link.end());
  }

  // ---- the end

  /**
   * Take no more work; the workers end when what was taken is done, or cancelled at the end of the pool's run.
   * With `wait` suspends until they have ended, unless they have; on cancellation it is not waited for any
   * more, the shut-down goes on. Twice does no harm. Counterpart: `Executor.shutdown`.
   */
  shutdown(options: ShutdownOptions = {}): ThenableAwaitable<void> {
    const { wait = true, cancelFutures = false } = options ?? {};
    const isRight = typeof wait === "boolean" && typeof cancelFutures === "boolean";
    if (!isRight || typeof options !== "object" || options === null) {
      throw new TypeError("shutdown() takes { wait, cancelFutures }, each true or false");
    }
    this.#close(cancelFutures);
    return ownedCall(caller(), this.#untilOver(wait));
  }

  #close(cancelFutures: boolean): void {
    this.#closing = true;
    if (cancelFutures) for (const job of [...this.#line]) job.cancel();
    this.#endIdle();
  }

  #endIdle(): void {
    for (const slot of this.#idle) this.#end(slot);
    if (!this.#isOver) return;
    this.#owner?.disown(this);
    for (const waiter of this.#overWaiters) {
      if (!waiter.done()) waiter._loop.react(() => waiter.setResult(undefined), undefined);
    }
    this.#overWaiters.clear();
  }

  get #isOver(): boolean {
    return this.#idle.length === this.#slots.length && this.#ends.size === 0;
  }

  *#untilOver(wait: boolean): Coroutine<void> {
    if (!wait || this.#isOver) return;
    const loop = getEventLoop();
    const over = new Future<void>(loop, `${this.name} to shut down`);
    this.#overWaiters.add(over);
    loop.traffic?.outward.add(over);
    try {
      yield* over;
    } finally {
      loop.traffic?.outward.remove(over);
      this.#overWaiters.delete(over);
    }
  }

  /** @internal The run that made it ends, and with it all that it has begun. */
  release(): Coroutine<void> | undefined {
    this.#closing = true;
    getEventLoop()._forgetExecutor(this);
    for (const job of [...this.#line, ...this.#slots.map((slot) => slot.job)]) {
      if (job === null || job.frame.owner === this.#owner) job?.cancel();
      else job.abandon(new BrokenExecutorError(`${this.name} has ended with the run that made it`));
    }
    this.#endIdle();
    return this.#isOver ? undefined : this.#untilOver(true);
  }

  /** Begin to shut down. What is not done when its run ends is cancelled; `await using` waits for it. */
  [Symbol.dispose](): void {
    this.#close(false);
  }

  /** Shut down and wait, as Python's `with` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** What is going on, and how long jobs have waited and run. Counterpart: none; gevent's `len(pool)`. */
  statistics(): PoolStatistics {
    return {
      workers: this.#slots.filter(({ link }) => link !== null).length,
      busy: this.#slots.filter(({ job }) => job !== null).length,
      waiting: this.#line.waiting,
      suspended: this.#line.suspended,
      ...this.#record.summary(),
    };
  }

  toString(): string {
    return `<${this.name}>`;
  }
}

/** In the loop of who waits for the job; if that is closed, nobody does. */
function tell(job: Job<unknown>, what: () => void): void {
  if (!job._loop.isClosed()) job._loop.react(what, undefined);
}

/** The worker's clock was faster: this side's scope cancels the job any moment, unless it was moved. */
function awaitDeadline(job: Job<unknown>): void {
  job._loop.callLater(LATE, () => {
    if (!job.done()) job.fail(new TimeoutError(`the deadline of ${job} has passed in its worker`));
  });
}
