import { getEventListeners } from "node:events";
import {
  allTasks,
  CancelledError,
  ContextVar,
  type Coroutine,
  copyContext,
  createTask,
  currentTask,
  EventLoop,
  Future,
  fromPromise,
  getRunningLoop,
  Queue,
  run,
  sleep,
  type Task,
} from "heddle";
import { VirtualClock } from "heddle/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { currentOwner, type Owner, type Resource } from "../../src/task/owner.ts";
import { reportsOf } from "../loop/reports-of.ts";
import { nativeTurn } from "../native-turn.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { rejectionOf } from "./error-of.ts";
import { SignalledClock } from "./signalled-clock.ts";

function* answer(): Coroutine<number> {
  yield* sleep(1);
  return 42;
}

describe("main", () => {
  test("is a coroutine, a coroutine function, an async function, or anything awaitable", async () => {
    expect(await virtually(answer())).toBe(42);
    expect(await virtually(answer)).toBe(42);
    expect(await virtually(() => answer())).toBe(42);
    expect(await virtually(async () => 43)).toBe(43);
    const loop = virtualLoop();
    expect(await run(loop.createTask(answer()), { loop })).toBe(42);
  });

  test("may be an operation: sleep, queue.get", async () => {
    expect(await virtually(sleep(5, "slept"))).toBe("slept");
    const queue = new Queue<string>();
    queue.putNowait("item");
    expect(await virtually(queue.get())).toBe("item");
  });

  test("may be an awaitable of the default loop, on that loop", async () => {
    const future = new Future<string>();
    future.setResult("set before");
    expect(await run(future)).toBe("set before");
    expect(await run(sleep(0, "given way"))).toBe("given way");
  });

  test("that throws rejects with that very error", async () => {
    const error = new Error("own");
    const failing = virtually(function* () {
      yield* sleep(1);
      throw error;
    });
    expect(await rejectionOf(failing)).toBe(error);
  });

  test("that throws undefined rejects with undefined", async () => {
    const failing = virtually(function* () {
      throw undefined;
    });
    expect(await rejectionOf(failing)).toBeUndefined();
  });

  test("has the name that was given", async () => {
    await virtually(
      function* () {
        expect(currentTask()?.getName()).toBe("main");
      },
      { name: "main" },
    );
  });

  test("runs in the context that was given, or in a copy of the running one", async () => {
    const user = new ContextVar("user", { default: "nobody" });
    const set = function* () {
      const before = user.get();
      user.set("set by main");
      return before;
    };
    const own = copyContext();
    own.run(() => user.set("given"));
    expect(await virtually(set, { context: own })).toBe("given");
    expect(own.get(user)).toBe("set by main");
    expect(await virtually(set)).toBe("nobody");
    expect(user.get()).toBe("nobody");
  });

  test("begins in the loop's first iteration, not in the call", async () => {
    const { step, finish } = trace();
    const running = virtually(function* () {
      finish(2);
    });
    step(1);
    await running;
  });
});

describe("an AbortSignal", () => {
  test("that is aborted later cancels main, which cleans up; the run rejects with CancelledError", async () => {
    const { step, finish } = trace();
    const controller = new AbortController();
    const error = await rejectionOf(
      virtually(
        function* () {
          getRunningLoop().callLater(10, () => controller.abort(new Error("user went away")));
          try {
            yield* sleep(1000);
          } finally {
            step(1);
            yield* sleep(10);
            step(2);
          }
        },
        { signal: controller.signal },
      ),
    );
    expect(error).toMatchObject({ name: "CancelledError", message: "user went away" });
    expect((error as Error).cause).toBe(controller.signal.reason);
    finish(3);
  });

  test("that is aborted already: main never begins", async () => {
    const error = await rejectionOf(
      virtually(() => expect.unreachable() as never, { signal: AbortSignal.abort("too late") }),
    );
    expect(error).toMatchObject({ name: "CancelledError", message: "too late" });
  });

  test("without a reason gives the platform's message", async () => {
    const signal = AbortSignal.abort();
    const error = await rejectionOf(virtually(sleep(1), { signal }));
    expect(signal.reason.message).not.toBe("");
    expect(error).toMatchObject({ name: "CancelledError", message: signal.reason.message });
  });

  test("aborts the signal of an async main", async () => {
    const controller = new AbortController();
    // On the real host: what an async function waits for, a virtual clock cannot know.
    const running = run(
      async (signal) => {
        nativeTurn(() => controller.abort("stop"));
        await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      },
      { signal: controller.signal },
    );
    expect(await rejectionOf(running)).toMatchObject({ name: "CancelledError", message: "stop" });
  });

  test("that is aborted after the end does nothing", async () => {
    const controller = new AbortController();
    expect(await virtually(answer, { signal: controller.signal })).toBe(42);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    controller.abort();
  });

  test("its reason is the cause only of a cancellation that has none", async () => {
    const controller = new AbortController();
    const own = new CancelledError("own", { cause: "its own cause" });
    const failing = (abort: boolean) =>
      rejectionOf(
        virtually(
          function* () {
            if (abort) controller.abort(new Error("the reason"));
            throw own;
          },
          { signal: controller.signal },
        ),
      );
    const bare = await rejectionOf(
      virtually(
        function* () {
          throw new CancelledError("not by the signal");
        },
        { signal: controller.signal },
      ),
    );
    expect((bare as Error).cause).toBeUndefined();
    expect([await failing(false), own.cause]).toEqual([own, "its own cause"]);
    expect([await failing(true), own.cause]).toEqual([own, "its own cause"]);
  });

  test("main that swallows the cancellation gives its result", async () => {
    const controller = new AbortController();
    const result = await virtually(
      function* () {
        getRunningLoop().callLater(10, () => controller.abort());
        try {
          yield* sleep(1000);
        } catch {}
        return "went on";
      },
      { signal: controller.signal },
    );
    expect(result).toBe("went on");
  });
});

