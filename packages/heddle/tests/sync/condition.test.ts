import { Condition, createTask, Lock, RuntimeError, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { errorOf } from "../task/error-of.ts";
import { trace, virtually } from "../trace.ts";

describe("Condition", () => {
  test("wait gives up the lock while it waits, and holds it afterwards", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const changed = new Condition();
      const waiter = createTask(function* () {
        yield* changed.acquire();
        step(1);
        expect(yield* changed.wait()).toBe(true);
        step(3);
        expect(changed.locked()).toBe(true);
        changed.release();
      });
      yield* sleep(1);
      expect(changed.locked()).toBe(false);
      yield* changed.acquire();
      changed.notify();
      step(2);
      changed.release();
      yield* waiter;
      expect(changed.locked()).toBe(false);
      finish(4);
    });
  });

  test("the guard of acquire() releases it after a wait", async () => {
    await virtually(function* () {
      const changed = new Condition();
      const waiter = createTask(function* () {
        using _guard = yield* changed.acquire();
        yield* changed.wait();
        expect(changed.locked()).toBe(true);
      });
      yield* sleep(1);
      {
        using _guard = yield* changed.acquire();
        changed.notifyAll();
      }
      yield* waiter;
      expect(changed.locked()).toBe(false);
    });
  });

  test("waitFor: the example of its documentation", async () => {
    await virtually(function* () {
      const changed = new Condition();
      let stock = 0;
      const buyer = createTask(function* () {
        using _guard = yield* changed.acquire();
        const seen = yield* changed.waitFor(() => stock > 1 && `bought one of ${stock}`);
        stock--;
        return seen;
      });
      for (let i = 0; i < 3; i++) {
        yield* sleep(1);
        using _guard = yield* changed.acquire();
        stock++;
        changed.notifyAll();
      }
      expect(yield* buyer).toBe("bought one of 2");
      expect([stock, changed.locked()]).toEqual([2, false]);
    });
  });

  test("waitFor does not suspend if the predicate holds already", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const changed = new Condition();
      yield* changed.acquire();
      createTask(function* () {
        step(2);
      });
      expect(yield* changed.waitFor(() => 5)).toBe(5);
      step(1);
      yield* sleep(0);
      finish(3);
    });
  });

  test("notify(n) wakes n, in the order of waiting", async () => {
    await virtually(function* () {
      const changed = new Condition();
      const woken: number[] = [];
      for (const n of [1, 2, 3, 4]) {
        createTask(function* () {
          using _guard = yield* changed.acquire();
          yield* changed.wait();
          woken.push(n);
        });
      }
      yield* sleep(1);
      expect(changed.statistics().tasksWaiting).toBe(4);
      yield* changed.acquire();
      changed.notify(2);
      changed.release();
      yield* sleep(1);
      expect(woken).toEqual([1, 2]);
      yield* changed.acquire();
      changed.notifyAll();
      changed.release();
      yield* sleep(1);
      expect(woken).toEqual([1, 2, 3, 4]);
    });
  });

  test("wait and notify need the lock", async () => {
    await virtually(function* () {
      const changed = new Condition();
      expect(yield* errorOf(changed.wait())).toEqual(
        new RuntimeError("cannot wait on un-acquired lock"),
      );
      expect(() => changed.notify()).toThrow(new RuntimeError("cannot notify on un-acquired lock"));
      expect(() => changed.notifyAll()).toThrow(RuntimeError);
    });
  });

  test("several may share one lock", async () => {
    await virtually(function* () {
      const lock = new Lock({ name: "shared" });
      const [full, empty] = [new Condition(lock), new Condition(lock)];
      yield* full.acquire();
      expect([empty.locked(), lock.locked()]).toEqual([true, true]);
      full.release();
      expect(lock.locked()).toBe(false);
    });
  });

  test("a cancelled wait holds the lock again when the error leaves it", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const changed = new Condition();
      const waiter = createTask(function* () {
        yield* changed.acquire();
        try {
          yield* changed.wait();
        } finally {
          step(2);
          expect(changed.locked()).toBe(true);
          changed.release();
        }
      });
      yield* sleep(1);
      yield* changed.acquire();
      waiter.cancel();
      yield* sleep(5);
      step(1);
      expect(waiter.done()).toBe(false);
      changed.release();
      yield* errorOf(waiter);
      expect([waiter.cancelled(), changed.locked()]).toEqual([true, false]);
      expect(changed.statistics().tasksWaiting).toBe(0);
      finish(3);
    });
  });

  test("cancelled again while it takes the lock back, it still takes it", async () => {
    await virtually(function* () {
      const changed = new Condition();
      const waiter = createTask(function* () {
        yield* changed.acquire();
        try {
          yield* changed.wait();
        } finally {
          expect(changed.locked()).toBe(true);
          changed.release();
        }
      });
      yield* sleep(1);
      yield* changed.acquire();
      for (let i = 0; i < 5; i++) {
        waiter.cancel(`number ${i}`);
        yield* sleep(1);
      }
      changed.release();
      expect(String(yield* errorOf(waiter))).toBe("CancelledError: number 4");
      expect(changed.locked()).toBe(false);
    });
  });

  test("a notification that meets a cancellation is passed on", async () => {
    await virtually(function* () {
      const changed = new Condition();
      const waiting = () =>
        createTask(function* () {
          yield* changed.acquire();
          try {
            yield* changed.wait();
            return "notified";
          } finally {
            changed.release();
          }
        });
      const [first, second] = [waiting(), waiting()];
      yield* sleep(1);
      yield* changed.acquire();
      changed.notify(1);
      first.cancel();
      changed.release();
      yield* errorOf(first);
      expect(yield* second).toBe("notified");
    });
  });

  test("has a name for reports", () => {
    const named = new Condition(null, { name: "stock" });
    expect([String(new Condition()), String(named)]).toEqual([
      "Condition (0 waiting)",
      'Condition "stock" (0 waiting)',
    ]);
  });
});
