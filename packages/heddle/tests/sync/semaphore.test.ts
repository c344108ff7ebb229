import fc from "fast-check";
import { BoundedSemaphore, createTask, Semaphore, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { errorOf } from "../task/error-of.ts";
import { trace, virtually } from "../trace.ts";

describe("Semaphore", () => {
  test("lets as many in as it has permits", async () => {
    await virtually(function* () {
      const slots = new Semaphore(3);
      let inside = 0;
      let most = 0;
      const tasks = Array.from({ length: 10 }, () =>
        createTask(function* () {
          using _slot = yield* slots.acquire();
          most = Math.max(most, ++inside);
          yield* sleep(5);
          inside--;
        }),
      );
      for (const task of tasks) yield* task;
      expect([most, inside, slots.statistics()]).toEqual([3, 0, { value: 3, tasksWaiting: 0 }]);
    });
  });

  test("is fair: a released permit goes to the first in line, not to a newcomer", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const slots = new Semaphore(1);
      yield* slots.acquire();
      const waiting = createTask(function* () {
        yield* slots.acquire();
        step(1);
        slots.release();
      });
      yield* sleep(0);
      slots.release();
      expect(slots.locked()).toBe(true);
      yield* slots.acquire();
      step(2);
      yield* waiting;
      finish(3);
    });
  });

  test("locked() tells whether acquire would wait", async () => {
    await virtually(function* () {
      const slots = new Semaphore(1);
      expect(slots.locked()).toBe(false);
      yield* slots.acquire();
      expect(slots.locked()).toBe(true);
      slots.release();
      slots.release();
      expect([slots.locked(), slots.statistics().value]).toEqual([false, 2]);
    });
  });

  test("its guard gives the permit back once, and not after release()", async () => {
    await virtually(function* () {
      const slots = new Semaphore(1);
      const guard = yield* slots.acquire();
      guard[Symbol.dispose]();
      guard[Symbol.dispose]();
      expect(slots.statistics().value).toBe(1);
      const spent = yield* slots.acquire();
      slots.release();
      spent[Symbol.dispose]();
      expect(slots.statistics().value).toBe(1);
    });
  });

  test("a waiter that is cancelled gives up its place; one that had a permit gives it on", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const slots = new Semaphore(0);
      const [first, second] = [createTask(slots.acquire()), createTask(slots.acquire())];
      const third = createTask(function* () {
        yield* slots.acquire();
        step(1);
      });
      yield* sleep(0);
      first.cancel();
      yield* errorOf(first);
      expect(slots.statistics()).toEqual({ value: 0, tasksWaiting: 2 });
      slots.release();
      second.cancel();
      yield* errorOf(second);
      yield* third;
      expect(slots.statistics()).toEqual({ value: 0, tasksWaiting: 0 });
      finish(2);
    });
  });

  test("permits are neither lost nor made, whatever is released and cancelled", async () => {
    const event = fc.oneof(
      fc.constant("release" as const),
      fc.constant("acquire" as const),
      fc.record({ cancel: fc.nat(10) }),
      fc.constant("pass" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.array(event, { maxLength: 40 }), async (value, events) => {
        await virtually(function* () {
          const slots = new Semaphore(value);
          const tasks: ReturnType<typeof createTask>[] = [];
          let released = 0;
          for (const each of events) {
            if (each === "release") {
              slots.release();
              released++;
            } else if (each === "acquire") tasks.push(createTask(slots.acquire()));
            else if (each === "pass") yield* sleep(0);
            else tasks[each.cancel % Math.max(tasks.length, 1)]?.cancel();
          }
          for (let i = 0; i < 5; i++) yield* sleep(0);
          const acquired = tasks.filter((task) => task.done() && !task.cancelled()).length;
          const waiting = tasks.filter((task) => !task.done()).length;
          expect(slots.statistics()).toEqual({
            value: value + released - acquired,
            tasksWaiting: waiting,
          });
          expect(waiting === 0 || slots.statistics().value === 0).toBe(true);
        });
      }),
    );
  });

  test("has a name for reports", () => {
    expect([String(new Semaphore()), String(new BoundedSemaphore(1, { name: "slots" }))]).toEqual([
      "Semaphore (1 left)",
      'BoundedSemaphore "slots" (1 left)',
    ]);
  });
});

describe("BoundedSemaphore", () => {
  test("refuses to be released more often than it was acquired", async () => {
    await virtually(function* () {
      const slots = new BoundedSemaphore(1);
      const tooOften = new RangeError("BoundedSemaphore released too many times");
      expect(() => slots.release()).toThrow(tooOften);
      yield* slots.acquire();
      slots.release();
      expect(() => slots.release()).toThrow(tooOften);
    });
  });

  test("its guard may be disposed after release()", async () => {
    await virtually(function* () {
      const slots = new BoundedSemaphore(1);
      const guard = yield* slots.acquire();
      slots.release();
      guard[Symbol.dispose]();
      expect(slots.statistics().value).toBe(1);
    });
  });
});
