import {
  CancelledError,
  CancelScope,
  Condition,
  cancelScope,
  checkpoint,
  createTask,
  currentTask,
  Future,
  failAfter,
  getRunningLoop,
  Lock,
  moveOnAfter,
  Queue,
  RuntimeError,
  run,
  sleep,
  type Task,
  TimeoutError,
  taskGroup,
  timeout,
} from "heddle";
import { describe, expect, test } from "vitest";
import { trace, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

describe("moveOnAfter", () => {
  test("gives the body's value when it is in time, and leaves no timer", () =>
    virtually(function* () {
      let seen: CancelScope | undefined;
      const value = yield* moveOnAfter(100, function* (scope) {
        seen = scope;
        expect(scope.deadline).toBe(100);
        yield* sleep(99);
        return "in time";
      });
      expect(value).toBe("in time");
      expect(seen?.cancelledCaught).toBe(false);
      expect(seen?.cancelCalled).toBe(false);
      expect([...getRunningLoop().timers]).toHaveLength(0);
    }));

  test("goes on without an error at the deadline, and says so", () =>
    virtually(function* () {
      const { step, finish, never } = trace();
      let seen: CancelScope | undefined;
      const value = yield* moveOnAfter(100, function* (scope) {
        seen = scope;
        try {
          yield* sleep(1000);
          never("it was cancelled");
        } finally {
          step(1);
        }
      });
      expect(value).toBe(undefined);
      expect(getRunningLoop().time()).toBe(100);
      expect(seen?.cancelCalled).toBe(true);
      expect(seen?.cancelledCaught).toBe(true);
      expect(currentTask()?.cancelling()).toBe(0);
      finish(2);
    }));

  test("with 0 the body runs to its first wait", () =>
    virtually(function* () {
      const { step, finish, never } = trace();
      yield* moveOnAfter(0, function* () {
        step(1);
        yield* checkpoint();
        never("the scope was cancelled from the start");
      });
      finish(2);
    }));

  test("a body that ends without a wait after the deadline gives its value", () =>
    virtually(function* () {
      const value = yield* moveOnAfter(0, function* (scope) {
        expect(scope.cancelCalled).toBe(true);
        return 7;
      });
      expect(value).toBe(7);
    }));

  test("takes an async body: its signal is aborted, its promise not waited for", () =>
    // In real time: virtual time stands still for a promise.
    run(async () => {
      let signal: AbortSignal | undefined;
      const value = await moveOnAfter(5, async (scope) => {
        signal = scope.signal;
        return new Promise<string>(() => {});
      });
      expect(value).toBe(undefined);
      expect(signal?.reason).toBeInstanceOf(CancelledError);
    }));
});

describe("level-triggered", () => {
  test("a body that swallows the cancellation is interrupted at each wait, one iteration each", () =>
    virtually(function* () {
      let interruptions = 0;
      let iterations = 0;
      const loop = getRunningLoop();
      const count = () => {
        iterations++;
        if (interruptions < 5) loop.callSoon(count);
      };
      yield* moveOnAfter(10, function* () {
        yield* errorOf(sleep(1000));
        interruptions++;
        loop.callSoon(count);
        while (interruptions < 5) {
          yield* errorOf(sleep(1000));
          interruptions++;
        }
      });
      expect(interruptions).toBe(5);
      expect(loop.time()).toBe(10);
      expect(iterations).toBe(4);
    }));

  test("sleep(0), checkpoint, locks, queues, futures and tasks: every wait throws", () =>
    virtually(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const scope = new CancelScope();
      scope.cancel("enough");
      const messages: string[] = [];
      yield* scope.run(function* () {
        const waits = [
          () => sleep(0),
          () => checkpoint(),
          () => sleep(5),
          () => lock.acquire(),
          () => new Queue<number>().get(),
          () => new Future<number>(),
          () => createTask(sleep(Number.POSITIVE_INFINITY)),
          () => taskGroup((group) => group.createTask(sleep(1))),
        ];
        for (const wait of waits) {
          const error = yield* errorOf(wait() as ReturnType<typeof sleep>);
          expect(error).toBeInstanceOf(CancelledError);
          messages.push((error as Error).message);
        }
      });
      expect(messages.slice(0, 7)).toEqual(Array(7).fill("enough"));
      expect(scope.cancelledCaught).toBe(false);
    }));

  test("what needs no wait goes on: a value that is there is not lost", () =>
    virtually(function* () {
      const queue = new Queue<string>();
      const scope = new CancelScope();
      const got: string[] = [];
      const consumer = createTask(
        scope.run(function* () {
          got.push(yield* queue.get());
          got.push(yield* queue.get());
          yield* queue.get();
          got.push("never");
        }),
      );
      yield* sleep(1);
      queue.putNowait("a");
      queue.putNowait("b");
      scope.cancel();
      yield* consumer;
      expect(got).toEqual(["a", "b"]);
      expect(scope.cancelledCaught).toBe(true);
    }));
});

