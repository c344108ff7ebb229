/*
 * A job: the future of a call that was handed over.
 *
 *   waiting ---> running ---> done           cancel(): a waiting job is done at once;
 *                   \--- unwinding --/                 a running one when its worker has unwound it, or
 *                                                      the grace is over and the worker is killed
 *
 * So whoever is cancelled while waiting for a job goes on when nothing of it runs any more. That the job
 * returned a value all the same, because it had just ended or does not listen, changes nothing: the waiter
 * was cancelled, and asyncio's rule that a future's result wins would lose that.
 */

import { snapshot } from "../context/context.ts";
import { currentFrame, type Frame } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine } from "../coroutine/types.ts";
import { isCancelled } from "../task/errors.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { CANCELLED, Future, RETURNED } from "../task/future.ts";
import { currentOwner, type Owner, type Resource } from "../task/owner.ts";
import { decodeError } from "./error-crossing.ts";
import type { Call, FunctionReference, Outcome } from "./messages.ts";

const NONE: readonly unknown[] = [];

/** Who runs jobs: hears that one is not wanted any more. */
export interface JobCanceller {
  cancelJob(job: Job<unknown>, reason: string | undefined): void;
}

export class Job<T> extends Future<T> implements Resource {
  readonly fn: FunctionReference;
  args: readonly unknown[];
  /** Where it was submitted: what it calls back runs there. */
  readonly frame: Frame;
  /** When the deadline of the scopes around it is, by `loop.time()`; Infinity for none. */
  readonly deadline: number;
  readonly variables: Record<string, unknown> | undefined;
  readonly #canceller: JobCanceller;
  place: "nowhere" | "door" | "queue" | "worker" = "nowhere";
  /** By the pool's clock, in milliseconds. */
  submitted = 0;
  started = 0;
  #cancelled = false;
  #reason: string | undefined;
  /** What the waiter gets instead of a CancelledError. */
  #error: Error | null = null;

  constructor(
    loop: EventLoop,
    canceller: JobCanceller,
    { fn, args }: Call,
    deadline: number,
    variables: Record<string, unknown> | undefined,
  ) {
    super(loop, fn.name);
    this.fn = fn;
    this.args = args;
    this.#canceller = canceller;
    this.deadline = deadline;
    this.variables = variables;
    this.frame = {
      context: snapshot(),
      owner: currentOwner(loop),
      frameTask: currentFrame().frameTask,
    };
    loop.traffic?.outward.add(this);
    (this.frame.owner as Owner | null)?.own(this);
  }

  override toString(): string {
    return `<job ${this.fn.name}()>`;
  }

  /** It is to be cancelled, and not done yet. */
  get unwinding(): boolean {
    return this.#cancelled && !this.done();
  }

  override setResult(_result: T): never {
    throw new RuntimeError("a job's result is what its function returns: it has no setResult()");
  }

  override setException(_error: unknown): never {
    throw new RuntimeError("a job's error is what its function throws: it has no setException()");
  }

  /** Cancel the job, and with it who waits for it, when nothing of it runs any more. */
  override cancel(message?: string): boolean {
    if (this.done()) return false;
    if (!this.#cancelled) {
      this.#cancelled = true;
      this.#reason = message === undefined ? undefined : String(message);
      this.#canceller.cancelJob(this as Job<unknown>, this.#reason);
    }
    return true;
  }

  /** Cancel the job for a reason that is not its waiter's: that gets this error. */
  abandon(error: Error): void {
    this.#error = error;
    this.cancel();
  }

  /** The worker's answer, or what became of it. */
  settle(outcome: Outcome, where: string): void {
    if (this.done()) return;
    if ("error" in outcome) this.fail(decodeError(outcome.error, where));
    else if (this.#cancelled || "cancelled" in outcome)
      this.end("cancelled" in outcome ? outcome.cancelled : undefined);
    else {
      this.#leave();
      this._settle(RETURNED, outcome.value);
    }
  }

  fail(error: unknown): void {
    if (this.done()) return;
    this.#leave();
    this._raise(error);
  }

  /** It is cancelled, and nothing of it runs. */
  end(reason?: string): void {
    if (this.done()) return;
    if (this.#error !== null) {
      this.fail(this.#error);
      return;
    }
    this.#leave();
    this._markSeen();
    this._settle(CANCELLED, this.#reason ?? reason);
  }

  #leave(): void {
    this._loop.traffic?.outward.remove(this);
    // It may stand in line for long until it is passed over.
    this.args = NONE;
    (this.frame.owner as Owner | null)?.disown(this);
  }

  /** The run that submitted it ends. */
  release(): Coroutine<void> | undefined {
    this.cancel("the run that submitted the job has ended");
    return this.done() ? undefined : this.#unwound();
  }

  *#unwound(): Coroutine<void> {
    try {
      yield* this;
    } catch (error) {
      if (isCancelled(error)) return;
      const message = `unhandled exception of ${this} during run() shutdown`;
      this._loop.callExceptionHandler({ message, exception: error });
    }
  }
}
