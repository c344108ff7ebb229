/*
 * The place of one worker in a pool: it stays when the worker is exchanged.
 */
import { CallsBack } from "./calls-back.ts";
import type { Job } from "./job.ts";
import type { FromWorker } from "./messages.ts";
import type { Surroundings } from "./surroundings.ts";
import type { WorkerLink } from "./worker-link.ts";

type FromJob = Exclude<FromWorker, { type: "answer" | "unread" }>;

export class Slot {
  readonly name: string;
  readonly #surroundings: Surroundings;
  link: WorkerLink | null = null;
  job: Job<unknown> | null = null;
  /** The number of the job, by which what comes too late is known. */
  id = 0;
  #callsBack: CallsBack | null = null;
  /** Of the grace while a job is cancelled, of the idle time while there is none. */
  #cancelTimer: (() => void) | null = null;

  constructor(name: string, surroundings: Surroundings) {
    this.name = name;
    this.#surroundings = surroundings;
  }

  /** Call `fn` after so many milliseconds, unless something else happens to the slot before. */
  after(ms: number, fn: () => void): void {
    this.cancelTimer();
    if (ms !== Number.POSITIVE_INFINITY) this.#cancelTimer = this.#surroundings.after(ms, fn);
  }

  cancelTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  take(job: Job<unknown>): void {
    this.cancelTimer();
    this.job = job;
    this.id++;
    job.place = "worker";
  }

  /** The job is over, one way or the other: what it has called ends with it. */
  free(): void {
    this.cancelTimer();
    this.job = null;
    this.#callsBack?.dropAll();
    // The next worker counts its calls from 1 again.
    this.#callsBack = null;
  }

  /** The job says something before its end. */
  heard(message: FromJob): void {
    if (message.type === "drop") this.#callsBack?.drop(message.call);
    else if (message.type === "wake") this.#callsBack?.wake(message.call, message.flag);
    else if (this.job !== null && message.id === this.id && this.link !== null) {
      this.#callsBack ??= new CallsBack(this.#surroundings);
      this.#callsBack.run(this.job, this.link, message);
    }
  }
}
