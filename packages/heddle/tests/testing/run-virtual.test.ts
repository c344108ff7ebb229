import { createTask, DeadlockError, Event, fromPromise, getRunningLoop, Lock, sleep } from "heddle";
import { runVirtual, waitAllTasksBlocked } from "heddle/testing";
import { describe, expect, test, vi } from "vitest";
import { hasProcess } from "../has-process.ts";

describe("runVirtual", () => {
  test("an hour takes no time, and the value comes back", async () => {
    const value = await runVirtual(function* () {
      yield* sleep(3_600_000);
      return getRunningLoop().time();
    });
    expect(value).toBe(3_600_000);
  });

  test("the same seed gives the same random numbers", async () => {
    const numbers = (seed: number) =>
      runVirtual(() => sleep(0, [getRunningLoop().host.random(), getRunningLoop().host.random()]), {
        seed,
      });
    expect(await numbers(1)).toEqual(await numbers(1));
    expect(await numbers(1)).not.toEqual(await numbers(2));
  });

  test("a deadlock is told at once, with who waits for what", async () => {
    const lock = new Lock({ name: "db" });
    const stuck = runVirtual(function* () {
      yield* lock.acquire();
      yield* lock.acquire();
    });
    await expect(stuck).rejects.toThrow(DeadlockError);
    await expect(stuck).rejects.toThrow('Lock "db"');
  });

  test("time stands still while somebody waits for the world", async () => {
    await runVirtual(function* () {
      const sleeper = createTask(sleep(10));
      yield* fromPromise(new Promise<void>((resolve) => setTimeout(resolve, 30)));
      expect(getRunningLoop().time()).toBe(0);
      yield* sleeper;
      expect(getRunningLoop().time()).toBe(10);
    });
  });

  test("a promise that never settles does not stop it for ever: after a second time goes on, and says so", async () => {
    const written: string[] = [];
    const write = (text: unknown) => written.push(String(text)) > 0;
    if (hasProcess) vi.spyOn(process.stderr, "write").mockImplementation(write);
    else vi.spyOn(console, "error").mockImplementation(write);
    await runVirtual(function* () {
      const stuck = createTask(fromPromise(new Promise<void>(() => {})));
      yield* sleep(20);
      stuck.cancel();
    });
    expect(written.join("")).toMatch(/^virtual time has stood still for 1000 ms/);
  });

  test("its loop is closed afterwards", async () => {
    const loop = await runVirtual(() => sleep(0, getRunningLoop()));
    expect(loop.isClosed()).toBe(true);
  });
});

describe("waitAllTasksBlocked", () => {
  test("returns when all others wait, before any time has passed", () =>
    runVirtual(function* () {
      const lock = new Lock();
      const steps: string[] = [];
      yield* lock.acquire();
      createTask(function* () {
        for (let i = 0; i < 100; i++) yield* sleep(0);
        steps.push("in line");
        yield* lock.acquire();
      });
      const timer = createTask(sleep(1));
      yield* waitAllTasksBlocked();
      expect(steps).toEqual(["in line"]);
      expect(lock.statistics().tasksWaiting).toBe(1);
      expect(timer.done()).toBe(false);
      expect(getRunningLoop().time()).toBe(0);
      lock.release();
    }));

  test("waits for promises that are about to settle", () =>
    runVirtual(async () => {
      const event = new Event();
      let heard = false;
      createTask(async () => {
        await Promise.resolve();
        await event.wait();
        await Promise.resolve();
        heard = true;
      });
      await waitAllTasksBlocked();
      expect(heard).toBe(false);
      event.set();
      await waitAllTasksBlocked();
      expect(heard).toBe(true);
    }));

  test("several wait, in order; a cancelled one is forgotten", () =>
    runVirtual(function* () {
      const order: number[] = [];
      const wait = function* (n: number) {
        yield* waitAllTasksBlocked();
        order.push(n);
      };
      createTask(wait(1));
      const cancelled = createTask(wait(2));
      createTask(wait(3));
      yield* sleep(0);
      cancelled.cancel();
      yield* sleep(1);
      expect(order).toEqual([1, 3]);
    }));
});
