import { CancelledError, createTask, Future, fromPromise, gather, RuntimeError, run } from "heddle";
import { describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { openDiary } from "./diary.ts";
import { type AnyPool, pools, work } from "./pools.ts";

const LONG = 60_000;

describe.each(pools)("shutdown of $kind", ({ Pool }) => {
  const refusal = (pool: InstanceType<AnyPool>, call = "pool.submit") =>
    new RuntimeError(
      `${call}(): ${pool.name} takes no more work: it was shut down, or the run that made it has ended`,
    );

  test("waits for what was taken; takes no more; twice does no harm", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1 });
      const jobs = [1, 2, 3].map((n) => pool.submit((x: number) => x, n));
      const closing = createTask(pool.shutdown());
      const again = createTask(pool.shutdown());
      yield* gather([closing, again]);
      expect(jobs.map((job) => job.result())).toEqual([1, 2, 3]);
      expect(pool.statistics()).toMatchObject({ workers: 0, busy: 0 });
      yield* pool.shutdown();
      expect(() => pool.submit(work("add"), 1, 2)).toThrow(refusal(pool));
      expect(() => pool.start(work("add"), 1, 2)).toThrow(refusal(pool, "pool.start"));
      expect(() => pool.map((x: number) => x, [1])).toThrow(refusal(pool, "pool.map"));
    }));

  test("cancelFutures: jobs that wait are cancelled, the one that runs is not", () =>
    run(function* () {
      const diary = openDiary();
      const pool = new Pool({ maxWorkers: 1, maxQueue: 1 });
      const running = pool.submit(work("waits"), diary.path, 50);
      const others = [1, 2].map(() => pool.submit(work("spins"), diary.path));
      yield* pool.shutdown({ cancelFutures: true });
      expect(others.map((job) => job.cancelled())).toEqual([true, true]);
      expect(running.result()).toBe("slept");
      expect(diary.lines()).toEqual(["begun", "slept", "unwound"]);
    }));

  test("wait: false does not wait, and the jobs run on", () =>
    run(function* () {
      const diary = openDiary();
      const pool = new Pool({ maxWorkers: 1 });
      const job = pool.submit(work("waits"), diary.path, 30);
      yield* pool.shutdown({ wait: false });
      expect(job.done()).toBe(false);
      expect(yield* job).toBe("slept");
      yield* pool.shutdown();
      expect(pool.statistics().workers).toBe(0);
    }));

  test("cancelling who waits for it does not stop it", () =>
    run(function* () {
      const diary = openDiary();
      const pool = new Pool({ maxWorkers: 1 });
      const job = pool.submit(work("waits"), diary.path, 80);
      const closing = createTask(pool.shutdown());
      yield* diary.until("begun");
      closing.cancel();
      expect(yield* caught(closing)).toBeInstanceOf(CancelledError);
      expect(yield* job).toBe("slept");
      yield* pool.shutdown();
      expect(pool.statistics().workers).toBe(0);
    }));

  test("a job that is cancelled during it is unwound first", () =>
    run(function* () {
      const diary = openDiary();
      const pool = new Pool({ maxWorkers: 1 });
      const job = pool.submit(work("unwindsSlowly"), diary.path, 30);
      yield* diary.until("begun");
      const closing = createTask(pool.shutdown());
      job.cancel();
      yield* closing;
      expect(job.cancelled()).toBe(true);
      expect(diary.lines()).toEqual(["begun", "unwound"]);
    }));

  test("`using` in a run: the run waits for the jobs and the workers", () =>
    run(function* () {
      const diary = openDiary();
      let pool: InstanceType<AnyPool> | undefined;
      const inner = run(function* () {
        using mine = new Pool({ maxWorkers: 1 });
        pool = mine;
        return yield* mine.submit(work("waits"), diary.path, 5);
      });
      expect(yield* fromPromise(inner)).toBe("slept");
      expect(pool?.statistics().workers).toBe(0);
    }));

  test("`await using`: the block ends when the workers have", async () => {
    const diary = openDiary();
    let seen: InstanceType<AnyPool>;
    let job: PromiseLike<string>;
    {
      await using pool = new Pool({ maxWorkers: 1 });
      seen = pool;
      job = pool.submit(work("waits"), diary.path, 20);
    }
    expect(diary.lines()).toEqual(["begun", "slept", "unwound"]);
    expect(seen.statistics().workers).toBe(0);
    expect(await job).toBe("slept");
  });

  test("the end of the run that made it cancels what is left, and ends the workers", () =>
    run(function* () {
      const diary = openDiary();
      let pool: InstanceType<AnyPool> | undefined;
      const inner = run(function* () {
        pool = new Pool({ maxWorkers: 1 });
        pool.submit(work("waits"), diary.path, LONG);
        pool.submit(work("spins"), diary.path);
        yield* diary.until("begun");
        return pool;
      });
      const ended = yield* fromPromise(inner);
      expect(diary.lines()).toEqual(["begun", "unwound"]);
      expect(ended.statistics()).toMatchObject({ workers: 0, busy: 0, waiting: 0, cancelled: 2 });
      expect(() => ended.submit(work("add"), 1, 2)).toThrow(refusal(ended));
    }));

  test("a job of another run, whose pool is gone, says why", () =>
    run(function* () {
      const diary = openDiary();
      const made = new Future<InstanceType<AnyPool>>();
      const owner = run(function* () {
        made.setResult(new Pool({ maxWorkers: 1, name: "borrowed" }));
        yield* diary.until("begun");
      });
      const pool = yield* made;
      const error = (yield* caught(pool.submit(work("waits"), diary.path, LONG))) as Error;
      yield* fromPromise(owner);
      expect(error.message).toContain("borrowed");
      expect(diary.lines()).toEqual(["begun", "unwound"]);
    }));

  test("a pool that was never used", () =>
    run(function* () {
      const pool = new Pool();
      yield* pool.shutdown();
      expect(pool.statistics()).toMatchObject({
        workers: 0,
        done: 0,
        waitTime: { mean: 0, max: 0 },
      });
    }));

  test("bad options", () =>
    run(function* () {
      const pool = new Pool();
      for (const options of [{ wait: 1 }, { cancelFutures: "yes" }, null, 5]) {
        expect(() => Reflect.apply(pool.shutdown, pool, [options])).toThrow(
          new TypeError("shutdown() takes { wait, cancelFutures }, each true or false"),
        );
      }
      yield* pool.shutdown();
    }));

  test("an idle worker ends after the idle time, and another begins", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1, idleTimeout: 20 });
      const pid = () => process.getBuiltinModule("node:worker_threads").threadId || process.pid;
      const first = yield* pool.submit(pid);
      expect(pool.statistics().workers).toBe(1);
      // The idle time is a real one.
      yield* fromPromise(new Promise((resolve) => setTimeout(resolve, 120)));
      expect(pool.statistics()).toMatchObject({ workers: 0, died: 0 });
      expect(yield* pool.submit(pid)).not.toBe(first);
    }));
});
