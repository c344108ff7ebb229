/*
 * The worker's side: runs the jobs that come, one after the other.
 *
 * A job is a run of its own on the worker's loop: what it starts and leaves behind is cancelled, closed and
 * awaited before it counts as done, so that nothing of it is in the way of the next one. A plain function
 * that returns a value needs none of that, and is only called.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine } from "../coroutine/types.ts";
import { isOngoing } from "../task/as-coroutine.ts";
import { CancelScope } from "../task/cancel-scope.ts";
import { getEventLoop, getRunningLoop } from "../task/current-loop.ts";
import { newCancelledError } from "../task/errors.ts";
// Makes the worker's loop; nobody else may have loaded it there.
import "../task/event-loop.ts";
import { run } from "../task/run.ts";
import { shutDown } from "../task/shut-down.ts";
import { currentTask, type Task } from "../task/task.ts";
import type { FromWorker, FunctionReference, Outcome, RunMessage, ToWorker } from "./messages.ts";
import { outcomeOfError, runCall, sendOutcome } from "./run-call.ts";
import type { AnyFunction, Found } from "./surroundings.ts";
import type { Transferable } from "./transfer.ts";

/** What a worker is given by its platform. */
export interface WorkerSurroundings {
  post(message: FromWorker, transfer: readonly Transferable[]): void;
  /** Clones as `post` does, to find out what cannot be; structuredClone if not given. */
  clone?(value: unknown): unknown;
  load(reference: FunctionReference): Found | Promise<Found>;
  /** For calls to the other side. */
  reference(fn: AnyFunction, call: string): FunctionReference;
  /** The next message, without turning the loop. Absent where that cannot be. */
  receive?(): ToWorker | undefined;
}

const PlainFunction = Function;

/** What comes of calls that a job has left behind. */
const JOB_ENDED: Outcome = { cancelled: "the job has ended", late: false };

export class JobRunner {
  readonly surroundings: WorkerSurroundings;
  #id = 0;
  #task: Task<unknown> | null = null;
  #busy = false;
  #cancelled: { readonly reason: string | undefined } | null = null;
  #controller: AbortController | null = null;
  /** Of the deadline that the job came with. */
  #scope: CancelScope | null = null;
  /** Calls to the other side that are under way. */
  readonly calls = new Map<number, (outcome: Outcome) => void>();
  #lastCall = 0;

  constructor(surroundings: WorkerSurroundings) {
    this.surroundings = surroundings;
  }

  heard(message: ToWorker): void {
    if (message.type === "run") this.#run(message);
    else if (message.type === "cancel") this.#cancel(message.id, message.reason);
    else {
      const settle = this.calls.get(message.call);
      this.calls.delete(message.call);
      settle?.(message.outcome);
    }
  }