describe("shield", () => {
  test("a shielded scope waits in peace inside a cancelled one", () =>
    virtually(function* () {
      const { step, finish, never } = trace();
      yield* moveOnAfter(10, function* () {
        try {
          yield* sleep(1000);
          never("the deadline has passed");
        } finally {
          step(1);
          const done = yield* cancelScope({ shield: true }, function* () {
            yield* sleep(30);
            yield* sleep(0);
            return "flushed";
          });
          expect(done).toBe("flushed");
          step(2);
        }
      });
      expect(getRunningLoop().time()).toBe(40);
      finish(3);
    }));

  test("a shielded scope has a deadline of its own", () =>
    virtually(function* () {
      yield* moveOnAfter(10, function* () {
        try {
          yield* sleep(1000);
        } finally {
          const deadline = getRunningLoop().time() + 5;
          yield* cancelScope({ shield: true, deadline }, function* (scope) {
            yield* errorOf(sleep(1000));
            expect(scope.cancelCalled).toBe(true);
          });
        }
      });
      expect(getRunningLoop().time()).toBe(15);
    }));

  test("taking the shield away lets the outer cancellation in at once", () =>
    virtually(function* () {
      const outer = new CancelScope();
      const inner = new CancelScope({ shield: true });
      const task = createTask(
        outer.run(function* () {
          yield* inner.run(function* () {
            yield* sleep(1000);
          });
        }),
      );
      yield* sleep(1);
      outer.cancel();
      yield* sleep(10);
      expect(task.done()).toBe(false);
      inner.shield = false;
      yield* task;
      expect(getRunningLoop().time()).toBe(11);
      expect([inner.cancelledCaught, outer.cancelledCaught]).toEqual([false, true]);
    }));
});

describe("nesting", () => {
  test("the outermost cancelled scope swallows; inner ones let the error through", () =>
    virtually(function* () {
      const outer = new CancelScope();
      const inner = new CancelScope();
      const { step, finish, never } = trace();
      yield* outer.run(function* () {
        yield* inner.run(function* () {
          inner.cancel();
          outer.cancel();
          step(1);
          yield* sleep(1);
        });
        never("outer is cancelled too");
      });
      expect([inner.cancelledCaught, outer.cancelledCaught]).toEqual([false, true]);
      finish(2);
    }));

  test("an inner deadline leaves the outer scope as it is", () =>
    virtually(function* () {
      const value = yield* moveOnAfter(100, function* () {
        const inner = yield* moveOnAfter(10, function* () {
          yield* sleep(1000);
          return "inner";
        });
        yield* sleep(20);
        return inner ?? "outer";
      });
      expect(value).toBe("outer");
      expect(getRunningLoop().time()).toBe(30);
    }));

  test("after an inner scope the task is in the outer one again", () =>
    virtually(function* () {
      const value = yield* moveOnAfter(10, function* () {
        yield* cancelScope({}, () => sleep(1));
        yield* sleep(1000);
        return "not reached";
      });
      expect(value).toBe(undefined);
      expect(getRunningLoop().time()).toBe(10);
    }));

  test("an inner scope under an outer deadline", () =>
    virtually(function* () {
      const value = yield* moveOnAfter(10, function* () {
        yield* moveOnAfter(100, function* () {
          yield* sleep(1000);
        });
        return "not reached";
      });
      expect(value).toBe(undefined);
      expect(getRunningLoop().time()).toBe(10);
    }));

  test("a deadline moves, also into the past", () =>
    virtually(function* () {
      const times: number[] = [];
      yield* moveOnAfter(10, function* (scope) {
        scope.deadline = 50;
        yield* errorOf(sleep(1000));
        times.push(getRunningLoop().time());
      });
      yield* moveOnAfter(10, function* (scope) {
        scope.deadline = 0;
        yield* errorOf(sleep(1000));
        times.push(getRunningLoop().time());
      });
      yield* moveOnAfter(10, function* (scope) {
        scope.deadline = Number.POSITIVE_INFINITY;
        yield* sleep(1000);
        times.push(getRunningLoop().time());
      });
      expect(times).toEqual([50, 50, 1050]);
    }));
});

