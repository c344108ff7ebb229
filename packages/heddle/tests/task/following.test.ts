/*
 * Async functions that are followed: what is known in them after their own awaits.
 */
import {
  ContextVar,
  createTask,
  currentTask,
  fromPromise,
  gather,
  getRunningLoop,
  moveOnAfter,
  run,
  sleep,
  taskGroup,
  timeout,
} from "heddle";
import { describe, expect, test } from "vitest";
import { hasProcess } from "../has-process.ts";
import { virtually } from "../trace.ts";

const foreign = () => new Promise<void>((resolve) => setTimeout(resolve, 2));
const hour = 3_600_000;

describe.skipIf(!hasProcess)("on a loop of one's own (skipped without AsyncLocalStorage)", () => {
  test("an async main sleeps in virtual time, from its first line to its last", async () => {
    const before = performance.now();
    const time = await virtually(async () => {
      await sleep(hour);
      await foreign();
      await sleep(hour);
      await timeout(2 * hour, async () => {
        await foreign();
        await sleep(hour);
      });
      return getRunningLoop().time();
    });
    expect(time).toBe(3 * hour);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test("the task, its context variables and its run are known after a foreign await", async () => {
    let cancelled = false;
    await virtually(async () => {
      const user = new ContextVar("user", { default: "nobody" });
      const task = currentTask();
      user.set("ada");
      await foreign();
      expect(currentTask() === task).toBe(true);
      expect(user.get()).toBe("ada");
      createTask(function* () {
        try {
          yield* sleep(hour);
        } finally {
          cancelled = true;
        }
      });
      await sleep(1);
    });
    expect(cancelled).toBe(true);
  });

  test("bodies of groups and scopes, and functions given to fromPromise, too", () =>
    virtually(function* () {
      yield* taskGroup(async (group) => {
        await foreign();
        group.createTask(sleep(10));
        await sleep(5);
      });
      expect(getRunningLoop().time()).toBe(10);
      yield* moveOnAfter(hour, async () => {
        await foreign();
        await sleep(10);
      });
      expect(getRunningLoop().time()).toBe(20);
      yield* fromPromise(async () => {
        await foreign();
        await sleep(10);
      });
      expect(getRunningLoop().time()).toBe(30);
    }));

  // On Bun the async context does not flow through everything: there totals are compared.
  test.skipIf("Bun" in globalThis)(
    "time does not jump over one that waits for the world, however many wait for the loop (not exact on Bun)",
    () =>
      virtually(async () => {
        const loop = getRunningLoop();
        const seen: number[] = [];
        const busy = async () => {
          await Promise.all([sleep(10), sleep(20), sleep(30)]);
        };
        const outside = async () => {
          await foreign();
          seen.push(loop.time());
        };
        await gather([createTask(busy), createTask(busy), createTask(outside)]);
        expect(seen).toEqual([0]);
        expect(loop.time()).toBe(30);
      }),
  );
});

test.skipIf(!hasProcess)(
  "on the default loop by the option followAsync (skipped without AsyncLocalStorage)",
  async () => {
    const follow = async () => {
      await foreign();
      return currentTask()?.getName();
    };
    expect(await run(follow, { name: "main" })).toBe(undefined);
    expect(await run(follow, { name: "main", followAsync: true })).toBe("main");
  },
);
