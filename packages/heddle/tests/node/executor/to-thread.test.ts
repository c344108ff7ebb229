import { EventLoop, fromPromise, gather, getRunningLoop, moveOnAfter, run, sleep } from "heddle";
import { runInExecutor, ThreadPoolExecutor, toThread } from "heddle/node";
import { runVirtual } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { pools, work } from "./pools.ts";

/** Takes real time in the worker. */
const spin = (ms: number) => {
  const until = performance.now() + ms;
  while (performance.now() < until);
  return ms;
};

describe("toThread and runInExecutor", () => {
  test("run on threads of the whole program, while this one goes on", () =>
    run(function* () {
      const { threadId } = process.getBuiltinModule("node:worker_threads");
      const there = yield* toThread(() => process.getBuiltinModule("node:worker_threads").threadId);
      expect(there).not.toBe(threadId);
      let turns = 0;
      const job = toThread(spin, 60);
      while (!job.done()) {
        yield* sleep(1);
        turns++;
      }
      expect(turns).toBeGreaterThan(5);
    }));

  test("a program that is no coroutine awaits them", async () => {
    expect(await toThread((a: number, b: number) => a + b, 1, 2)).toBe(3);
    expect(await runInExecutor(null, (a: number) => a, 4)).toBe(4);
  });

  test("setDefaultExecutor: for toThread, runInExecutor(null) and the loop's own", () =>
    run(
      function* () {
        const loop = getRunningLoop();
        const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
        loop.setDefaultExecutor(pool);
        expect(
          yield* gather([
            toThread(() => 1),
            runInExecutor(null, () => 2),
            loop.runInExecutor(null, () => 3),
            runInExecutor(pool, () => 4),
          ]),
        ).toEqual([1, 2, 3, 4]);
        expect(pool.statistics().done).toBe(4);
      },
      { loop: new EventLoop() },
    ));

  test("an executor of one's own is only asked to submit", () =>
    run(
      function* () {
        const calls: string[] = [];
        const mine = {
          submit<A extends unknown[], T>(fn: (...args: A) => T, ...args: A) {
            calls.push(fn.name);
            return Promise.resolve(fn(...args)) as never;
          },
          shutdown: async () => {},
        };
        getRunningLoop().setDefaultExecutor(mine);
        expect(
          yield* runInExecutor(mine, function one() {
            return 1;
          }),
        ).toBe(1);
        expect(
          yield* toThread(function two() {
            return 2;
          }),
        ).toBe(2);
        expect(calls).toEqual(["one", "two"]);
      },
      { loop: new EventLoop() },
    ));

  test("what is no executor and what is no function", () =>
    run(function* () {
      const bad =
        (fn: (...args: never[]) => unknown, ...args: unknown[]) =>
        () =>
          Reflect.apply(fn, undefined, args);
      expect(bad(toThread, 5)).toThrow(
        new TypeError("toThread() needs a function to run, got number"),
      );
      expect(bad(toThread, null)).toThrow(
        new TypeError("toThread() needs a function to run, got null"),
      );
      expect(bad(runInExecutor, 5, () => 1)).toThrow(
        new TypeError(
          "runInExecutor() needs an executor, such as a ThreadPoolExecutor, or null, got 5",
        ),
      );
      const loop = getRunningLoop();
      expect(() => Reflect.apply(loop.setDefaultExecutor, loop, [5])).toThrow(
        new TypeError("an executor has the methods submit() and shutdown()"),
      );
      expect(() => Reflect.apply(loop.runInExecutor, loop, [5, () => 1])).toThrow(
        /an executor has the methods/,
      );
      const outer = 5;
      expect(() => toThread(() => outer)).toThrow(
        /^toThread\(\): the function uses "outer", which is a variable/,
      );
      yield* sleep(0);
    }));
});

describe.each(pools)("virtual time and $kind", ({ Pool }) => {
  test("time stands still while a job is under way, and no deadlock is seen", () =>
    runVirtual(function* () {
      const pool = new Pool({ maxWorkers: 1 });
      const loop = getRunningLoop();
      const timer = loop.callLater(1000, () => {
        throw new Error("time went on");
      });
      const begin = loop.time();
      expect(yield* pool.submit(spin, 60)).toBe(60);
      expect(loop.time()).toBe(begin);
      timer.cancel();
      // Virtual deadlines are none of the worker's: it has real time.
      const result = yield* moveOnAfter(5, function* () {
        return yield* pool.submit(work("timeLeft"));
      });
      expect(result).toBe(Number.POSITIVE_INFINITY);
      yield* pool.shutdown();
    }));
});

describe.each(pools)("one pool of $kind for many", ({ Pool }) => {
  test("runs and loops use it at the same time", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 2 });
      const inRun = (n: number, loop?: EventLoop) =>
        run(
          function* () {
            return yield* gather(
              [1, 2, 3].map((x) => pool.submit((a: number, b: number) => a * b, x, n)),
            );
          },
          loop === undefined ? {} : { loop },
        );
      const all = Promise.all([inRun(1), inRun(10), inRun(100, new EventLoop())]);
      expect(yield* fromPromise(all)).toEqual([
        [1, 2, 3],
        [10, 20, 30],
        [100, 200, 300],
      ]);
    }));
});
