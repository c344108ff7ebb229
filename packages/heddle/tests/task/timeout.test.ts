import {
  CancelledError,
  type Coroutine,
  createTask,
  Future,
  getRunningLoop,
  isCancelled,
  RuntimeError,
  run,
  sleep,
  Timeout,
  TimeoutError,
  timeout,
  timeoutAt,
} from "heddle";
import { describe, expect, test } from "vitest";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

const LATE = /^the deadline of .* has passed$/;

/** The same name and message; its cause is the cancellation. */
function expectLate(error: unknown): void {
  expect(error).toBeInstanceOf(TimeoutError);
  expect((error as Error).message).toMatch(LATE);
  expect(isCancelled((error as Error).cause)).toBe(true);
}

describe("timeout", () => {
  test("gives the value of a body that is in time, and leaves no timer", async () => {
    const loop = virtualLoop();
    const result = await run(
      function* () {
        const value = yield* timeout(100, function* () {
          yield* sleep(99);
          return "in time";
        });
        expect([...loop.timers]).toHaveLength(0);
        return value;
      },
      { loop },
    );
    expect(result).toBe("in time");
  });

  test("cancels the body at the deadline, lets its finally end, and throws TimeoutError", async () => {
    const { step, finish, never } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        const error = yield* errorOf(
          timeout(100, function* () {
            try {
              yield* sleep(1000);
              never("it was cancelled");
            } finally {
              step(1);
              yield* sleep(50);
              step(2);
            }
          }),
        );
        expectLate(error);
        expect(loop.time()).toBe(150);
        finish(3);
      },
      { loop },
    );
  });

  test("its request of cancellation is taken back: the task is not being cancelled", async () => {
    await virtually(function* () {
      const task = createTask(function* () {
        yield* errorOf(timeout(10, () => sleep(100)));
        yield* sleep(10);
        return task.cancelling();
      }) as ReturnType<typeof createTask<number>>;
      expect(yield* task).toBe(0);
    });
  });

  test("null and Infinity are no deadline", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        for (const ms of [null, Number.POSITIVE_INFINITY]) {
          const value = yield* timeout(ms, function* (scope) {
            expect([scope.when(), scope.expired()]).toEqual([ms, false]);
            expect([...loop.timers]).toHaveLength(0);
            return yield* sleep(10_000_000, "slept");
          });
          expect(value).toBe("slept");
        }
      },
      { loop },
    );
  });

  test("0 and below: the body begins, and is cancelled where it first waits", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      for (const [n, ms] of [
        [1, 0],
        [2, -5],
      ] as const) {
        expectLate(
          yield* errorOf(
            timeout(ms, function* () {
              step(n);
              yield* sleep(1);
            }),
          ),
        );
      }
      // A body that does not wait is in time.
      expect(yield* timeout(0, function* () {})).toBeUndefined();
      finish(3);
    });
  });

  test("a deadline that has passed comes before what is scheduled after it, as in asyncio", async () => {
    await virtually(function* () {
      const order: string[] = [];
      yield* errorOf(
        timeout(0, function* (scope) {
          getRunningLoop().callSoon(() => order.push(`expired: ${scope.expired()}`));
          yield* sleep(100);
        }),
      );
      expect(order).toEqual(["expired: true"]);
    });
  });

  test("the time begins when it is awaited", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        const later = timeout(10, () => sleep(100));
        yield* sleep(50);
        yield* errorOf(later);
        expect(loop.time()).toBe(60);
      },
      { loop },
    );
  });

  test("an error of the body goes through", async () => {
    await virtually(function* () {
      const error = new Error("own");
      const failed = yield* errorOf(
        timeout(100, function* () {
          yield* sleep(1);
          throw error;
        }),
      );
      expect(failed === error).toBe(true);
    });
  });

  test("an error that the clean-up throws after the deadline goes through too", async () => {
    await virtually(function* () {
      const error = new Error("clean-up failed");
      const failed = yield* errorOf(
        timeout(10, function* () {
          try {
            yield* sleep(100);
          } catch {
            throw error;
          }
        }),
      );
      expect(failed === error).toBe(true);
    });
  });

  test("a body that returns in spite of its cancellation gives its value, and the scope has expired", async () => {
    await virtually(function* () {
      let scope: Timeout | undefined;
      const value = yield* timeout(10, function* (own) {
        scope = own;
        try {
          yield* sleep(100);
        } catch {}
        return "in spite";
      });
      expect([value, scope?.expired()]).toEqual(["in spite", true]);
      yield* sleep(1);
    });
  });

  test("the deadline and what is awaited in one iteration: the deadline wins, as in asyncio", async () => {
    await virtually(function* () {
      const loop = getRunningLoop();
      const reply = new Future<string>();
      // Its timer was made before the deadline's, so it comes first.
      loop.callLater(10, () => reply.setResult("same time"));
      expectLate(yield* errorOf(timeout(10, () => reply)));
      expect(reply.result()).toBe("same time");
      yield* sleep(100);
    });
  });

  test("a function that throws before it returns a coroutine", async () => {
    await virtually(function* () {
      const failed = yield* errorOf(
        timeout(10, () => {
          throw new Error("from the function");
        }),
      );
      expect(failed).toEqual(new Error("from the function"));
      // Nothing of the scope is left to cancel us.
      yield* sleep(100);
    });
  });

  test("a cancellation from outside goes through as it is", async () => {
    await virtually(function* () {
      const task = createTask(timeout(100, () => sleep(1000)));
      yield* sleep(10);
      task.cancel("from outside");
      expect(yield* errorOf(task)).toEqual(new CancelledError("from outside"));
      expect(task.cancelled()).toBe(true);
    });
  });

  test("a cancellation from outside while the deadline's clean-up runs wins", async () => {
    await virtually(function* () {
      const task = createTask(
        timeout(10, function* () {
          try {
            yield* sleep(1000);
          } finally {
            yield* sleep(100);
          }
        }),
      );
      yield* sleep(50);
      task.cancel("from outside");
      expect(yield* errorOf(task)).toEqual(new CancelledError("from outside"));
      expect([task.cancelled(), task.cancelling()]).toEqual([true, 1]);
    });
  });

  test("both in the same iteration, whichever comes first: the task is cancelled", async () => {
    await virtually(function* () {
      const loop = getRunningLoop();
      for (const before of [true, false]) {
        const when = loop.time() + 10;
        if (before) loop.callAt(when, () => task.cancel("from outside"));
        const task: ReturnType<typeof createTask<void>> = createTask(
          timeoutAt(when, () => sleep(1000)),
        );
        yield* sleep(0);
        if (!before) loop.callAt(when, () => task.cancel("from outside"));
        expect(isCancelled(yield* errorOf(task))).toBe(true);
        expect(task.cancelled()).toBe(true);
      }
    });
  });

  test("a task that was being cancelled before it entered keeps that request", async () => {
    await virtually(function* () {
      const task: ReturnType<typeof createTask<string>> = createTask(function* () {
        try {
          yield* sleep(1000);
        } catch {
          // Swallowed: the request of cancellation stands, and is not the scope's.
          expectLate(yield* errorOf(timeout(10, () => sleep(100))));
        }
        return `cancelling: ${task.cancelling()}`;
      });
      yield* sleep(1);
      task.cancel();
      expect(yield* task).toBe("cancelling: 1");
    });
  });
});