describe("what main leaves behind", () => {
  test("tasks are cancelled and awaited before the promise settles", async () => {
    const { step, finish } = trace();
    const result = await virtually(function* () {
      createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          step(2);
          yield* sleep(50);
          step(4);
        }
      });
      createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          step(3);
        }
      });
      yield* sleep(1);
      step(1);
      return "main's";
    });
    expect(result).toBe("main's");
    finish(5);
  });

  test("tasks that a clean-up starts are cancelled too", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          step(1);
          createTask(function* () {
            try {
              yield* sleep(1000);
              never("the run is over");
            } finally {
              step(2);
            }
          });
          yield* sleep(5);
        }
      });
      yield* sleep(1);
    });
    finish(3);
  });

  test("a task that main made in its last step begins, and is cancelled where it first waits", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      createTask(function* () {
        step(1);
        try {
          yield* sleep(1000);
          never("main is over");
        } finally {
          step(2);
        }
      });
    });
    finish(3);
  });

  test("resources are released and awaited, once, behind the tasks; one that fails hurts nobody", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const owner = currentOwner() as Owner;
      const closing = (n: number, fails: boolean): Resource => ({
        *release() {
          yield* sleep(n);
          step(n);
          if (fails) throw new Error("own");
        },
      });
      const disowned: Resource = { release: () => expect.unreachable() };
      owner.own(closing(3, true));
      owner.own(closing(2, false));
      owner.own({ release: () => undefined });
      owner.own(disowned);
      owner.disown(disowned);
      createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          step(1);
        }
      });
      yield* sleep(1);
    });
    finish(4);
  });

  test("if main fails the tasks are cancelled just the same", async () => {
    const { step, finish } = trace();
    const error = await rejectionOf(
      virtually(function* () {
        createTask(function* () {
          try {
            yield* sleep(1000);
          } finally {
            step(1);
          }
        });
        yield* sleep(1);
        throw new Error("main's own");
      }),
    );
    expect(error).toEqual(new Error("main's own"));
    finish(2);
  });

  test("timers are not called any more", async () => {
    const { finish, never } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        loop.callLater(10, () => never("its run is over"));
        yield* sleep(1);
      },
      { loop },
    );
    expect([...loop.timers]).toEqual([]);
    // The loop itself goes on: another run's time passes.
    await run(
      function* () {
        yield* sleep(100);
      },
      { loop },
    );
    finish(1);
  });

  test("callbacks that keep scheduling each other come to an end", async () => {
    const loop = virtualLoop();
    let calls = 0;
    await run(
      function* () {
        const again = () => {
          calls++;
          loop.callSoon(again);
          const future = new Future<void>();
          future.addDoneCallback(again);
          if (calls < 5) future.setResult();
        };
        loop.callSoon(again);
        yield* sleep(0);
        yield* sleep(0);
      },
      { loop },
    );
    const before = calls;
    await run(
      function* () {
        for (let i = 0; i < 10; i++) yield* sleep(0);
      },
      { loop },
    );
    expect(calls).toBe(before);
    expect(loop.ready.length).toBe(0);
  });

  test("hundreds of timers leave, every one of them", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        for (let i = 0; i < 500; i++) loop.callLater(30_000 + i, () => {});
      },
      { loop },
    );
    expect([...loop.timers]).toHaveLength(0);
  });

  test("and nothing of another run's", async () => {
    const { step, finish, never } = trace();
    const loop = virtualLoop();
    await Promise.all([
      run(
        function* () {
          loop.callLater(20, () => step(2));
          const task = createTask(function* () {
            yield* sleep(30);
            step(3);
          });
          yield* task;
        },
        { loop },
      ),
      run(
        function* () {
          createTask(sleep(1000));
          loop.callLater(25, () => never("its run is over"));
          yield* sleep(10);
          step(1);
        },
        { loop },
      ),
    ]);
    finish(4);
  });
});

