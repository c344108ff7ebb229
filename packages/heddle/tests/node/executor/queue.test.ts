import { CancelledError, createTask, gather, run, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { openDiary } from "./diary.ts";
import { pools, work } from "./pools.ts";

describe.each(pools)("the queue before $kind", ({ Pool }) => {
  test("start() waits for room, and in turn", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1, maxQueue: 2 });
      const order: number[] = [];
      const producers = [1, 2, 3, 4, 5, 6].map((n) =>
        createTask(function* () {
          const job = yield* pool.start((x: number) => x, n);
          order.push(n);
          return yield* job;
        }),
      );
      yield* sleep(0);
      // One at the worker, two in the queue; nothing has answered yet.
      expect(order).toEqual([1, 2, 3]);
      expect(pool.statistics()).toMatchObject({ busy: 1, waiting: 2, suspended: 3 });
      expect(yield* gather(producers)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(order).toEqual([1, 2, 3, 4, 5, 6]);
      expect(pool.statistics()).toMatchObject({ busy: 0, waiting: 0, suspended: 0, done: 6 });
    }));

  test("submit() beyond it never suspends; the jobs at the door run in order", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1, maxQueue: 1 });
      const jobs = [1, 2, 3, 4].map((n) => pool.submit((x: number) => [x, Date.now()] as const, n));
      expect(pool.statistics()).toMatchObject({ busy: 1, waiting: 1, suspended: 2 });
      const results = yield* gather(jobs);
      expect(results.map(([n]) => n)).toEqual([1, 2, 3, 4]);
      const times = results.map(([, time]) => time);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }));

  test("maxQueue: 0 gives jobs from hand to hand", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1, maxQueue: 0 });
      const first = yield* pool.start((x: number) => x, 1);
      const entered: number[] = [];
      const others = [2, 3, 4].map((n) =>
        createTask(function* () {
          const job = yield* pool.start((x: number) => x, n);
          entered.push(n);
          return yield* job;
        }),
      );
      yield* sleep(0);
      expect(pool.statistics()).toMatchObject({ busy: 1, waiting: 0, suspended: 3 });
      others[1]?.cancel();
      expect(yield* caught(others[1] as (typeof others)[0])).toBeInstanceOf(CancelledError);
      expect(pool.statistics().suspended).toBe(2);
      expect(yield* first).toBe(1);
      expect(
        yield* gather([others[0] as (typeof others)[0], others[2] as (typeof others)[0]]),
      ).toEqual([2, 4]);
      expect(entered).toEqual([2, 4]);
      expect(pool.statistics()).toMatchObject({ suspended: 0, done: 3, cancelled: 1 });
    }));

  test("a cancelled job in the queue makes room for one at the door", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1, maxQueue: 1 });
      const diary = openDiary();
      const first = pool.submit(work("waits"), diary.path, 50);
      const second = pool.submit(work("spins"), diary.path);
      const producer = createTask(function* () {
        return yield* pool.start(work("add"), 1, 2);
      });
      yield* sleep(0);
      expect(producer.done()).toBe(false);
      second.cancel();
      const third = yield* producer;
      expect(pool.statistics()).toMatchObject({ waiting: 1, suspended: 0 });
      expect(yield* gather([first, third])).toEqual(["slept", 3]);
    }));

  test("a producer cancelled at the door withdraws its job; one inside keeps it", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1, maxQueue: 0 });
      const diary = openDiary();
      const first = pool.submit(work("waits"), diary.path, 50);
      const producer = createTask(pool.start(work("spins"), diary.path));
      yield* sleep(0);
      producer.cancel();
      expect(yield* caught(producer)).toBeInstanceOf(CancelledError);
      expect(yield* first).toBe("slept");
      expect(yield* pool.submit(work("add"), 1, 2)).toBe(3);
      expect(diary.lines()).toEqual(["begun", "slept", "unwound"]);
    }));

  test("`await pool.start()` gives the result", async () => {
    const pool = new Pool({ maxWorkers: 1 });
    expect(await pool.start((x: number) => x + 1, 1)).toBe(2);
    await pool.shutdown();
  });

  test("10,000 jobs at once, a tenth of them cancelled", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 2, maxQueue: 100 });
      const jobs = Array.from({ length: 10_000 }, (_, n) => pool.submit((x: number) => x, n));
      for (let n = 500; n < jobs.length; n += 10) jobs[n]?.cancel();
      const outcomes = yield* gather(jobs, { returnExceptions: true });
      outcomes.forEach((outcome, n) => {
        if (n >= 500 && n % 10 === 0) expect(outcome).toBeInstanceOf(CancelledError);
        else if (outcome !== n) expect(outcome).toBe(n);
      });
      const { waitTime, runTime, ...counts } = pool.statistics();
      expect(counts).toMatchObject({
        done: 9050,
        cancelled: 950,
        failed: 0,
        waiting: 0,
        suspended: 0,
      });
      expect(waitTime.p50).toBeLessThanOrEqual(waitTime.p99);
      expect(waitTime.p99).toBeLessThanOrEqual(waitTime.max);
      expect(runTime.mean).toBeGreaterThan(0);
      expect(runTime.max).toBeLessThan(waitTime.max);
    }));
});
