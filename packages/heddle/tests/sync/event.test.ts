import { createTask, Event, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { errorOf } from "../task/error-of.ts";
import { trace, virtually } from "../trace.ts";

describe("Event", () => {
  test("wait() waits until it is set, and gives true", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const event = new Event();
      const waiters = [2, 3].map((n) =>
        createTask(function* () {
          expect(yield* event.wait()).toBe(true);
          step(n);
        }),
      );
      yield* sleep(5);
      expect([event.isSet(), event.statistics().tasksWaiting]).toEqual([false, 2]);
      step(1);
      event.set();
      event.set();
      expect(event.isSet()).toBe(true);
      for (const waiter of waiters) yield* waiter;
      expect(event.statistics().tasksWaiting).toBe(0);
      finish(4);
    });
  });

  test("of a set event does not suspend", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const event = new Event();
      event.set();
      createTask(function* () {
        step(2);
      });
      yield* event.wait();
      step(1);
      yield* sleep(0);
      finish(3);
    });
  });

  test("cleared at once after set: those who waited are woken all the same", async () => {
    await virtually(function* () {
      const event = new Event();
      const waiter = createTask(event.wait());
      yield* sleep(0);
      event.set();
      event.clear();
      expect(yield* waiter).toBe(true);
      expect(event.isSet()).toBe(false);
    });
  });

  test("a cancelled waiter leaves the list", async () => {
    await virtually(function* () {
      const event = new Event();
      const waiters = Array.from({ length: 100 }, () => createTask(event.wait()));
      yield* sleep(0);
      for (const waiter of waiters) waiter.cancel();
      for (const waiter of waiters) yield* errorOf(waiter);
      expect(event.statistics().tasksWaiting).toBe(0);
      event.set();
    });
  });

  test("a waiter that is cancelled in the iteration of set() is cancelled", async () => {
    await virtually(function* () {
      const event = new Event();
      const waiter = createTask(event.wait());
      yield* sleep(0);
      event.set();
      waiter.cancel();
      yield* errorOf(waiter);
      expect(waiter.cancelled()).toBe(true);
    });
  });

  test("has a name for reports", () => {
    expect([String(new Event()), String(new Event({ name: "ready" }))]).toEqual([
      "Event (not set)",
      'Event "ready" (not set)',
    ]);
  });
});