describe("nested", () => {
  test("the inner deadline is the inner one's", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const value = yield* timeout(100, function* (outer) {
        try {
          yield* timeout(10, () => sleep(1000));
          never("it is late");
        } catch (error) {
          step(1);
          expectLate(error);
        }
        expect(outer.expired()).toBe(false);
        return yield* sleep(10, "outer goes on");
      });
      expect(value).toBe("outer goes on");
      finish(2);
    });
  });

  test("the outer deadline passes the inner scope as a cancellation", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const error = yield* errorOf(
        timeout(10, function* () {
          yield* timeout(100, function* (inner) {
            try {
              yield* sleep(1000);
            } catch (cancellation) {
              step(1);
              expect(isCancelled(cancellation)).toBe(true);
              expect(inner.expired()).toBe(false);
              throw cancellation;
            }
          });
        }),
      );
      expectLate(error);
      finish(2);
    });
  });

  test("both expire at once: the outermost throws", async () => {
    await virtually(function* () {
      let inner: Timeout | undefined;
      let outer: Timeout | undefined;
      const error = yield* errorOf(
        timeout(10, function* (scope) {
          outer = scope;
          yield* timeout(10, function* (own) {
            inner = own;
            yield* sleep(1000);
          });
        }),
      );
      expectLate(error);
      // The inner one saw a request more than its own, so it let the cancellation pass.
      expect(isCancelled((error as Error).cause)).toBe(true);
      expect([inner?.expired(), outer?.expired()]).toEqual([true, true]);
    });
  });

  test("many levels: each level's clean-up runs once, from the inside out", async () => {
    const { step, finish } = trace();
    function* level(n: number): Coroutine<void> {
      try {
        if (n === 0) yield* sleep(100_000);
        else yield* timeout(1000 + n, () => level(n - 1));
      } finally {
        yield* sleep(1);
        step(n + 1);
      }
    }
    await virtually(function* () {
      expectLate(yield* errorOf(timeout(10, () => level(9))));
      finish(11);
    });
  });
});

