/*
 * RemoteExecutor: heddle's executor for other machines, as its coroutines see it.
 */
import {
  type Coroutine,
  cancelScope,
  copyContext,
  createTask,
  currentTask,
  type Executor,
  Future,
  fromPromise,
  getEventLoop,
  isCancelled,
  type ResultOf,
  RuntimeError,
  Semaphore,
  shield,
  type Task,
  wait,
} from "heddle";
import { type MapOptions, type Mapped, mapOver } from "heddle/executor";
import { Backend } from "./backend.ts";
import { toJson } from "./job-data.ts";
import {
  checkExecutorOptions,
  checkJobOptions,
  type JobOptions,
  type RemoteExecutorOptions,
  type RemoteFunction,
} from "./options.ts";
import { RemoteJob } from "./remote-job.ts";
import { RemoteQueue } from "./remote-queue.ts";
import { retryOptions } from "./retry.ts";

export interface RemoteStatistics {
  /** Submits that wait for room (`maxInFlight`). */
  readonly waiting: number;
  /** Jobs that are handed over, or on their way, and not done. */
  readonly inFlight: number;
  /** Jobs that have ended: with a result, with an error, cancelled from here. */
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Runs of jobs beyond the first that were no retries: what at-least-once delivery means. */
  readonly duplicates: number;
  /** How often a job was taken from a worker that gave no sign of life. */
  readonly takenOver: number;
  /** How often the connection was lost. */
  readonly outages: number;
}

/** What an executor and all that its `with` makes have in common. */
class Shared {
  readonly options: Required<Pick<RemoteExecutorOptions, "keepResults" | "cancelGrace">>;
  readonly queue: RemoteQueue;
  readonly room: Semaphore;
  readonly tasks = new Map<Task<unknown>, RemoteJob>();
  readonly closed: Future<void>;
  waiting = 0;
  cancelled = 0;
  submitted = 0;
  isShut = false;
  closing: Task<void> | null = null;

  constructor(options: RemoteExecutorOptions) {
    checkExecutorOptions(options);
    const loop = getEventLoop();
    this.queue = new RemoteQueue(new Backend("RemoteExecutor", options), loop);
    this.options = {
      keepResults: options.keepResults ?? 300_000,
      cancelGrace: options.cancelGrace ?? 1000,
    };
    this.room = new Semaphore(options.maxInFlight ?? 1000, { name: "room in flight" });
    this.closed = new Future<void>({ loop, name: "the executor's shutdown" });
    // The end of a run cancels what it has left behind: this is how the executor hears of it.
    if (currentTask() !== null) createTask(this.#closeWithRun(), { name: "RemoteExecutor's end" });
  }

  *#closeWithRun(): Coroutine<void> {
    try {
      yield* shield(this.closed);
    } catch (error) {
      this.isShut = true;
      yield* cancelScope({ shield: true }, () => this.close());
      throw error;
    }
  }

  *close(): Coroutine<void> {
    try {
      if (this.tasks.size > 0) yield* wait([...this.tasks.keys()]);
    } finally {
      // A cancellation ends the patience, not the closing.
      yield* cancelScope({ shield: true }, () => fromPromise(this.queue.close()));
      if (!this.closed.done()) this.closed.setResult(undefined);
    }
  }
}

/**
 * Runs functions in the worker processes that `serve` them, on any machine that reaches the same Redis or
 * PostgreSQL. Counterparts: `concurrent.futures.Executor`; celery's `apply_async` and `get` in one.
 *
 * Delivery is at least once: a job whose worker dies is run again by another one. Functions must bear
 * that; `statistics()` counts it. It belongs to the run that made it, and ends with that; made outside
 * of a run it keeps the process alive until `shutdown`.
 *
 * While the backend is away, that is reported once to the loop's exception handler, and restored with
 * growing pauses. Jobs that were handed over wait for that; those that are not fail with ConnectionError
 * after `connectTimeout`.
 *
 * @example
 * const remote = new RemoteExecutor({ connection: "redis://127.0.0.1:6379", queue: "images" });
 * const small = yield* remote.with({ timeout: 5000, attempts: 3 }).submit(resize, "a.png", 100);
 * yield* remote.shutdown();
 */