describe("groups and tasks", () => {
  test("the tasks of a group belong to the scope around it", () =>
    virtually(function* () {
      const { step, finish, never } = trace();
      yield* moveOnAfter(10, function* () {
        yield* taskGroup(function* (group) {
          group.createTask(function* () {
            yield* errorOf(sleep(1000));
            step(1);
            yield* errorOf(sleep(1000));
            step(2);
            yield* checkpoint();
            never("a child is interrupted at every wait too");
          });
          yield* sleep(0);
        });
      });
      expect(getRunningLoop().time()).toBe(10);
      finish(3);
    }));

  test("a child that begins after the cancellation runs to its first wait", () =>
    virtually(function* () {
      const { step, finish, never } = trace();
      const scope = new CancelScope();
      yield* scope.run(function* () {
        yield* taskGroup(function* (group) {
          scope.cancel();
          group.createTask(function* () {
            step(2);
            yield* sleep(1);
            never("the scope was cancelled before");
          });
          step(1);
        });
      });
      finish(3);
    }));

  test("a group's end takes one interruption, then waits for a shielded child to its end", () =>
    virtually(function* () {
      let steps = 0;
      yield* moveOnAfter(10, function* () {
        yield* taskGroup(function* (group) {
          group.createTask(
            cancelScope({ shield: true }, function* () {
              yield* sleep(500);
            }),
          );
          const task = currentTask() as unknown as { step(): void };
          const step = task.step;
          task.step = function (this: typeof task) {
            steps++;
            return step.call(this);
          };
        });
      });
      expect(getRunningLoop().time()).toBe(500);
      // One by the deadline, one when the child has ended.
      expect(steps).toBe(2);
    }));

  test("after a group's end the cancelled scope interrupts as before", () =>
    virtually(function* () {
      const scope = new CancelScope();
      const task: Task<unknown> = createTask(
        scope.run(function* () {
          yield* errorOf(
            taskGroup(function* (group) {
              group.createTask(cancelScope({ shield: true }, () => sleep(1000)));
              group.createTask(cancelScope({ shield: true }, () => sleep(1040)));
            }),
          );
          expect(yield* errorOf(checkpoint())).toEqual(new CancelledError("stop"));
        }),
      );
      yield* sleep(1);
      scope.cancel("stop");
      yield* sleep(1);
      // A cancellation of the task during that end is no second interruption by the scope.
      task.cancel();
      yield* task;
      expect(getRunningLoop().time()).toBe(1040);
    }));

  test("what a task awaits is cancelled once, however often the scopes around it change", () =>
    virtually(function* () {
      const awaited: Task<unknown> = createTask(function* () {
        yield* errorOf(sleep(1000));
        yield* sleep(10);
        return awaited.cancelling();
      });
      const [outer, inner] = [new CancelScope(), new CancelScope()];
      const task = createTask(
        outer.run(() =>
          inner.run(function* () {
            expect(yield* awaited).toBe(1);
          }),
        ),
      );
      yield* sleep(1);
      inner.cancel();
      yield* sleep(1);
      outer.cancel();
      inner.shield = true;
      inner.shield = false;
      yield* task;
      expect(getRunningLoop().time()).toBe(11);
    }));

  test("a bare task does not belong to the scope", () =>
    virtually(function* () {
      let task = createTask(sleep(0, ""));
      yield* moveOnAfter(10, function* () {
        task = createTask(sleep(100, "done"));
        yield* sleep(1000);
      });
      expect(yield* task).toBe("done");
    }));

  test("another task cancels the scope", () =>
    virtually(function* () {
      const scope = new CancelScope();
      getRunningLoop().callLater(5, () => scope.cancel());
      yield* scope.run(() => sleep(1000));
      expect(getRunningLoop().time()).toBe(5);
    }));

  test("a wait for a condition takes the lock again before the interruption leaves it", () =>
    virtually(function* () {
      const condition = new Condition();
      const { step, finish } = trace();
      const waiter = createTask(
        moveOnAfter(10, function* () {
          using _guard = yield* condition.acquire();
          try {
            yield* condition.wait();
          } finally {
            step(2);
            expect(condition.locked()).toBe(true);
          }
        }),
      );
      yield* sleep(1);
      yield* condition.acquire();
      yield* sleep(100);
      step(1);
      condition.release();
      yield* waiter;
      expect(condition.locked()).toBe(false);
      finish(3);
    }));
});

