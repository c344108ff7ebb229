import {
  allTasks,
  ContextVar,
  type Coroutine,
  createTask,
  currentTask,
  EventLoop,
  eagerTaskFactory,
  Future,
  getRunningLoop,
  isAwaitable,
  isCoroutine,
  run,
  sleep,
  Task,
} from "heddle";
import { describe, expect, test } from "vitest";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

describe("createTask", () => {
  test("takes its first step in the next iteration, in the order of creation", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      for (const n of [2, 3]) {
        createTask(function* () {
          step(n);
        });
      }
      step(1);
      yield* sleep(0);
      finish(4);
    });
  });

  test("its awaiters wake one iteration after it ended", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const task = createTask(function* () {
        step(1);
      });
      createTask(function* () {
        step(2);
        yield* sleep(0);
        // The awaiter of the first was scheduled before this one.
        step(4);
      });
      yield* task;
      step(3);
      yield* sleep(0);
      finish(5);
    });
  });

  test("takes coroutines, functions that make one, async functions, awaitables and promises", async () => {
    await virtually(function* () {
      function* one(): Coroutine<number> {
        return 1;
      }
      expect(yield* createTask(one())).toBe(1);
      expect(yield* createTask(one)).toBe(1);
      expect(yield* createTask(() => one())).toBe(1);
      expect(yield* createTask(async () => 2)).toBe(2);
      expect(yield* createTask(sleep(1, 3))).toBe(3);
      expect(yield* createTask(Promise.resolve(4))).toBe(4);
      const future = new Future<number>();
      future.setResult(5);
      expect(yield* createTask(future)).toBe(5);
    });
  });

  test("a task that ends gives its result to all who ask, as often as they ask", async () => {
    await virtually(function* () {
      const task = createTask(sleep(1, "result"));
      expect([yield* task, yield* task, task.result()]).toEqual(["result", "result", "result"]);
      expect(task.exception()).toBeNull();
    });
  });

  test("the same error is thrown to all", async () => {
    await virtually(function* () {
      const error = new Error("own");
      const task = createTask(function* () {
        throw error;
      });
      expect((yield* errorOf(task)) === error).toBe(true);
      expect((yield* errorOf(task)) === error).toBe(true);
    });
  });

  test("a coroutine that throws before its first wait fails its task, not its maker", async () => {
    await virtually(function* () {
      const task = createTask(() => {
        throw new Error("from the function");
      });
      expect(yield* errorOf(task)).toEqual(new Error("from the function"));
    });
  });
});

describe("names", () => {
  test("are given, changed, or numbered", async () => {
    await virtually(function* () {
      const named = createTask(sleep(1), { name: "worker" });
      const [one, two] = [createTask(sleep(1)), createTask(sleep(1))];
      expect([named.getName(), String(named)]).toEqual(["worker", '<Task "worker" pending>']);
      named.setName("renamed");
      expect(named.getName()).toBe("renamed");
      const number = Number(one.getName().slice("Task-".length));
      expect([one.getName(), two.getName()]).toEqual([`Task-${number}`, `Task-${number + 1}`]);
      yield* named;
      expect(String(named)).toBe('<Task "renamed" returned>');
    });
  });
});

describe("getCoro and getContext", () => {
  test("give the coroutine while the task lives, and its context", async () => {
    const user = new ContextVar("user", { default: "nobody" });
    await virtually(function* () {
      function* body() {
        user.set("of the task");
        yield* sleep(1);
      }
      const coro = body();
      const task = createTask(coro);
      expect(task.getCoro() === coro).toBe(true);
      yield* task;
      expect(task.getContext().get(user)).toBe("of the task");
      expect(task.getContext()).toBe(task.getContext());
      const untouched = createTask(sleep(1));
      expect(untouched.getContext()).toBe(untouched.getContext());
      expect(user.get()).toBe("nobody");
    });
  });
});

describe("eager start", () => {
  test("runs to the first suspension at once", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const outer = currentTask();
      const task = createTask(
        function* () {
          step(1);
          expect(currentTask() === outer).toBe(false);
          yield* sleep(0);
          step(3);
        },
        { eagerStart: true },
      );
      step(2);
      expect(currentTask() === outer).toBe(true);
      yield* task;
      finish(4);
    });
  });

  test("a task that does not suspend is done when createTask returns", async () => {
    await virtually(function* () {
      const task = createTask(
        function* () {
          return 5;
        },
        { eagerStart: true },
      );
      expect([task.done(), task.result()]).toEqual([true, 5]);
      const failed = createTask(
        function* () {
          throw new Error("own");
        },
        { eagerStart: true },
      );
      expect(failed.exception()).toEqual(new Error("own"));
    });
  });

  test("runs in a context of its own", async () => {
    const user = new ContextVar("user", { default: "nobody" });
    await virtually(function* () {
      user.set("maker");
      createTask(
        function* () {
          expect(user.get()).toBe("maker");
          user.set("eager");
          yield* sleep(0);
          expect(user.get()).toBe("eager");
        },
        { eagerStart: true },
      );
      expect(user.get()).toBe("maker");
      yield* sleep(1);
    });
  });

  test("belongs to the run, behind those that its first step has made", async () => {
    let cancelled = false;
    await virtually(
      function* () {
        const names = () => [...allTasks()].map((task) => task.getName());
        let inside: string[] = [];
        createTask(
          function* () {
            inside = names();
            createTask(sleep(1), { name: "inner" });
            try {
              yield* sleep(1000);
            } finally {
              cancelled = true;
            }
          },
          { name: "eager", eagerStart: true },
        );
        expect(inside).toEqual(["main", "eager"]);
        expect(names()).toEqual(["main", "inner", "eager"]);
      },
      { name: "main" },
    );
    expect(cancelled).toBe(true);
  });

  test("nests, and a cancellation inside reaches the right one", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const outer = createTask(
        function* () {
          const inner = createTask(
            function* () {
              step(1);
              currentTask()?.cancel();
              yield* sleep(10);
            },
            { eagerStart: true },
          );
          step(2);
          yield* errorOf(inner);
          step(4);
          return inner.cancelled();
        },
        { eagerStart: true },
      );
      step(3);
      expect(yield* outer).toBe(true);
      finish(5);
    });
  });

  test("outside of the running loop it starts in the next iteration", async () => {
    const { step, finish } = trace();
    const loop = virtualLoop();
    const task = loop.createTask(
      function* () {
        step(2);
      },
      { eagerStart: true },
    );
    step(1);
    await loop.runUntilComplete(task);
    finish(3);
  });
});

