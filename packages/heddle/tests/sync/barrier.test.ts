import { Barrier, BrokenBarrierError, createTask, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { errorOf } from "../task/error-of.ts";
import { trace, virtually } from "../trace.ts";

describe("Barrier", () => {
  test("lets all go when the last one comes; each has a number of its own", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const barrier = new Barrier(3);
      expect([barrier.parties, barrier.nWaiting, barrier.broken]).toEqual([3, 0, false]);
      const early = [createTask(barrier.wait()), createTask(barrier.wait())];
      yield* sleep(5);
      step(1);
      expect([barrier.nWaiting, early.some((task) => task.done())]).toEqual([2, false]);
      const last = yield* barrier.wait();
      const numbers = [last];
      for (const task of early) numbers.push(yield* task);
      expect(numbers.sort()).toEqual([0, 1, 2]);
      expect(last).toBe(2);
      finish(2);
    });
  });

  test("can be used again at once, also by those who are just leaving", async () => {
    await virtually(function* () {
      const barrier = new Barrier(2);
      const laps = [0, 0];
      const runners = laps.map((_, n) =>
        createTask(function* () {
          for (let lap = 1; lap <= 5; lap++) {
            yield* sleep(n);
            yield* barrier.wait();
            laps[n] = lap;
            expect(Math.abs((laps[0] as number) - (laps[1] as number))).toBeLessThanOrEqual(1);
          }
        }),
      );
      for (const runner of runners) yield* runner;
      expect(laps).toEqual([5, 5]);
    });
  });

  test("abort sends those who wait away, and all who come, until it is reset", async () => {
    await virtually(function* () {
      const barrier = new Barrier(3, { name: "start" });
      const waiting = createTask(barrier.wait());
      yield* sleep(1);
      yield* barrier.abort();
      expect(yield* errorOf(waiting)).toEqual(
        new BrokenBarrierError('Barrier "start" was aborted or reset'),
      );
      expect(barrier.broken).toBe(true);
      expect(yield* errorOf(barrier.wait())).toEqual(
        new BrokenBarrierError('Barrier "start" was aborted'),
      );
      yield* barrier.reset();
      expect(barrier.broken).toBe(false);
      const both = [createTask(barrier.wait()), createTask(barrier.wait())];
      yield* barrier.wait();
      for (const task of both) yield* task;
    });
  });

  test("reset sends those who wait away; it can be used again", async () => {
    await virtually(function* () {
      const barrier = new Barrier(2);
      const waiting = createTask(barrier.wait());
      yield* sleep(1);
      yield* barrier.reset();
      expect(yield* errorOf(waiting)).toBeInstanceOf(BrokenBarrierError);
      const one = createTask(barrier.wait());
      yield* barrier.wait();
      yield* one;
      expect(barrier.broken).toBe(false);
    });
  });

  test("a cancelled waiter gives up its place", async () => {
    await virtually(function* () {
      const barrier = new Barrier(2);
      const gone = createTask(barrier.wait());
      yield* sleep(1);
      gone.cancel();
      yield* errorOf(gone);
      expect(barrier.nWaiting).toBe(0);
      const one = createTask(barrier.wait());
      yield* sleep(1);
      expect(one.done()).toBe(false);
      yield* barrier.wait();
      yield* one;
    });
  });

  test("of one party never waits", async () => {
    await virtually(function* () {
      const barrier = new Barrier(1);
      expect([yield* barrier.wait(), yield* barrier.wait()]).toEqual([0, 0]);
    });
  });
});