describe("with the cancellation of tasks", () => {
  test("a cancelled task is cancelled, even if the scope is too", () =>
    virtually(function* () {
      const scope = new CancelScope();
      const task = createTask(scope.run(() => sleep(1000)));
      yield* sleep(1);
      scope.cancel();
      task.cancel("stop");
      yield* errorOf(task);
      expect(task.cancelled()).toBe(true);
      expect(scope.cancelledCaught).toBe(false);
    }));

  test("a cancellation that is not the scope's own goes through", () =>
    virtually(function* () {
      const other = createTask(sleep(1000));
      yield* sleep(0);
      other.cancel("other");
      yield* sleep(0);
      const scope = new CancelScope();
      const error = yield* errorOf(
        scope.run(function* () {
          scope.cancel();
          yield* other;
        }),
      );
      expect((error as Error).message).toBe("other");
      expect(scope.cancelledCaught).toBe(false);
    }));

  test("asyncio's timeout inside of a scope, and around it", () =>
    virtually(function* () {
      const inside = yield* moveOnAfter(100, function* () {
        const error = yield* errorOf(timeout(10, () => sleep(1000)));
        return error;
      });
      expect(inside).toBeInstanceOf(TimeoutError);
      const outside = yield* errorOf(timeout(10, () => moveOnAfter(100, () => sleep(1000))));
      expect(outside).toBeInstanceOf(TimeoutError);
      expect(getRunningLoop().time()).toBe(20);
    }));

  test("after the scope the task waits as before, and its signal is a fresh one", () =>
    virtually(function* () {
      const task = currentTask();
      yield* moveOnAfter(10, function* () {
        expect(task?.signal.aborted).toBe(false);
        const signal = task?.signal;
        yield* errorOf(sleep(1000));
        expect(signal?.aborted).toBe(true);
      });
      expect(task?.signal.aborted).toBe(false);
      yield* sleep(5);
    }));
});

describe("failAfter", () => {
  test("throws TimeoutError at the deadline", () =>
    virtually(function* () {
      const error = yield* errorOf(failAfter(10, () => sleep(1000)));
      expect(error).toBeInstanceOf(TimeoutError);
      expect((error as Error).message).toBe("the deadline of failAfter(10 ms) has passed");
      expect(yield* failAfter(10, () => sleep(5, "ok"))).toBe("ok");
    }));

  test("an error of the body goes through", () =>
    virtually(function* () {
      const error = yield* errorOf(
        failAfter(10, function* () {
          throw new Error("broken");
        }),
      );
      expect((error as Error).message).toBe("broken");
    }));
});

