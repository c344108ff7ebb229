/*
 * A job, where it runs: the call of its function, and what BullMQ is told of its end.
 */
import { type Job, WaitingError } from "bullmq";
import {
  CancelledError,
  type Coroutine,
  createTask,
  fromPromise,
  isAwaitable,
  isCancelled,
  type Task,
  TimeoutError,
  timeout,
} from "heddle";
import { UnknownFunctionError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { fromJson, toJson } from "./job-data.ts";
import type { RemoteFunction, ServeOptions } from "./options.ts";
import { enterProgress, followProgress, Progress } from "./progress.ts";
import { isFinal, noRetry } from "./retry.ts";

/** Why a job is cancelled: by who submitted it, by the end of `serve`, since it is another worker's now. */
export type Interruption = "caller" | "shutdown" | "lease";

/** @internal */
export class ServedJob {
  readonly id: string;
  readonly name: string;
  task: Task<void> | null = null;
  interruption: Interruption | null = null;
  readonly #job: Job<unknown, unknown>;
  readonly #token: string;
  readonly #options: ServeOptions;
  readonly #progress: Progress;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    job: Job<unknown, unknown>,
    token: string,
    options: ServeOptions,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
    report: (error: unknown) => void,
  ) {
    this.id = job.id ?? "";
    this.name = job.name;
    this.#job = job;
    this.#token = token;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#progress = new Progress((value) => job.updateProgress(value as object).catch(report));
  }

  /** Runs that were neither the first nor a retry. */
  get repeats(): number {
    return this.#job.attemptsStarted - this.#job.attemptsMade - 1;
  }

  interrupt(why: Interruption): void {
    if (this.interruption !== null) return;
    this.interruption = why;
    this.task?.cancel(
      why === "caller"
        ? "the caller has cancelled it"
        : why === "shutdown"
          ? "the worker ends"
          : "the lease was lost: the job belongs to another worker",
    );
  }

  /** Run the function, and tell BullMQ what came of it. Never throws. */
  *perform(): Coroutine<void> {
    enterProgress(this.#progress);
    try {
      const value = yield* this.#runInTime();
      // It did not listen, and has come to its end all the same.
      if (this.interruption === "caller") throw new CancelledError();
      const json = yield* this.#settled(this.#encode(value));
      this.#resolve(json);
    } catch (error) {
      if (isCancelled(error)) this.#cancelled(error);
      else this.#failed(error);
    }
  }

  /** The last progress goes before the result. */
  *#settled<T>(value: T): Coroutine<T> {
    const { sending } = this.#progress;
    if (sending !== null) yield* fromPromise(sending);
    return value;
  }

  #encode(value: unknown): unknown {
    try {
      return toJson(value, `the result of ${this.name}()`);
    } catch (error) {
      // It would be the same the next time.
      throw noRetry(error as object);
    }
  }

  *#runInTime(): Coroutine<unknown> {
    const { timeout: ms } = this.#job.data as { timeout?: number };
    if (ms === undefined) return yield* this.#run();
    let isLate = (): boolean => false;
    const run = () => this.#run();
    const late = () => {
      const attempt = this.#job.attemptsMade + 1;
      return new TimeoutError(`${this.name}() did not end within ${ms} ms (attempt ${attempt})`);
    };
    let value: unknown;
    try {
      value = yield* timeout(ms, function* (scope) {
        isLate = () => scope.expired();
        return yield* run();
      });
    } catch (error) {
      throw isLate() ? late() : error;
    }
    // An async function that does not listen.
    if (isLate()) throw late();
    return value;
  }

  *#run(): Coroutine<unknown> {
    const { functions } = this.#options;
    const fn = Object.hasOwn(functions, this.name) ? functions[this.name] : undefined;
    if (fn === undefined) {
      throw noRetry(
        new UnknownFunctionError(
          `no function "${this.name}" is served here; there are: ${Object.keys(functions).join(", ")}`,
        ),
      );
    }
    // A task, for it is waited for when it is cancelled: what it does would go on beside the next job's.
    if (fn instanceof AsyncFunction) {
      return yield* createTask((signal) => {
        this.#progress.signal = signal;
        return this.#call(fn) as Promise<unknown>;
      });
    }
    const returned = this.#call(fn);
    if (isAwaitable(returned)) return yield* returned;
    const isPromise =
      typeof (returned as Partial<PromiseLike<unknown>> | null)?.then === "function";
    return isPromise ? yield* createTask(() => returned as Promise<unknown>) : returned;
  }

  #call(fn: RemoteFunction): unknown {
    const { args } = this.#job.data as { args?: unknown };
    if (!Array.isArray(args)) {
      throw noRetry(new TypeError(`job ${this.id} has no list of arguments: data.args`));
    }
    const values = args.map(fromJson);
    if (!(fn instanceof AsyncFunction)) return fn(...values);
    return followProgress(this.#progress, () => fn(...values));
  }

  /** It was cancelled before its first step. */
  neverBegan(): void {
    this.#cancelled(new CancelledError());
  }

  #cancelled(error: unknown): void {
    if (this.interruption === null && this.task !== null && this.task.cancelling() > 0) {
      // By the end of the run.
      this.interruption = "shutdown";
    }
    if (this.interruption === "shutdown") void this.giveBack();
    else if (this.interruption === "lease") this.#reject(new WaitingError());
    else {
      // A result that others with the same key should not get.
      if (this.interruption === "caller") this.#job.opts.removeOnFail = true;
      this.#reject(new Failure(error, true));
    }
  }

  #failed(error: unknown): void {
    // Its clean-up may fail: whoever has cancelled it does not want another attempt.
    let isLast = isFinal(error) || this.interruption === "caller";
    try {
      isLast ||= this.#options.retry?.(error) === false;
    } catch (failure) {
      this.#reject(new Failure(failure, true));
      return;
    }
    this.#reject(new Failure(error, isLast));
  }

  /** Another worker is to run it. */
  async giveBack(): Promise<void> {
    try {
      await this.#job.moveToWait(this.#token);
    } catch {
      // Then its lease runs out.
    }
    this.#reject(new WaitingError());
  }
}

const AsyncFunction = (async () => {}).constructor;
