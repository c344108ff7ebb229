import { readFile } from "node:fs";
import { currentEffectiveDeadline, getRunningLoop, moveOnAfter, run, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { openDiary } from "./diary.ts";
import { pools, sharedPool, work } from "./pools.ts";

const LONG = 60_000;

/** What the program should not do: nothing else runs in this thread meanwhile. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe.each(pools)("deadlines in $kind", ({ Pool }) => {
  const pool = sharedPool(Pool);

  test("the worker knows the deadline of the scopes around the caller", () =>
    run(function* () {
      expect(yield* pool.submit(work("timeLeft"))).toBe(Number.POSITIVE_INFINITY);
      const left = yield* moveOnAfter(LONG, function* () {
        return yield* moveOnAfter(10_000, function* () {
          const here = currentEffectiveDeadline() - getRunningLoop().time();
          return here - (yield* pool.submit(work("timeLeft")));
        });
      });
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThan(1000);
    }));

  test.each<[where: string, call: (fn: () => void) => void]>([
    ["in a coroutine", (fn) => fn()],
    ["in a callback of setImmediate", (fn) => setImmediate(fn)],
    ["in a callback of a timer", (fn) => setTimeout(fn, 1)],
    ["in a callback of a file", (fn) => readFile("/dev/null", fn)],
  ])("the coroutine ends by itself while this thread is blocked %s", (_, call) =>
    run(function* () {
      yield* pool.submit(work("add"), 1, 2);
      const diary = openDiary();
      const { replaced } = pool.statistics();
      let seen: string[] = [];
      const result = yield* moveOnAfter(80, function* () {
        const job = pool.submit(work("waits"), diary.path, LONG);
        yield* diary.until("begun");
        call(() => {
          block(250);
          seen = diary.lines();
        });
        yield* job;
        return "no end";
      });
      expect(result).toBeUndefined();
      expect(seen).toEqual(["begun", "unwound"]);
      yield* sleep(2);
      expect(pool.statistics()).toMatchObject({ replaced, busy: 0 });
    }),
  );

  test("deadlines of 0 to 4 ms: whoever is first, the scope ends without an error", () =>
    run(function* () {
      const diary = openDiary();
      const { replaced } = pool.statistics();
      const begin = performance.now();
      for (let i = 0; i < 60; i++) {
        const result = yield* moveOnAfter((i % 21) / 5, function* () {
          return yield* pool.submit(work("waits"), diary.path, LONG);
        });
        expect(result).toBeUndefined();
      }
      const count = (line: string) => diary.lines().filter((each) => each === line).length;
      expect(count("unwound")).toBe(count("begun"));
      expect(pool.statistics().replaced).toBe(replaced);
      expect(performance.now() - begin).toBeLessThan(3000);
    }));
});