  #run(message: RunMessage): void {
    this.#id = message.id;
    this.#busy = true;
    this.#cancelled = null;
    this.#controller = null;
    this.#scope = null;
    let fn: Found | Promise<Found>;
    try {
      fn = this.surroundings.load(message.fn);
      if (typeof fn !== "function" && "url" in message.fn) fn = noteLoading(message.fn.url, fn);
    } catch (error) {
      this.#answer(message, outcomeOfError(error));
      return;
    }
    const isBare = message.variables === undefined && message.timeLeft === undefined;
    if (isBare && typeof fn === "function" && fn.constructor === PlainFunction) {
      this.#callPlain(message, fn);
      return;
    }
    this.#runJob(message, fn);
  }

  #callPlain(message: RunMessage, fn: Found): void {
    // What it starts belongs to nobody.
    const loop = getEventLoop();
    const wasBare = loop.orphans.isBare;
    let outcome: Outcome;
    try {
      const returned = fn(...message.args);
      if (isOngoing(returned)) {
        this.#runJob(message, () => returned);
        return;
      }
      outcome = { value: returned };
    } catch (error) {
      outcome = outcomeOfError(error);
    }
    if (!wasBare || loop.orphans.isBare) this.#answer(message, outcome);
    else run(() => shutDown(loop.orphans, loop)).then(() => this.#answer(message, outcome));
  }

  #runJob(message: RunMessage, fn: Found | Promise<Found>): void {
    const job = { late: false };
    run(() => this.#main(message, fn, job), { name: message.fn.name || "job" }).then(
      (value) => {
        const late: Outcome = { cancelled: "the deadline has passed", late: true };
        this.#answer(message, job.late ? late : { value });
      },
      (error) => this.#answer(message, outcomeOfError(error)),
    );
  }

  *#main(
    { args, variables, timeLeft }: RunMessage,
    fn: Found | Promise<Found>,
    job: { late: boolean },
  ): Coroutine<unknown> {
    this.#task = currentTask();
    if (this.#cancelled !== null) throw newCancelledError(this.#cancelled.reason);
    const call = () => runCall(fn, args, variables);
    if (timeLeft === undefined) return yield* call();
    const scope = new CancelScope({ deadline: getRunningLoop().time() + timeLeft });
    this.#scope = scope;
    const value = yield* scope.run(call);
    job.late = scope.cancelledCaught;
    return value;
  }

  #answer({ id, fn }: RunMessage, outcome: Outcome): void {
    this.#busy = false;
    this.#task = null;
    for (const settle of this.calls.values()) settle(JOB_ENDED);
    this.calls.clear();
    sendOutcome(
      outcome,
      fn.name,
      (sent, transfer) => {
        this.surroundings.post({ type: "answer", id, outcome: sent }, transfer);
      },
      this.surroundings.clone,
    );
  }

  #cancel(id: number, reason: string | undefined): void {
    if (!this.#busy || id !== this.#id) return;
    this.#cancelled = { reason };
    this.#controller?.abort(newCancelledError(reason));
    this.#task?.cancel(reason);
  }

  /** An AbortSignal that is aborted when the job is cancelled, or its deadline has passed. */
  get signal(): AbortSignal {
    if (this.#controller !== null) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#cancelled !== null) controller.abort(newCancelledError(this.#cancelled.reason));
    const deadline = this.#scope?.signal;
    if (deadline?.aborted === true) controller.abort(deadline.reason);
    deadline?.addEventListener("abort", () => controller.abort(deadline.reason));
    return controller.signal;
  }

  /** Nobody wants the job any more, or what it says. */
  abandon(): void {
    this.#cancel(this.#id, "the parent of this worker has ended");
  }

  /** Have `fn(...args)` run on the other side, for the job; gives the number of the call. */
  call(
    fn: FunctionReference,
    args: readonly unknown[],
    transfer: readonly Transferable[],
    settle: (outcome: Outcome) => void,
  ): number {
    const call = ++this.#lastCall;
    this.surroundings.post({ type: "call", id: this.#id, call, fn, args }, transfer);
    this.calls.set(call, settle);
    return call;
  }

  get busy(): boolean {
    return this.#busy;
  }
}

let runner: JobRunner | null = null;
/** The module that this worker is loading for a job. */
let loading: string | null = null;

/**
 * Is this a worker of an executor? A file that starts a program, and has functions for workers too, says
 * `if (!isWorker()) void run(main)`: a worker that looks for the functions runs its top level as well. (Node's
 * `isMainThread` is true in a process of a pool.) Counterpart: `if __name__ == "__main__"`.
 */
export function isWorker(): boolean {
  return runner !== null;
}

/** @internal A worker that would start workers to load a module, which would load it … */
export function checkNotLoading(): void {
  if (loading === null) return;
  throw new RuntimeError(
    `${loading} hands work over at its top level, while a worker loads it for a function: that worker would ` +
      "start workers, and so on. Let only the program do that: if (!isWorker()) void run(main)",
  );
}

function noteLoading(url: string, module: Promise<Found>): Promise<Found> {
  loading = url;
  return module.finally(() => {
    loading = null;
  });
}

/** This thread is a worker from now on. */
export function becomeWorker(surroundings: WorkerSurroundings): JobRunner {
  runner = new JobRunner(surroundings);
  return runner;
}

/** The worker's runner, while it has a job; null in the main thread. */
export function currentRunner(): JobRunner | null {
  return runner?.busy === true ? runner : null;
}
