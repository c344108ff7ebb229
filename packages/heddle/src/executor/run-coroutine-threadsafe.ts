/*
 * runCoroutineThreadsafe: from a worker to the loop of who submitted the job, and back.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { isAwaitable } from "../coroutine/is-awaitable.ts";
import type { Awaitable } from "../coroutine/types.ts";
import { getEventLoop } from "../task/current-loop.ts";
import { TimeoutError } from "../task/errors.ts";
import { EventLoop } from "../task/event-loop.ts";
import type { ResultOf } from "../task/executor.ts";
import { Future } from "../task/future.ts";
import { explainUncloneable } from "./cloneable.ts";
import { decodeError } from "./error-crossing.ts";
import { currentRunner, type JobRunner } from "./job-runner.ts";
import type { FunctionReference, Outcome } from "./messages.ts";
import { takeTransfers } from "./transfer.ts";

/** A call that runs in another thread. Counterpart: the `concurrent.futures.Future` of asyncio's. */
export class ThreadsafeCall<T> extends Future<T> {
  readonly #runner: JobRunner;
  readonly #number: number;

  /** @internal */
  constructor(runner: JobRunner, fn: FunctionReference, args: readonly unknown[]) {
    super(getEventLoop(), `${fn.name || "a function"}() in the other thread`);
    this.#runner = runner;
    const { values, list } = takeTransfers(args);
    try {
      this.#number = runner.call(fn, values, list, (outcome) => {
        this._loop.react(() => this.#settle(outcome), undefined);
      });
    } catch (error) {
      throw explainUncloneable(values, "arguments", error, list, runner.surroundings.clone);
    }
    this._loop.traffic?.outward.add(this);
  }

  #settle(outcome: Outcome): void {
    this._loop.traffic?.outward.remove(this);
    if (this.done()) return;
    if ("error" in outcome) this.setException(decodeError(outcome.error, "the other thread"));
    else if ("cancelled" in outcome) super.cancel(outcome.cancelled);
    else this.setResult(outcome.value as T);
  }

  /** Cancel the call there too; who waits here goes on at once. */
  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false;
    this._loop.traffic?.outward.remove(this);
    this.#runner.calls.delete(this.#number);
    this.#runner.surroundings.post({ type: "drop", call: this.#number }, []);
    return true;
  }

  /**
   * Stop this thread until the call has ended, and give its result: for plain functions, which cannot await.
   * Nothing else runs in the thread meanwhile, and a cancellation is not heard. Throws what the call throws;
   * TimeoutError after `ms` milliseconds (the call goes on); RuntimeError where one cannot stand still for a
   * message (Web Workers, processes). Counterpart: `concurrent.futures.Future.result(timeout)`.
   */
  wait(ms = Number.POSITIVE_INFINITY): T {
    const { surroundings } = this.#runner;
    if (surroundings.receive === undefined) {
      throw new RuntimeError("wait() works in threads of Node only: await the call instead");
    }
    if (typeof ms !== "number" || Number.isNaN(ms)) {
      throw new RangeError(`wait() needs a number of milliseconds, got ${String(ms)}`);
    }
    if (!this.done()) {
      const flag = new Int32Array(new SharedArrayBuffer(4));
      surroundings.post({ type: "wake", call: this.#number, flag }, []);
      if (Atomics.wait(flag, 0, 0, ms) === "timed-out") {
        throw new TimeoutError(`${this._about} has not ended within ${Math.max(ms, 0)} ms`);
      }
    }
    while (!this.done()) {
      const message = surroundings.receive();
      if (message === undefined) throw new RuntimeError("the job has ended: nobody runs its calls");
      this.#runner.heard(message);
    }
    return this.result();
  }
}

/**
 * From a worker: run `fn(...args)` as a task on the loop that submitted the job, in the job's run and context,
 * and give a future of its result. `fn` is what executors take: an inline function without outer variables,
 * or a `moduleFunction`, whose module is the one that the main thread has loaded, with its state.
 *
 * Await the future; or, in a plain function of a Node thread, `wait()` for it. Cancelling it cancels the task
 * there. When the job ends, what is left of its calls is cancelled. Throws RuntimeError outside of a job.
 *
 * With a coroutine and a loop of this thread, as asyncio has it: make a task of it on that loop. Counterpart:
 * `asyncio.run_coroutine_threadsafe`.
 *
 * @example
 * // state.ts is loaded by the main thread too: `count` is the main thread's there
 * const count = moduleFunction<typeof import("./state.ts").count>(import.meta.resolve("./state.ts"), "count");
 * export function* work(path: string) {
 *   …
 *   yield* runCoroutineThreadsafe(count, path);
 * }
 */
export function runCoroutineThreadsafe<T>(coroutine: Awaitable<T>, loop: EventLoop): Future<T>;
export function runCoroutineThreadsafe<A extends unknown[], T>(
  fn: (...args: A) => T,
  ...args: A
): ThreadsafeCall<ResultOf<T>>;
export function runCoroutineThreadsafe(
  what: Awaitable<unknown> | ((...args: never[]) => unknown),
  ...args: unknown[]
): Future<unknown> {
  if (typeof what !== "function") return onThisThread(what, args[0]);
  const runner = currentRunner();
  if (runner === null) {
    throw new RuntimeError(
      "runCoroutineThreadsafe(): no job runs here. It is for functions that an executor runs in a worker; " +
        "in the main thread, say createTask()",
    );
  }
  return new ThreadsafeCall(
    runner,
    runner.surroundings.reference(what, "runCoroutineThreadsafe"),
    args,
  );
}

function onThisThread(coroutine: unknown, loop: unknown): Future<unknown> {
  if (!isAwaitable(coroutine)) {
    throw new TypeError(
      `runCoroutineThreadsafe() needs a function, or a coroutine and its loop, got ${String(coroutine)}`,
    );
  }
  if (!(loop instanceof EventLoop)) {
    throw new TypeError(
      "runCoroutineThreadsafe(): a coroutine cannot leave its thread. Hand over its function: " +
        "runCoroutineThreadsafe(fn, ...args); or give a loop of this thread",
    );
  }
  return loop.createTask(coroutine);
}