export class RemoteExecutor implements Executor {
  readonly #shared: Shared;
  readonly #job: JobOptions;

  /** Connects with the first job. Throws TypeError and RangeError for options that cannot be. */
  constructor(options: RemoteExecutorOptions);
  /** @internal */
  constructor(options: Shared, job: JobOptions);
  constructor(options: RemoteExecutorOptions | Shared, job: JobOptions = {}) {
    this.#shared = options instanceof Shared ? options : new Shared(options);
    this.#job = job;
  }

  /**
   * The same executor with other options for its jobs: timeout, attempts, backoff, idempotencyKey,
   * onProgress. Throws TypeError and RangeError for options that cannot be.
   */
  with(options: JobOptions): RemoteExecutor {
    checkJobOptions(options);
    return new RemoteExecutor(this.#shared, { ...this.#job, ...options });
  }

  /**
   * Run `fn(...args)` where a function of its name is served. Starts at once; the task gives the result.
   * Suspends; beyond `maxInFlight` it waits for its turn first.
   *
   * Throws the function's error, with its class if that is registered (`registerErrorClass`), its cause
   * and the remote stack; TimeoutError after the job's `timeout`; UnknownFunctionError; WorkerLostError;
   * ConnectionError; JobRemovedError and JobCancelledError if others removed or cancelled it. At once:
   * TypeError for arguments that a job cannot hold, with the path, RuntimeError after `shutdown`.
   *
   * On cancellation the job leaves the queue; if it runs, CancelledError is thrown into the coroutine, whose
   * `finally` runs, and its end is awaited for `cancelGrace` ms. A job that other tasks
   * of this executor wait for by the same idempotency key goes on. Counterpart: `Executor.submit`.
   */
  submit<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): Task<ResultOf<T>> {
    const shared = this.#shared;
    const name = nameOf(fn);
    if (shared.isShut) {
      throw new RuntimeError(
        `cannot submit ${name}(): the executor was shut down, or its run has ended`,
      );
    }
    const job = this.#newJob(name, args);
    const task = createTask(perform<ResultOf<T>>(shared, job, this.#hear()), {
      name: `remote ${name}()`,
      eagerStart: true,
    });
    // It knows better if it has found one with the same key.
    if (!shared.tasks.has(task)) shared.tasks.set(task, job);
    task.addDoneCallback(() => {
      shared.tasks.delete(task);
      if (task.cancelled()) shared.cancelled++;
    });
    return task;
  }

  #newJob(name: string, args: readonly unknown[]): RemoteJob {
    const shared = this.#shared;
    const { timeout, idempotencyKey: key } = this.#job;
    const json = args.map((value, index) => toJson(value, `argument ${index + 1} of ${name}()`));
    const data = timeout === undefined ? { args: json } : { args: json, timeout };
    const id =
      key === undefined
        ? `${shared.queue.id}-${++shared.submitted}`
        : `${escaped(name).replaceAll(".", "%2E")}.${escaped(key)}`;
    const { keepResults } = shared.options;
    const kept = keepResults === 0 ? true : { age: Math.ceil(keepResults / 1000) };
    const options = { ...retryOptions(this.#job), removeOnComplete: kept, removeOnFail: kept };
    return new RemoteJob(id, name, data, options, key !== undefined);
  }

  /** How progress gets to `onProgress`: as a callback of the loop, in the submitter's context. */
  #hear(): ((value: unknown) => void) | null {
    const { onProgress } = this.#job;
    if (onProgress === undefined) return null;
    const loop = getEventLoop();
    const context = copyContext();
    return (value) => {
      if (!loop.isClosed()) loop.callSoonIn(context, onProgress, value);
    };
  }

  /**
   * Run `fn(item)` for each item: iterate the results with `iterate`'s protocol or `for await`, or
   * `yield*` (`await`) the whole for an array. At most `bufferSize` items (16 if not given) are taken
   * ahead. The first error ends it, and cancels the rest. Counterpart: `Executor.map`.
   */
  map<T, R>(
    fn: (item: T) => R,
    items: Iterable<T> | AsyncIterable<T>,
    options: MapOptions = {},
  ): Mapped<ResultOf<R>> {
    return mapOver("RemoteExecutor.map", (item: T) => this.submit(fn, item), items, options);
  }

