import { createTask, EventLoop, gather, run, sleep } from "heddle";
import { VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { trace } from "../trace.ts";

describe("VirtualClock", () => {
  test("begins at 0 and moves when all wait, to the next timer", async () => {
    const host = new VirtualClock();
    const loop = new EventLoop({ host });
    expect([host.now(), loop.time()]).toEqual([0, 0]);
    const times = await run(
      function* () {
        const seen: number[] = [];
        for (const ms of [1, 0.5, 3_600_000]) {
          yield* sleep(ms);
          seen.push(loop.time());
        }
        return seen;
      },
      { loop },
    );
    expect(times).toEqual([1, 1.5, 3_600_001.5]);
    expect(host.now()).toBe(3_600_001.5);
  });

  test("does not move while there is something to do", async () => {
    const { step, finish } = trace();
    const loop = new EventLoop({ host: new VirtualClock() });
    await run(
      function* () {
        createTask(function* () {
          yield* sleep(1);
          step(2);
        });
        for (let i = 0; i < 10_000; i++) yield* sleep(0);
        expect(loop.time()).toBe(0);
        step(1);
        yield* sleep(2);
        finish(3);
      },
      { loop },
    );
  });

  test("a test of a year takes no time", async () => {
    const year = 365 * 24 * 3600 * 1000;
    const loop = new EventLoop({ host: new VirtualClock() });
    await run(
      function* () {
        yield* gather([sleep(year), sleep(year / 2)]);
      },
      { loop },
    );
    expect(loop.time()).toBe(year);
  });

  test("a loop's time stands still between its runs", async () => {
    const loop = new EventLoop({ host: new VirtualClock() });
    for (const expected of [10, 20, 30]) {
      await run(
        function* () {
          yield* sleep(10);
        },
        { loop },
      );
      expect(loop.time()).toBe(expected);
    }
  });

  test("several loops have clocks of their own", async () => {
    const loops = [1, 2, 3].map(() => new EventLoop({ host: new VirtualClock() }));
    await Promise.all(
      loops.map((loop, n) =>
        run(
          function* () {
            yield* sleep((n + 1) * 100);
          },
          { loop },
        ),
      ),
    );
    expect(loops.map((loop) => loop.time())).toEqual([100, 200, 300]);
  });

  test("the same seed gives the same random numbers, in [0, 1)", () => {
    const numbers = (seed?: number) => {
      const clock = new VirtualClock(seed === undefined ? {} : { seed });
      return Array.from({ length: 1000 }, () => clock.random());
    };
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers()).toEqual(numbers(0));
    expect(numbers(7)).not.toEqual(numbers(8));
    expect(numbers(7).every((number) => number >= 0 && number < 1)).toBe(true);
    const mean = numbers(7).reduce((sum, number) => sum + number) / 1000;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });

  test("runs of the same program are the same, to the callback", async () => {
    async function once(): Promise<string[]> {
      const log: string[] = [];
      const loop = new EventLoop({ host: new VirtualClock({ seed: 3 }) });
      await run(
        function* () {
          const tasks = Array.from({ length: 20 }, (_, n) =>
            createTask(function* () {
              for (let i = 0; i < 5; i++) {
                yield* sleep(Math.floor(loop.host.random() * 4));
                log.push(`${n}@${loop.time()}`);
              }
            }),
          );
          yield* gather(tasks);
        },
        { loop },
      );
      return log;
    }
    expect(await once()).toEqual(await once());
  });
});
