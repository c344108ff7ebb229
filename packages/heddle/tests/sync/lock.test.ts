import { createTask, currentTask, Lock, RuntimeError, run, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { nativeTurn } from "../native-turn.ts";
import { errorOf } from "../task/error-of.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";

const NOT_HELD = new RuntimeError("Lock is not acquired: release() without acquire()");

describe("Lock", () => {
  test("a free lock is taken without a suspension", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const lock = new Lock();
      createTask(function* () {
        step(2);
      });
      expect(lock.locked()).toBe(false);
      yield* lock.acquire();
      step(1);
      expect(lock.locked()).toBe(true);
      lock.release();
      yield* sleep(0);
      finish(3);
    });
  });

  test("is taken in the order of coming; newcomers go behind", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const lock = new Lock();
      function* holder(n: number) {
        yield* lock.acquire();
        step(n);
        yield* sleep(1);
        lock.release();
        // It is free and has a line: whoever comes now stands at its end.
        if (n === 1) createTask(holder(4));
      }
      for (const n of [1, 2, 3]) createTask(holder(n));
      yield* sleep(100);
      finish(5);
    });
  });

  test("release does not hand it over: it wakes the first, which takes it in its own step", async () => {
    await virtually(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const waiting = createTask(lock.acquire());
      yield* sleep(0);
      lock.release();
      expect(lock.locked()).toBe(false);
      expect(lock.statistics().tasksWaiting).toBe(1);
      yield* waiting;
      expect(lock.locked()).toBe(true);
    });
  });

  test("release() without acquire()", () => {
    expect(() => new Lock().release()).toThrow(NOT_HELD);
  });

  test("says who holds it", async () => {
    await virtually(
      function* () {
        const lock = new Lock({ name: "db" });
        expect(String(lock)).toBe('Lock "db"');
        yield* lock.acquire();
        createTask(lock.acquire());
        yield* sleep(0);
        expect(String(lock)).toBe('Lock "db" held by main');
        expect(lock.statistics()).toEqual({ locked: true, owner: "main", tasksWaiting: 1 });
        expect(currentTask()?.getName()).toBe("main");
        expect(String(new Lock())).toBe("Lock");
      },
      { name: "main" },
    );
  });

  test("says that its holder has ended, and does not keep the task for that", async () => {
    const lock = new Lock({ name: "db" });
    const holder = await virtually(function* () {
      const task = createTask(lock.acquire(), { name: "forgetful" });
      yield* task;
      const waiting = createTask(lock.acquire());
      yield* sleep(0);
      waiting.cancel();
      return new WeakRef(task);
    });
    // A WeakRef holds its target until the running job ends.
    await new Promise((resolve) => nativeTurn(() => resolve(undefined)));
    globalThis.gc?.();
    expect(holder.deref()).toBe(undefined);
    expect(String(lock)).toBe('Lock "db" held by forgetful, which has ended');
    expect(lock.statistics().owner).toBe("forgetful");
  });
});

describe("its guard", () => {
  test("releases at the end of the block, also by an error", async () => {
    await virtually(function* () {
      const lock = new Lock();
      {
        using _guard = yield* lock.acquire();
        expect(lock.locked()).toBe(true);
      }
      expect(lock.locked()).toBe(false);
      function* failing() {
        using _guard = yield* lock.acquire();
        throw new Error("own");
      }
      yield* errorOf(failing());
      expect(lock.locked()).toBe(false);
    });
  });

  test("disposed twice, or after release(), does nothing: not even to the next holder", async () => {
    await virtually(function* () {
      const lock = new Lock();
      const guard = yield* lock.acquire();
      guard[Symbol.dispose]();
      guard[Symbol.dispose]();
      expect(lock.locked()).toBe(false);

      const spent = yield* lock.acquire();
      lock.release();
      const other = createTask(lock.acquire());
      yield* other;
      spent[Symbol.dispose]();
      expect(lock.locked()).toBe(true);
      other.result()[Symbol.dispose]();
      expect(lock.locked()).toBe(false);
    });
  });
});

describe("cancellation", () => {
  test("a cancelled waiter gives up its place", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const first = createTask(lock.acquire());
      const second = createTask(function* () {
        yield* lock.acquire();
        step(1);
      });
      yield* sleep(0);
      expect(lock.statistics().tasksWaiting).toBe(2);
      first.cancel();
      yield* errorOf(first);
      expect(lock.statistics().tasksWaiting).toBe(1);
      lock.release();
      yield* second;
      expect(lock.statistics().tasksWaiting).toBe(0);
      finish(2);
    });
  });

  test("a waiter that is cancelled after it was woken wakes the next", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const first = createTask(lock.acquire());
      const second = createTask(function* () {
        using _guard = yield* lock.acquire();
        step(1);
      });
      yield* sleep(0);
      lock.release();
      first.cancel();
      yield* second;
      expect(first.cancelled()).toBe(true);
      expect(lock.statistics()).toEqual({ locked: false, owner: null, tasksWaiting: 0 });
      finish(2);
    });
  });

  test("a thousand cancelled waiters leave nothing behind", async () => {
    await virtually(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const tasks = Array.from({ length: 1000 }, () => createTask(lock.acquire()));
      yield* sleep(0);
      expect(lock.statistics().tasksWaiting).toBe(1000);
      for (const task of tasks) task.cancel();
      yield* sleep(0);
      yield* sleep(0);
      expect(lock.statistics().tasksWaiting).toBe(0);
    });
  });
});

test("a lock may be made outside, and serve one loop after the other", async () => {
  const lock = new Lock();
  for (const loop of [virtualLoop(), virtualLoop()]) {
    await run(
      function* () {
        yield* lock.acquire();
        const waiting = createTask(lock.acquire());
        yield* sleep(1);
        lock.release();
        yield* waiting;
        lock.release();
      },
      { loop },
    );
  }
  expect(lock.locked()).toBe(false);
});