  /**
   * Take no more work, and close the connections when all that was taken has ended. `wait` (true if not
   * given): end when that is so. `cancelFutures`: cancel what no worker has begun. On cancellation it goes
   * on in the background. Calling it again waits for the same end. Counterpart: `Executor.shutdown`.
   */
  shutdown(options: { wait?: boolean; cancelFutures?: boolean } = {}): Task<void> {
    const { wait: waits = true, cancelFutures = false } = options;
    const shared = this.#shared;
    shared.isShut = true;
    const withdrawing = cancelFutures ? createTask(withdraw(shared)) : null;
    shared.closing ??= createTask(shared.close(), { name: "RemoteExecutor.shutdown" });
    return createTask(finish(withdrawing, waits ? shared.closed : null));
  }

  statistics(): RemoteStatistics {
    const { queue, waiting, cancelled, tasks } = this.#shared;
    const { done, failed, watch, outage } = queue;
    return {
      waiting,
      inFlight: tasks.size - waiting,
      done,
      failed,
      cancelled,
      duplicates: watch.duplicates,
      takenOver: watch.takenOver,
      outages: outage.count,
    };
  }

  /** `using`: shutdown that cancels what has not begun and does not wait. */
  [Symbol.dispose](): void {
    this.shutdown({ wait: false, cancelFutures: true });
  }

  /** `await using`: shutdown that waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

/** BullMQ has its own use for colons. */
function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll(":", "%3A");
}

function nameOf(fn: RemoteFunction): string {
  if (typeof fn !== "function") {
    throw new TypeError(`submit() needs a function, got ${String(fn)}: submit(resize, path, 100)`);
  }
  if (fn.name !== "") return fn.name;
  throw new TypeError(
    "submit() finds the remote function by its name, and this one has none: give a named function, or " +
      'remoteFunction("name")',
  );
}

/** One submit, from its place in the line to its end. */
function* perform<T>(
  shared: Shared,
  submitted: RemoteJob,
  hear: ((value: unknown) => void) | null,
): Coroutine<T> {
  shared.waiting++;
  try {
    yield* shared.room.acquire();
  } finally {
    shared.waiting--;
  }
  try {
    const job = yield* theOneOut(shared, submitted);
    return (yield* follow(shared, job, hear)) as T;
  } finally {
    shared.room.release();
  }
}

/** The job to wait for: one with the same key may be out already. */
function* theOneOut(shared: Shared, submitted: RemoteJob): Coroutine<RemoteJob> {
  for (;;) {
    const known = shared.queue.known(submitted.id);
    if (known?.isUnwanted !== true) {
      if (known === undefined) shared.queue.send(submitted);
      else shared.tasks.set(currentTask() as Task<unknown>, known);
      return known ?? submitted;
    }
    // One that is being cancelled has to end first: its end is not ours.
    yield* fromPromise(known.ended);
  }
}

function* follow(
  shared: Shared,
  job: RemoteJob,
  hear: ((value: unknown) => void) | null,
): Coroutine<unknown> {
  job.waiters++;
  if (hear !== null) job.listeners.add(hear);
  try {
    return yield* fromPromise(job.outcome);
  } catch (error) {
    if (isCancelled(error) && job.waiters === 1) {
      const cancelling = shared.queue.cancel(job, shared.options.cancelGrace);
      yield* cancelScope({ shield: true }, () => fromPromise(cancelling));
    }
    throw error;
  } finally {
    job.waiters--;
    if (hear !== null) job.listeners.delete(hear);
  }
}

/** Cancel what has not begun: what waits for room, and what waits in the queue. */
function* withdraw(shared: Shared): Coroutine<void> {
  for (const [task, job] of shared.tasks) {
    const isOut = job.stage === "outbox" || (yield* fromPromise(shared.queue.takeBack(job)));
    if (isOut) task.cancel();
  }
}

function* finish(withdrawing: Task<void> | null, closed: Future<void> | null): Coroutine<void> {
  if (withdrawing !== null) yield* withdrawing;
  if (closed !== null) yield* shield(closed);
}
