import {
  CancelledError,
  createTask,
  currentTask,
  Future,
  getRunningLoop,
  isCancelled,
  run,
  sleep,
  TimeoutError,
  waitFor,
} from "heddle";
import { describe, expect, test } from "vitest";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

describe("waitFor", () => {
  test("gives the result, or throws the error, of what is in time", async () => {
    await virtually(function* () {
      expect(yield* waitFor(sleep(10, "in time"), 100)).toBe("in time");
      expect(yield* waitFor(Promise.resolve("a promise"), 100)).toBe("a promise");
      const error = new Error("own");
      const failing = createTask(function* () {
        throw error;
      });
      expect((yield* errorOf(waitFor(failing, 100))) === error).toBe(true);
    });
  });

  test("a coroutine runs in the calling task", async () => {
    await virtually(function* () {
      const caller = currentTask();
      const same = yield* waitFor(
        (function* () {
          return currentTask() === caller;
        })(),
        100,
      );
      expect(same).toBe(true);
    });
  });

  test("when the time is over it is cancelled, and TimeoutError comes after its clean-up", async () => {
    const { step, finish, never } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        const slow = createTask(function* () {
          try {
            yield* sleep(1000);
            never("it was cancelled");
          } finally {
            step(1);
            yield* sleep(50);
            step(2);
          }
        });
        const error = yield* errorOf(waitFor(slow, 100));
        expect(error).toBeInstanceOf(TimeoutError);
        expect([slow.cancelled(), loop.time()]).toEqual([true, 150]);
        finish(3);
      },
      { loop },
    );
  });

  test("a value in spite of the cancellation is given", async () => {
    await virtually(function* () {
      const stubborn = createTask(function* () {
        try {
          yield* sleep(1000);
        } catch {}
        return "in spite";
      });
      expect(yield* waitFor(stubborn, 10)).toBe("in spite");
    });
  });

  test("an error of the clean-up is thrown instead", async () => {
    await virtually(function* () {
      const careless = createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: it is what this test is about.
          throw new RangeError("clean-up failed");
        }
      });
      expect(yield* errorOf(waitFor(careless, 10))).toEqual(new RangeError("clean-up failed"));
    });
  });

  test("null: no limit", async () => {
    expect(await virtually(() => waitFor(sleep(10 ** 9, "slept"), null))).toBe("slept");
  });

  test.each([0, -1])("%d: a coroutine does not even start", async (ms) => {
    await virtually(function* () {
      const never = (function* () {
        expect.unreachable();
      })();
      const error = yield* errorOf(waitFor(never, ms));
      expect(error).toBeInstanceOf(TimeoutError);
      expect((error as Error).message).toBe(`the deadline of waitFor(${ms} ms) has passed`);
    });
  });

  test("0: what is done already gives its outcome", async () => {
    await virtually(function* () {
      const done = new Future<string>();
      done.setResult("done");
      expect(yield* waitFor(done, 0)).toBe("done");
      const failed = new Future<string>();
      failed.setException(new Error("own"));
      expect(yield* errorOf(waitFor(failed, 0))).toEqual(new Error("own"));
    });
  });

  test("0: what is done does not suspend; an error of the clean-up is thrown as it is", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const done = new Future<string>();
      done.setResult("done");
      getRunningLoop().callSoon(() => step(2));
      expect(yield* waitFor(done, 0)).toBe("done");
      step(1);
      const error = new Error("clean-up failed");
      const task = createTask(function* () {
        try {
          yield* sleep(100);
        } catch {
          yield* sleep(1);
          throw error;
        }
      });
      yield* sleep(1);
      expect((yield* errorOf(waitFor(task, 0))) === error).toBe(true);
      const late = yield* errorOf(waitFor(new Future(), 0));
      expect(isCancelled((late as Error).cause)).toBe(true);
      finish(3);
    });
  });

  test("0: what is not done is cancelled and awaited", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const slow = createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          step(1);
          yield* sleep(10);
          step(2);
        }
      });
      yield* sleep(1);
      expect(yield* errorOf(waitFor(slow, 0))).toBeInstanceOf(TimeoutError);
      expect(slow.cancelled()).toBe(true);
      finish(3);
    });
  });

  test("0: a value in spite of the cancellation is given", async () => {
    await virtually(function* () {
      const stubborn = createTask(function* () {
        try {
          yield* sleep(1000);
        } catch {}
        return "in spite";
      });
      yield* sleep(1);
      expect(yield* waitFor(stubborn, 0)).toBe("in spite");
    });
  });

  test("a cancellation from outside cancels it too, and goes through", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const inner = createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          step(1);
        }
      });
      const task = createTask(waitFor(inner, 500));
      yield* sleep(1);
      task.cancel("from outside");
      expect(yield* errorOf(task)).toEqual(new CancelledError("from outside"));
      expect([task.cancelled(), inner.cancelled()]).toEqual([true, true]);
      finish(2);
    });
  });

  test("somebody else's cancellation of what is awaited is no time-out", async () => {
    await virtually(function* () {
      const inner = createTask(sleep(1000));
      const task = createTask(waitFor(inner, 500));
      yield* sleep(1);
      inner.cancel("by another");
      const error = yield* errorOf(task);
      expect(isCancelled(error)).toBe(true);
      expect((error as Error).message).toBe("by another");
    });
  });
});
