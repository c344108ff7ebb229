import { createTask, type Future, gather, run, sleep, type Task } from "heddle";
import { ThreadPoolExecutor } from "heddle/node";
import { expect, test } from "vitest";
import { work } from "./pools.ts";

/** Mulberry32: numbers from 0 to 1 that are the same each time. */
function numbersOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("1,000 jobs cancelled at random moments: every finally ran, and no thread was lost", () =>
  run(function* () {
    const random = numbersOf(5);
    const pool = new ThreadPoolExecutor({ maxWorkers: 4, maxQueue: 4 });
    yield* gather([1, 2, 3, 4].map((n) => pool.submit(work("add"), n, n)));
    const shared = new SharedArrayBuffer(8);
    const asked = new Set<number>();
    const cancelling: Task<void>[] = [];
    const jobs: Future<number>[] = [];
    for (let index = 0; index < 1000; index++) {
      // In the queue of four, in the worker, or after its end.
      const job = yield* pool.start(work("counts"), shared, index, random() * 10);
      jobs.push(job);
      const when = random() * 20;
      if (random() > 0.7) continue;
      cancelling.push(
        createTask(function* () {
          // Real moments: threads live in the world.
          yield* sleep(when);
          if (job.cancel()) asked.add(index);
        }),
      );
    }
    const outcomes = yield* gather(jobs, { returnExceptions: true });
    yield* gather(cancelling);
    const [begun, ended] = new Int32Array(shared);
    const cancelled = jobs.filter((job) => job.cancelled()).length;
    expect(ended).toBe(begun);
    // Enough of them were cancelled in the middle, enough in the queue, and enough came through.
    const inTheMiddle = Number(begun) - (1000 - cancelled);
    expect(inTheMiddle).toBeGreaterThan(50);
    expect(cancelled).toBeGreaterThan(inTheMiddle + 20);
    expect(cancelled).toBeLessThan(900);
    outcomes.forEach((outcome, index) => {
      if (asked.has(index)) expect(jobs[index]?.cancelled()).toBe(true);
      else expect(outcome).toBe(index);
    });
    expect(pool.statistics()).toMatchObject({
      workers: 4,
      busy: 0,
      waiting: 0,
      replaced: 0,
      died: 0,
      failed: 0,
      cancelled,
      done: 1004 - cancelled,
    });
    yield* pool.shutdown();
  }));
