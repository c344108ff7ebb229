/*
 * Calls of runCoroutineThreadsafe, on the side where they run: each is a task of the run that the job
 * belongs to, in the job's context, and ends with the job.
 */
import { within } from "../context/current.ts";
import type { Coroutine } from "../coroutine/types.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import type { Task } from "../task/task.ts";
import type { Job } from "./job.ts";
import type { FromWorker, FunctionReference, Outcome } from "./messages.ts";
import { outcomeOf, runCall, sendOutcome } from "./run-call.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Transferable } from "./transfer.ts";
import type { WorkerLink } from "./worker-link.ts";

/** Milliseconds until it is told that a module is not there yet. */
const SLOW_LOAD = 2000;

type CallMessage = Extract<FromWorker, { type: "call" }>;

export class CallsBack {
  readonly #surroundings: Surroundings;
  readonly #tasks = new Map<number, Task<void>>();
  /** Threads that stand still for a call. */
  readonly #flags = new Map<number, Int32Array>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  run(job: Job<unknown>, link: WorkerLink, message: CallMessage): void {
    job._loop.react(() => {
      const task = within({ ...job.frame, frameTask: null }, () =>
        job._loop.createTask(this.#run(link, message)),
      );
      task.setName(`${message.fn.name || "a function"}(), called by ${job}`);
      this.#tasks.set(message.call, task);
      // It is this loop that the job waits for now.
      job._loop.traffic?.inward.add(job);
      task.addDoneCallback(() => {
        job._loop.traffic?.inward.remove(job);
        this.#end(message.call);
      });
    }, undefined);
  }

  *#run(link: WorkerLink, { call, fn, args }: CallMessage): Coroutine<void> {
    const outcome = yield* outcomeOf(this.#load(fn, args));
    const send = (result: Outcome, transfer: readonly Transferable[]) =>
      link.send({ type: "returned", call, outcome: result }, transfer);
    sendOutcome(outcome, fn.name, send, link.clone);
  }

  *#load(fn: FunctionReference, args: readonly unknown[]): Coroutine<unknown> {
    const loading = this.#surroundings.load(fn);
    if (typeof loading === "function") return yield* runCall(loading, args);
    const loop = getRunningLoop();
    const done = this.#surroundings.after(SLOW_LOAD, () => {
      if ("url" in fn) loop.callExceptionHandler({ message: tooSlow(fn.url) });
    });
    return yield* runCall(loading.finally(done), args);
  }

  #end(call: number): void {
    this.#tasks.delete(call);
    const flag = this.#flags.get(call);
    this.#flags.delete(call);
    if (flag !== undefined) raise(flag);
  }

  /** A thread waits for the end of the call without turning its loop. */
  wake(call: number, flag: Int32Array): void {
    if (this.#tasks.has(call)) this.#flags.set(call, flag);
    else raise(flag);
  }

  /** The worker does not want it any more. */
  drop(call: number): void {
    this.#tasks.get(call)?.cancel();
  }

  dropAll(): void {
    for (const task of this.#tasks.values()) task.cancel();
  }
}

function tooSlow(url: string): string {
  return (
    `runCoroutineThreadsafe(): the module ${url} is still being loaded here after ${SLOW_LOAD} ms. ` +
    "If its top level awaits the run that the job belongs to, each waits for the other: call run() there " +
    "without await, or move the function to another module"
  );
}

function raise(flag: Int32Array): void {
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}