describe("task factories", () => {
  test("eagerTaskFactory starts every task at once", async () => {
    const { step, finish } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        loop.setTaskFactory(eagerTaskFactory);
        expect(loop.getTaskFactory()).toBe(eagerTaskFactory);
        createTask(function* () {
          step(1);
        });
        step(2);
        loop.setTaskFactory(null);
        expect(loop.getTaskFactory()).toBeNull();
        createTask(function* () {
          step(4);
        });
        step(3);
        yield* sleep(0);
        finish(5);
      },
      { loop },
    );
  });

  test("a factory sees the loop, the coroutine and the options, and its task is what createTask gives", async () => {
    const loop = virtualLoop();
    const seen: unknown[] = [];
    await run(
      function* () {
        const coro = (function* () {})();
        loop.setTaskFactory((on, what, options) => {
          seen.push(on === loop, Object.is(what, coro), options);
          return eagerTaskFactory(on, what, { ...options, eagerStart: false });
        });
        const task = createTask(coro, { name: "made" });
        expect(task).toSatisfy((made: unknown) => made instanceof Task);
        expect(task.getName()).toBe("made");
        yield* task;
      },
      { loop },
    );
    expect(seen).toEqual([true, true, { name: "made" }]);
  });
});

describe("isCoroutine and isAwaitable", () => {
  test("tell what can stand after yield*", () => {
    function* coroutine() {}
    const loop = new EventLoop();
    const awaitable = [coroutine(), sleep(1), sleep(0), loop.createFuture()];
    expect(awaitable.map(isAwaitable)).toEqual(awaitable.map(() => true));
    const not = [
      5,
      null,
      undefined,
      "text",
      [1],
      new Map(),
      new Set(),
      coroutine,
      Promise.resolve(),
    ];
    expect(not.map(isAwaitable)).toEqual(not.map(() => false));
    expect([isCoroutine(coroutine()), isCoroutine(coroutine), isCoroutine(sleep(1))]).toEqual([
      true,
      false,
      false,
    ]);
    loop.close();
  });
});

describe("the timer of a sleep", () => {
  const timers = () => {
    const { size, alive } = getRunningLoop().timers;
    return [size, alive];
  };

  test("is none for sleep(Infinity)", () =>
    virtually(function* () {
      const task = createTask(sleep(Number.POSITIVE_INFINITY));
      yield* sleep(0);
      expect(timers()).toEqual([0, 0]);
      task.cancel();
    }));

  test("is given back once, also by one that is cancelled in the iteration in which it is due", () =>
    virtually(function* () {
      const loop = getRunningLoop();
      loop.callAt(5, () => task.cancel());
      const task: Task<void> = createTask(sleep(5));
      yield* sleep(6);
      expect([task.cancelled(), timers()]).toEqual([true, [0, 0]]);
    }));

  test("is given back by one into which an error is thrown", () =>
    virtually(function* () {
      const steps = sleep(5)[Symbol.iterator]();
      // By hand, as a coroutine's `throw` does.
      steps.next();
      expect(timers()).toEqual([1, 1]);
      expect(() => steps.throw?.(new Error("thrown in"))).toThrow("thrown in");
      expect(timers()).toEqual([1, 0]);
      yield* [];
    }));
});

test("cancelled sleepers give their timers back while others still sleep", async () => {
  const loop = virtualLoop();
  await run(
    function* () {
      createTask(sleep(1_000_000));
      const sleepers = Array.from({ length: 10_000 }, (_, n) => createTask(sleep(1000 + n)));
      yield* sleep(1);
      for (const sleeper of sleepers) sleeper.cancel();
      // Dead ones are dropped when they are more than a half; up to 64 may stay.
      expect(loop.timers.size).toBeLessThanOrEqual(66);
      yield* sleep(1);
      expect(sleepers.every((sleeper) => sleeper.cancelled())).toBe(true);
    },
    { loop },
  );
});

test("a finished task holds neither its coroutine nor what it waited for", async () => {
  await virtually(function* () {
    const task = createTask(sleep(1));
    yield* task;
    expect(task.getCoro()).toBeNull();
  });
});
