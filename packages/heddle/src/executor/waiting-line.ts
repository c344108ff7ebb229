/*
 * Who waits for a worker: jobs in the queue, of which there may be a limited number, and those at the door.
 *
 *   enter --> [door] --> [queue: at most `limit`] --> take
 *
 * A job that is cancelled stays where it is until its turn, and is passed over then: so that cancelling ten
 * thousand of them is not ten thousand searches. It counts no more from when it is withdrawn.
 */
import { Fifo } from "../queue/fifo.ts";
import { Future } from "../task/future.ts";
import type { Job } from "./job.ts";

/** So many withdrawn jobs may stand in line, even if they are the most. */
const MANY = 100;

export class WaitingLine {
  readonly #limit: number;
  readonly #queue = new Fifo<Job<unknown>>();
  readonly #door = new Fifo<Job<unknown>>();
  /** Who waits until a job at the door has come in. */
  readonly #entrances = new Map<Job<unknown>, Future<void>>();
  /** In the queue, and not withdrawn. */
  waiting = 0;
  /** At the door, and not withdrawn. */
  suspended = 0;

  #withdrawn = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.waiting === 0 && this.suspended === 0;
  }

  enter(job: Job<unknown>): void {
    if (this.waiting < this.#limit) this.#queueUp(job);
    else {
      this.suspended++;
      job.place = "door";
      this.#door.push(job);
    }
  }

  #queueUp(job: Job<unknown>): void {
    this.waiting++;
    job.place = "queue";
    this.#queue.push(job);
  }

  /** Done when the job has come in; undefined if it need not wait at the door. */
  entrance(job: Job<unknown>): Future<void> | undefined {
    if (job.place !== "door") return undefined;
    const entrance = new Future<void>(job._loop, `room for ${job}`);
    this.#entrances.set(job, entrance);
    return entrance;
  }

  /** The next job that is still wanted. */
  take(): Job<unknown> | undefined {
    let job = this.#queue.shift();
    while (job?.done() === true) job = this.#queue.shift();
    if (job !== undefined) this.waiting--;
    // Where the queue has no room at all, from the door straight to the worker.
    else job = this.#fromDoor();
    this.#letIn();
    return job;
  }

  #fromDoor(): Job<unknown> | undefined {
    let job = this.#door.shift();
    while (job?.done() === true) job = this.#door.shift();
    if (job === undefined) return undefined;
    this.suspended--;
    const entrance = this.#entrances.get(job);
    this.#entrances.delete(job);
    if (entrance?.done() === false) entrance.setResult(undefined);
    return job;
  }

  #letIn(): void {
    while (this.suspended > 0 && this.waiting < this.#limit) {
      const job = this.#fromDoor();
      if (job === undefined) return;
      this.#queueUp(job);
    }
  }

  /** The job is not wanted any more; it is done now. */
  withdraw(job: Job<unknown>): void {
    if (job.place === "door") this.suspended--;
    else if (job.place === "queue") this.waiting--;
    job.place = "nowhere";
    const entrance = this.#entrances.get(job);
    this.#entrances.delete(job);
    job.end();
    this.#withdrawn++;
    if (this.#withdrawn > MANY && this.#withdrawn > this.waiting + this.suspended) this.#cleanUp();
    if (entrance?.done() === false) entrance.cancel();
    this.#letIn();
  }

  /** Most of what stands here is done. */
  #cleanUp(): void {
    this.#withdrawn = 0;
    for (const line of [this.#queue, this.#door]) {
      for (let left = line.size; left > 0; left--) {
        const job = line.shift();
        if (job?.done() === false) line.push(job);
      }
    }
  }

  *[Symbol.iterator](): Generator<Job<unknown>, void, undefined> {
    yield* this.#queue;
    yield* this.#door;
  }
}