describe("several runs", () => {
  test("a hundred at once on one loop, each with its own tasks", async () => {
    const loop = virtualLoop();
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        run(
          function* () {
            createTask(sleep(1000));
            yield* sleep(n % 7);
            expect(allTasks().size).toBe(2);
            return n;
          },
          { loop },
        ),
      ),
    );
    expect(results).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(allTasks(loop).size).toBe(0);
  });

  test("one that fails does not touch the others", async () => {
    const loop = virtualLoop();
    const outcomes = await Promise.allSettled([
      run(answer, { loop }),
      run(
        function* () {
          throw new Error("own");
        },
        { loop },
      ),
      run(sleepingOn(loop), { loop }),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
  });

  test("one within a task of another: its tasks are its own", async () => {
    const { step, finish } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        const outer = currentTask();
        const inner = yield* fromPromise(
          run(
            function* () {
              step(1);
              expect(currentTask() === outer).toBe(false);
              createTask(function* () {
                try {
                  yield* sleep(1000);
                } finally {
                  step(2);
                }
              });
              expect(allTasks().size).toBe(2);
              yield* sleep(5);
              return "inner";
            },
            { loop },
          ),
        );
        step(3);
        expect(inner).toBe("inner");
        expect([allTasks().size, allTasks().has(outer as Task<unknown>)]).toEqual([1, true]);
      },
      { loop },
    );
    finish(4);
  });

  test("one after the other from an async function, on the default loop", async () => {
    const results: number[] = [];
    for (let i = 0; i < 3; i++) results.push(await run(answer));
    expect(results).toEqual([42, 42, 42]);
  });

  test("a crash of one task's child that throws null or undefined does not end the others", async () => {
    const { gather, shield, taskGroup } = await import("heddle");
    function* throwing(value: unknown): Coroutine<void> {
      yield* sleep(1);
      throw value;
    }
    for (const value of [null, undefined]) {
      for (const [name, body] of Object.entries({
        gather: () => gather([throwing(value)]),
        "gather with returnExceptions": () => gather([throwing(value)], { returnExceptions: true }),
        shield: () => shield(throwing(value)),
        taskGroup: () =>
          taskGroup(function* (group) {
            group.createTask(throwing(value));
          }),
      })) {
        const loop = virtualLoop();
        const bystander = run(sleepingOn(loop), { loop });
        const careless = run(
          function* () {
            yield* body();
          },
          { loop },
        ).then(
          () => "ended",
          () => "failed",
        );
        expect([name, value, await bystander]).toEqual([name, value, "undisturbed"]);
        const expected = name === "gather with returnExceptions" ? "ended" : "failed";
        expect([name, value, await careless]).toEqual([name, value, expected]);
      }
    }
  });
});

function sleepingOn(_loop: EventLoop) {
  return function* (): Coroutine<string> {
    yield* sleep(50);
    return "undisturbed";
  };
}

describe("allTasks and currentTask", () => {
  test("allTasks lists the run's tasks in the order of creation, without those that are done", async () => {
    await virtually(
      function* () {
        const names = () => [...allTasks()].map((task) => task.getName());
        expect(names()).toEqual(["main"]);
        const a = createTask(sleep(5), { name: "a" });
        createTask(sleep(50), { name: "b" });
        createTask(sleep(6), { name: "c" });
        expect(names()).toEqual(["main", "a", "b", "c"]);
        yield* a;
        expect(names()).toEqual(["main", "b", "c"]);
      },
      { name: "main" },
    );
  });

  test("outside of a run it lists those of the default loop", async () => {
    const task = createTask(sleep(0));
    expect(allTasks().has(task)).toBe(true);
    await task;
    expect(allTasks().has(task)).toBe(false);
  });

  test("of a loop it lists the tasks of all its runs, and of none", async () => {
    const loop = virtualLoop();
    const orphan = loop.createTask<unknown>(sleepingOn(loop), { name: "orphan" });
    const seen: string[][] = [];
    await Promise.all(
      ["one", "two"].map((name) =>
        run(
          function* () {
            yield* sleep(1);
            seen.push([...allTasks(loop)].map((task) => task.getName()).sort());
          },
          { loop, name },
        ),
      ),
    );
    expect(seen).toEqual([
      ["one", "orphan", "two"],
      ["orphan", "two"],
    ]);
    expect([allTasks(loop).size, allTasks(loop).has(orphan)]).toEqual([1, true]);
    await loop.runUntilComplete(orphan);
  });

  test("currentTask is null in callbacks and outside", async () => {
    expect(currentTask()).toBeNull();
    await virtually(function* () {
      const inside: unknown[] = [];
      getRunningLoop().callSoon(() => inside.push(currentTask()));
      const task = createTask(function* () {});
      task.addDoneCallback(() => inside.push(currentTask()));
      yield* sleep(1);
      expect(inside).toEqual([null, null]);
      expect(currentTask()).not.toBeNull();
    });
    expect(currentTask()).toBeNull();
  });
});