describe("the scope", () => {
  test("when() and expired()", async () => {
    await virtually(function* () {
      yield* sleep(5);
      const seen: unknown[] = [];
      let scope: Timeout | undefined;
      yield* errorOf(
        timeout(10, function* (own) {
          scope = own;
          seen.push(own.when(), own.expired());
          try {
            yield* sleep(1000);
          } finally {
            seen.push(own.expired());
          }
        }),
      );
      expect([...seen, scope?.expired()]).toEqual([15, false, true, true]);
    });
  });

  test("reschedule moves the deadline, back and forth, and takes it away", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        const ends: number[] = [];
        const moved = (move: (scope: Timeout) => void) =>
          timeout(100, function* (scope) {
            yield* sleep(10);
            move(scope);
            yield* sleep(1000);
          });
        const began = () => loop.time();
        let start = began();
        yield* errorOf(moved((scope) => scope.reschedule(start + 500)));
        ends.push(loop.time() - start);
        start = began();
        yield* errorOf(moved((scope) => scope.reschedule(start + 20)));
        ends.push(loop.time() - start);
        start = began();
        yield* moved((scope) => scope.reschedule(null));
        ends.push(loop.time() - start);
        start = began();
        // One that has passed expires in the next iteration.
        yield* errorOf(moved((scope) => scope.reschedule(start)));
        ends.push(loop.time() - start);
        expect(ends).toEqual([500, 20, 1010, 10]);
      },
      { loop },
    );
  });

  test("reschedule from another task", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        let scope: Timeout | undefined;
        const task = createTask(
          timeout(100, function* (own) {
            scope = own;
            yield* sleep(1000);
          }),
        );
        yield* sleep(50);
        scope?.reschedule(300);
        expectLate(yield* errorOf(task));
        expect(loop.time()).toBe(300);
      },
      { loop },
    );
  });

  test("reschedule is refused before, while it expires, and after", async () => {
    await virtually(function* () {
      let finished: Timeout | undefined;
      yield* timeout(10, function* (scope) {
        finished = scope;
        for (const wrong of [Number.NaN, "5", undefined]) {
          expect(() => scope.reschedule(wrong as never)).toThrow(
            new RangeError(`reschedule() needs a time of loop.time() or null, got ${wrong}`),
          );
        }
      });
      expect(() => new Timeout(null, "mine").reschedule(1)).toThrow(
        new RuntimeError("Timeout has not been entered"),
      );
      expect(() => finished?.reschedule(1)).toThrow(
        new RuntimeError("Cannot change state of finished Timeout"),
      );
      let expired: Timeout | undefined;
      yield* errorOf(
        timeout(10, function* (scope) {
          expired = scope;
          try {
            yield* sleep(100);
          } finally {
            expect(() => scope.reschedule(null)).toThrow(
              new RuntimeError("Cannot change state of expiring Timeout"),
            );
          }
        }),
      );
      expect(() => expired?.reschedule(1)).toThrow(
        new RuntimeError("Cannot change state of expired Timeout"),
      );
    });
  });

  test("its signal is aborted at the deadline, and stays open otherwise", async () => {
    await virtually(function* () {
      let late: AbortSignal | undefined;
      yield* errorOf(
        timeout(10, function* (scope) {
          late = scope.signal;
          expect(scope.signal).toBe(late);
          yield* sleep(100);
        }),
      );
      expect(late?.aborted).toBe(true);
      expect(isCancelled(late?.reason)).toBe(true);
      let inTime: AbortSignal | undefined;
      yield* timeout(10, function* (scope) {
        inTime = scope.signal;
        yield* sleep(5);
      });
      yield* sleep(100);
      expect(inTime?.aborted).toBe(false);
    });
  });

  test("its signal is aborted already when it is first asked for after the deadline", async () => {
    await virtually(function* () {
      let aborted: boolean | undefined;
      yield* errorOf(
        timeout(10, function* (scope) {
          try {
            yield* sleep(100);
          } finally {
            aborted = isCancelled(scope.signal.reason);
          }
        }),
      );
      expect(aborted).toBe(true);
    });
  });

  test("outside of a task there is nothing to cancel", async () => {
    await virtually(function* () {
      const errors: unknown[] = [];
      getRunningLoop().callSoon(() => {
        try {
          timeout(5, () => sleep(1)).next();
        } catch (error) {
          errors.push(error);
        }
      });
      yield* sleep(1);
      expect(errors).toEqual([new RuntimeError("timeout() must be awaited inside a task")]);
    });
  });
});

describe("timeoutAt", () => {
  test("takes a time of the loop's clock", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        yield* sleep(50);
        expectLate(yield* errorOf(timeoutAt(80, () => sleep(1000))));
        expect(loop.time()).toBe(80);
        expectLate(yield* errorOf(timeoutAt(10, () => sleep(1000))));
        expect(loop.time()).toBe(80);
        expect(yield* timeoutAt(null, () => sleep(1000, "slept"))).toBe("slept");
      },
      { loop },
    );
  });
});