describe("the scope", () => {
  test("tells its state at each time", () =>
    virtually(function* () {
      const seen: unknown[] = [];
      const look = (scope: CancelScope) =>
        seen.push([String(scope), scope.cancelCalled, scope.cancelledCaught]);
      const [quiet, cancelled] = [new CancelScope(), new CancelScope({ shield: true })];
      look(quiet);
      yield* quiet.run(function* (scope) {
        look(scope);
      });
      look(quiet);
      yield* cancelled.run(function* (scope) {
        scope.cancel();
        look(scope);
        yield* sleep(1);
      });
      look(cancelled);
      expect(seen).toEqual([
        ["<CancelScope new>", false, false],
        ["<CancelScope entered>", false, false],
        ["<CancelScope left>", false, false],
        ["<CancelScope cancelled>", true, false],
        ["<CancelScope cancelled>", true, true],
      ]);
      expect([quiet.shield, cancelled.shield]).toEqual([false, true]);
    }));

  test("the first cancel() counts; one after the end does nothing", () =>
    virtually(function* () {
      const scope = new CancelScope();
      yield* scope.run(function* () {
        scope.cancel("first");
        scope.cancel("second");
        expect(yield* errorOf(sleep(1))).toEqual(new CancelledError("first"));
      });
      const left = new CancelScope();
      yield* left.run(() => sleep(1));
      left.cancel();
      expect([left.cancelCalled, left.signal.aborted]).toEqual([false, false]);
    }));

  test("keeps a timer only while a deadline can still cancel it", () =>
    virtually(function* () {
      const loop = getRunningLoop();
      const timers = () => [...loop.timers].length;
      const counts: number[] = [];
      const scope = new CancelScope();
      scope.deadline = 100;
      counts.push(timers());
      yield* scope.run(function* () {
        counts.push(timers());
        scope.deadline = Number.POSITIVE_INFINITY;
        counts.push(timers());
        scope.cancel();
        scope.deadline = 200;
        counts.push(timers());
      });
      scope.deadline = 300;
      counts.push(timers());
      const before = new CancelScope({ deadline: 100 });
      before.cancel();
      yield* before.run(function* () {
        counts.push(timers());
      });
      expect(counts).toEqual([0, 1, 0, 0, 0, 0]);
    }));

  test("its signal is one, and is aborted by cancel() at once, also that of a scope around it", () =>
    virtually(function* () {
      const outer = new CancelScope();
      yield* outer.run(() =>
        cancelScope({}, function* (inner) {
          const { signal } = inner;
          expect(inner.signal).toBe(signal);
          inner.shield = true;
          inner.shield = false;
          expect(signal.aborted).toBe(false);
          outer.cancel("outer");
          expect(signal.reason).toEqual(new CancelledError("outer"));
          // One that is asked for only now.
          expect(outer.signal.reason).toEqual(new CancelledError("outer"));
          expect(yield* errorOf(sleep(1))).toEqual(new CancelledError("outer"));
        }),
      );
    }));

  test("its signal hears of a cancellation of the task, and of no other error", () =>
    virtually(function* () {
      const reasons: unknown[] = [];
      function* body({ signal }: CancelScope) {
        signal.addEventListener("abort", () => reasons.push(signal.reason));
        yield* sleep(1);
        throw new Error("broken");
      }
      yield* errorOf(cancelScope({}, body));
      expect(reasons).toEqual([]);
      const task = createTask(cancelScope({}, body));
      yield* sleep(0);
      task.cancel("stop");
      yield* errorOf(task);
      expect(reasons).toEqual([new CancelledError("stop")]);
    }));
});

describe("wrong use", () => {
  test("a scope runs once, and inside a task", async () => {
    const scope = new CancelScope();
    await virtually(function* () {
      yield* scope.run(() => sleep(0));
      const error = yield* errorOf(scope.run(() => sleep(0)));
      expect(error).toBeInstanceOf(RuntimeError);
      expect((error as Error).message).toBe("a CancelScope can be run only once: make a new one");
      const refused: unknown[] = [];
      getRunningLoop().callSoon(() => {
        try {
          new CancelScope().run(() => sleep(0)).next();
        } catch (refusal) {
          refused.push(refusal);
        }
      });
      yield* sleep(1);
      expect(refused).toEqual([new RuntimeError("a CancelScope must be run inside a task")]);
    });
  });

  test("arguments", () => {
    expect(() => moveOnAfter(Number.NaN, () => sleep(0))).toThrow(
      "moveOnAfter() needs a number of milliseconds, got NaN",
    );
    expect(() => failAfter(1, undefined as never)).toThrow("failAfter() needs a function");
    expect(() => moveOnAfter("5" as never, () => sleep(0))).toThrow(RangeError);
    for (const deadline of [Number.NaN, "5", null]) {
      expect(() => new CancelScope({ deadline: deadline as never })).toThrow(RangeError);
    }
    for (const options of [null, 5]) {
      expect(() => new CancelScope(options as never)).toThrow(
        "a CancelScope's options are an object: { deadline, shield }",
      );
    }
    expect(() => new CancelScope({ shield: 1 as never })).toThrow(
      "a CancelScope's shield is true or false, got 1",
    );
    expect(() => cancelScope({}, 1 as never)).toThrow(TypeError);
  });
});