test("a run that a run's async function awaits, in virtual time", async () => {
  const loop = virtualLoop();
  const seen: number[] = [];
  await run(
    async () => {
      await run(() => sleep(3_600_000), { loop });
      seen.push(loop.time());
      // Nobody waits for the loop from inside any more: time stands still for the world.
      createTask(sleep(50));
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(loop.time());
    },
    { loop },
  );
  expect(seen).toEqual([3_600_000, 3_600_000]);
});

describe("SIGINT", () => {
  test("cancels main, the second one ends the process; nobody listens before and after", async () => {
    const host = new SignalledClock();
    const loop = new EventLoop({ host });
    const heard: number[] = [];
    const interrupted = run(
      function* () {
        heard.push(host.raiseSignal("SIGINT"));
        try {
          yield* sleep(10);
        } finally {
          expect(host.exits).toEqual([]);
          heard.push(host.raiseSignal("SIGINT"));
        }
      },
      { loop, handleSigint: true },
    );
    expect(await rejectionOf(interrupted)).toEqual(new CancelledError("SIGINT"));
    heard.push(host.raiseSignal("SIGINT"));
    await run(async () => heard.push(host.raiseSignal("SIGINT")), { loop });
    expect([heard, host.exits]).toEqual([[1, 1, 0, 0], [130]]);
  });

  test("is left to a program that has a handler of its own", async () => {
    const host = new SignalledClock();
    const loop = new EventLoop({ host });
    const heard: unknown[] = [];
    const interrupted = run(
      function* () {
        loop.addSignalHandler("SIGINT", () => heard.push("handled"));
        heard.push(host.raiseSignal("SIGINT"), host.raiseSignal("SIGINT"));
        yield* sleep(1);
        loop.removeSignalHandler("SIGINT");
        heard.push(host.raiseSignal("SIGINT"));
        yield* sleep(1);
      },
      { loop, handleSigint: true },
    );
    expect(await rejectionOf(interrupted)).toEqual(new CancelledError("SIGINT"));
    expect([heard, host.exits]).toEqual([[1, 1, "handled", "handled", 1], []]);
  });

  test("where there are no signals nothing is handled", async () => {
    const host = Object.defineProperty(new VirtualClock(), "onSignal", { value: undefined });
    const loop = new EventLoop({ host });
    expect(await run(answer, { loop, handleSigint: true })).toBe(42);
  });

  describe("under `heddle run`, whose one listener serves all runs", () => {
    const watched = new Set<() => void>();
    const globals = globalThis as { [key: symbol]: unknown };
    const key = Symbol.for("heddle.onSigint");

    beforeEach(() => {
      globals[key] = (cancel: () => void) => {
        watched.add(cancel);
        return () => watched.delete(cancel);
      };
    });

    afterEach(() => {
      delete globals[key];
    });

    test.each([[undefined], [true]])("a run is watched, with handleSigint %s", async (wish) => {
      const host = new SignalledClock();
      let heard = -1;
      const interrupted = run(
        function* () {
          heard = host.raiseSignal("SIGINT");
          for (const cancel of watched) cancel();
          yield* sleep(10);
        },
        { loop: new EventLoop({ host }), ...(wish === undefined ? {} : { handleSigint: wish }) },
      );
      expect(await rejectionOf(interrupted)).toEqual(new CancelledError("SIGINT"));
      expect([heard, watched.size]).toEqual([0, 0]);
    });

    test("a run that does not wish it is not", () =>
      virtually(
        async () => {
          expect(watched.size).toBe(0);
        },
        { handleSigint: false },
      ));
  });
});

test("a run on a loop of one's own leaves it open, and it can be closed", async () => {
  const loop = new EventLoop();
  expect(await run(answer, { loop })).toBe(42);
  expect([loop.isRunning(), loop.isClosed()]).toEqual([false, false]);
  expect(await run(answer, { loop })).toBe(42);
  loop.close();
  expect(loop.isClosed()).toBe(true);
});

test("a run that ends leaves no callback of its own on the loop", async () => {
  const loop = virtualLoop();
  const reports = reportsOf(loop);
  await run(answer, { loop });
  expect([loop.isRunning(), loop.ready.length, [...loop.timers].length]).toEqual([false, 0, 0]);
  expect(reports).toEqual([]);
});
