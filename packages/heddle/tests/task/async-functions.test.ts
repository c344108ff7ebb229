/*
 * One API for both ways of writing: everything that heddle's calls return can stand after `await`.
 *
 * These run on the thread's default loop, since an async function is of no other loop once it has
 * awaited something. So time is real here, and kept to a millisecond or two; what is asserted is order
 * and outcome.
 */
import {
  asCompleted,
  Barrier,
  CancelledError,
  Condition,
  createTask,
  Event,
  ExceptionGroup,
  Future,
  fromPromise,
  gather,
  getEventLoop,
  isCancelled,
  Lock,
  moveOnAfter,
  Queue,
  run,
  Semaphore,
  shield,
  sleep,
  type Task,
  type Timeout,
  TimeoutError,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "heddle";
import { describe, expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { nativeTurn } from "../native-turn.ts";
import { trace, virtualLoop } from "../trace.ts";
import { errorOf, rejectionOf } from "./error-of.ts";

/** Ends when `signal` is aborted, with its reason. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

describe("await", () => {
  test("sleep, with and without a result, and sleep(0)", async () => {
    expect(await sleep(1)).toBeUndefined();
    expect(await sleep(1, "slept")).toBe("slept");
    expect(await sleep(0)).toBeUndefined();
    expect(await sleep(0, "given way")).toBe("given way");
  });

  test("a task and a future", async () => {
    const task = createTask(function* () {
      yield* sleep(0);
      return 42;
    });
    expect(await task).toBe(42);
    const future = new Future<string>();
    getEventLoop().callSoon(() => future.setResult("set"));
    expect(await future).toBe("set");
  });

  test("queue.get, put and join", async () => {
    const queue = new Queue<number>(1);
    await queue.put(1);
    const blocked = queue.put(2).then(() => "there was room");
    expect(await queue.get()).toBe(1);
    expect(await blocked).toBe("there was room");
    expect(await queue.get()).toBe(2);
    nativeTurn(() => {
      queue.taskDone();
      queue.taskDone();
    });
    await queue.join();
    expect(queue.statistics().unfinished).toBe(0);
  });

  test("a queue, item by item, until it is shut down", async () => {
    const queue = new Queue<number>();
    const items: number[] = [];
    const consumer = (async () => {
      for await (const item of queue) items.push(item);
      return "the queue was shut down";
    })();
    for (const item of [1, 2, 3]) await queue.put(item);
    queue.shutdown();
    expect([await consumer, items]).toEqual(["the queue was shut down", [1, 2, 3]]);
  });

  test("lock.acquire, whose guard can be disposed", async () => {
    const lock = new Lock();
    {
      using _guard = await lock.acquire();
      expect(lock.locked()).toBe(true);
    }
    expect(lock.locked()).toBe(false);
  });

  test("semaphore, condition, barrier", async () => {
    const semaphore = new Semaphore(1);
    using _permit = await semaphore.acquire();
    expect(semaphore.locked()).toBe(true);

    const condition = new Condition();
    await condition.acquire();
    const notified = condition.wait().then(() => {
      condition.release();
      return "notified";
    });
    const notifier = (async () => {
      using _guard = await condition.acquire();
      condition.notify();
    })();
    expect([await notified, await notifier]).toEqual(["notified", undefined]);

    const barrier = new Barrier(2);
    const indices = await Promise.all([barrier.wait(), barrier.wait()]);
    expect(indices.sort()).toEqual([0, 1]);
  });

  test("event.wait", async () => {
    const event = new Event();
    nativeTurn(() => event.set());
    expect(await event.wait()).toBe(true);
    expect(await event.wait()).toBe(true);
  });

  test("gather, wait, asCompleted, shield, waitFor", async () => {
    expect(await gather([sleep(1, "a"), sleep(0, "b")])).toEqual(["a", "b"]);
    const task = createTask(sleep(1, "task"));
    const { done } = await wait([task]);
    expect(done.has(task)).toBe(true);
    const order: string[] = [];
    for (const next of asCompleted([sleep(2, "later"), sleep(0, "sooner")])) order.push(await next);
    expect(order).toEqual(["sooner", "later"]);
    expect(await shield(sleep(0, "shielded"))).toBe("shielded");
    expect(await waitFor(sleep(0, "in time"), 10_000)).toBe("in time");
    expect(await rejectionOf(waitFor(sleep(10_000), 1))).toBeInstanceOf(TimeoutError);
  });

  test("timeout and taskGroup with coroutine bodies", async () => {
    expect(
      await timeout(10_000, function* () {
        return yield* sleep(0, "in time");
      }),
    ).toBe("in time");
    const results: string[] = [];
    await taskGroup(function* (group) {
      group.createTask(function* () {
        results.push(yield* sleep(0, "from the group"));
      });
    });
    expect(results).toEqual(["from the group"]);
  });

  test("fromPromise", async () => {
    expect(await fromPromise(Promise.resolve("through and through"))).toBe("through and through");
  });

  test("rejects with the errors that yield* throws", async () => {
    const error = new Error("own");
    const failing = () =>
      createTask(function* () {
        throw error;
      });
    expect(await rejectionOf(failing())).toBe(error);
    expect(await rejectionOf(gather([failing()]))).toBe(error);
    expect(await rejectionOf(shield(failing()))).toBe(error);
    const cancelled = createTask(sleep(10_000));
    cancelled.cancel("enough");
    expect(await rejectionOf(cancelled)).toEqual(new CancelledError("enough"));
  });

  test("a promise chain on a task: then with either side, both, or none", async () => {
    const task = createTask(sleep(0, 1));
    expect(await task.then((n) => n + 1)).toBe(2);
    expect(await task.then(null, () => "unused")).toBe(1);
    expect(await task.then()).toBe(1);
    const failed = createTask(function* () {
      throw new Error("own");
    });
    expect(await failed.then(null, (error) => String(error))).toBe("Error: own");
  });

  test("what can be awaited once says so the second time, instead of giving undefined", async () => {
    for (const [name, once] of Object.entries({
      sleep: sleep(0, "value"),
      waitFor: waitFor(sleep(0, "value"), 10_000),
      timeout: timeout(10_000, () => sleep(0, "value")),
      acquire: new Lock().acquire(),
    })) {
      expect([name, await once]).not.toEqual([name, undefined]);
      const error = await rejectionOf((async () => once)());
      expect([name, String(error)]).toEqual([
        name,
        expect.stringMatching(/^RuntimeError: cannot reuse/),
      ]);
    }
  });

  test("the continuations of several awaits run in the order in which they were woken", async () => {
    const { step, finish } = trace();
    const event = new Event();
    const waiters = [1, 2, 3].map(async (n) => {
      await event.wait();
      step(n);
    });
    await sleep(0);
    await sleep(0);
    event.set();
    await Promise.all(waiters);
    finish(4);
  });
});

describe("createTask(async (signal) => …)", () => {
  test("gives the function's value or error", async () => {
    expect(await createTask(async () => "value")).toBe("value");
    const error = new Error("own");
    const failing = createTask(async () => {
      await null;
      throw error;
    });
    expect(await rejectionOf(failing)).toBe(error);
  });

  test("cancelling aborts the signal with the CancelledError as its reason", async () => {
    let reason: unknown;
    const task = createTask(async (signal) => {
      try {
        await untilAborted(signal);
      } finally {
        reason = signal.reason;
      }
    });
    await sleep(0);
    task.cancel("enough");
    expect(await rejectionOf(task)).toBe(reason);
    expect(reason).toEqual(new CancelledError("enough"));
    expect(task.cancelled()).toBe(true);
  });

  test("any other error is one, whatever its cause", async () => {
    const late = new TimeoutError("too late", { cause: new CancelledError() });
    for (const error of [late, undefined, null, { name: "AbortError" }]) {
      const task = createTask(() => Promise.reject(error));
      expect([await rejectionOf(task), task.cancelled()]).toEqual([error, false]);
    }
  });

  test("a function that takes its signal and ignores it ends normally", async () => {
    const gate = new Event();
    const task = createTask(async (_signal) => {
      await gate.wait();
      return "ended normally";
    });
    await sleep(0);
    expect(task.cancel()).toBe(true);
    gate.set();
    expect(await task).toBe("ended normally");
    expect([task.cancelled(), task.cancelling()]).toEqual([false, 1]);
  });

  test("one that takes no signal is waited for, and then it was cancelled: nothing swallows it", async () => {
    const gate = new Event();
    let ended = false;
    const task = createTask(async () => {
      await gate.wait();
      ended = true;
    });
    let wentOn = false;
    const awaiting = createTask(function* () {
      yield* task;
      wentOn = true;
    });
    await sleep(0);
    await sleep(0);
    expect(awaiting.cancel()).toBe(true);
    gate.set();
    expect(isCancelled(await rejectionOf(awaiting))).toBe(true);
    expect([ended, task.cancelled(), wentOn]).toEqual([true, true, false]);
  });

  test("a function that fails otherwise after the cancellation failed", async () => {
    const error = new Error("clean-up failed");
    const task = createTask(async (signal) => {
      await untilAborted(signal).catch(() => {
        throw error;
      });
    });
    await sleep(0);
    task.cancel();
    expect(await rejectionOf(task)).toBe(error);
    expect(task.cancelled()).toBe(false);
  });

  test("the clean-up of the function is awaited by who cancelled it", async () => {
    const { step, finish } = trace();
    await run(function* () {
      const task = createTask(async (signal) => {
        try {
          await untilAborted(signal);
        } finally {
          step(2);
          await null;
          await null;
          step(3);
        }
      });
      yield* sleep(0);
      step(1);
      task.cancel();
      yield* errorOf(task);
      expect(task.cancelled()).toBe(true);
      finish(4);
    });
  });

  test("run() cancels and awaits the async tasks that main left", async () => {
    const { step, finish } = trace();
    await run(async () => {
      createTask(async (signal) => {
        try {
          await untilAborted(signal);
        } finally {
          await null;
          step(1);
        }
      });
    });
    finish(2);
  });
});

describe("timeout(ms, async (scope) => …)", () => {
  test("gives the value of a body that is in time", async () => {
    expect(
      await timeout(10_000, async (scope) => {
        expect(scope.expired()).toBe(false);
        await sleep(0);
        return "in time";
      }),
    ).toBe("in time");
  });

  test("at the deadline the scope's signal is aborted and TimeoutError is thrown", async () => {
    let scope: Timeout | undefined;
    const late = timeout(1, async (own) => {
      scope = own;
      await untilAborted(own.signal);
    });
    const error = await rejectionOf(late);
    expect(error).toBeInstanceOf(TimeoutError);
    expect([scope?.expired(), scope?.signal.aborted]).toEqual([true, true]);
    expect(isCancelled(scope?.signal.reason)).toBe(true);
  });

  test("even if the body never settles, or fails later: nobody hears of that", async () => {
    const gate = new Future<void>();
    expect(await rejectionOf(timeout(1, () => new Promise(() => {})))).toBeInstanceOf(TimeoutError);
    const late = timeout(1, async () => {
      await gate;
      throw new Error("nobody waits for this any more");
    });
    expect(await rejectionOf(late)).toBeInstanceOf(TimeoutError);
    gate.setResult();
    // An unhandledRejection would fail this test file.
    await new Promise<void>((resolve) => nativeTurn(resolve));
  });

  test("an error of the body goes through", async () => {
    const error = new Error("own");
    const failing = timeout(10_000, async () => {
      throw error;
    });
    expect(await rejectionOf(failing)).toBe(error);
  });

  test("inside a coroutine it is the calling task that is limited", async () => {
    await run(function* () {
      const error = yield* errorOf(timeout(1, async (scope) => untilAborted(scope.signal)));
      expect(error).toBeInstanceOf(TimeoutError);
    });
  });
});

describe("taskGroup(async (group) => …)", () => {
  test("waits for its tasks and gives the body's value", async () => {
    const { step, finish } = trace();
    const value = await taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(0);
        await sleep(0);
        step(2);
      });
      await sleep(0);
      step(1);
      return "the body's";
    });
    expect(value).toBe("the body's");
    finish(3);
  });

  test("a task that fails cancels the others, and the group is thrown", async () => {
    const error = new Error("own");
    let other: Task<unknown> | undefined;
    const failing = taskGroup(async (group) => {
      other = group.createTask(sleep(30_000));
      group.createTask(async () => {
        throw error;
      });
      await new Promise(() => {});
    });
    const group = await rejectionOf(failing);
    expect(group).toBeInstanceOf(ExceptionGroup);
    expect((group as ExceptionGroup).errors).toEqual([error]);
    expect(other?.cancelled()).toBe(true);
  });

  test("tasks can be made after an await, and by started()", async () => {
    const value = await taskGroup(async (group) => {
      await sleep(0);
      const port = await group.start(function* (started: (port: number) => void) {
        yield* sleep(0);
        started(8080);
      });
      return port;
    });
    expect(value).toBe(8080);
  });
});

describe("an async function as main", () => {
  test("and coroutines in it, and async functions in those", async () => {
    const result = await run(async () => {
      const inner = createTask(function* () {
        const n = yield* createTask(async () => {
          await sleep(0);
          return 20;
        });
        return n + 1;
      });
      return (await inner) * 2;
    });
    expect(result).toBe(42);
  });

  test("may use what a coroutine may: locks, queues, events with coroutines on the other side", async () => {
    const { step, finish } = trace();
    const lock = new Lock();
    const jobs = new Queue<string>();
    await run(async () => {
      const worker = createTask(function* () {
        using _guard = yield* lock.acquire();
        step(1);
        expect(yield* jobs.get()).toBe("job");
        step(3);
      });
      await sleep(0);
      await sleep(0);
      expect(lock.locked()).toBe(true);
      step(2);
      jobs.putNowait("job");
      {
        using _guard = await lock.acquire();
        step(4);
      }
      await worker;
    });
    finish(5);
  });
});

test("an async body that fails after its deadline is reported", async () => {
  const loop = virtualLoop();
  const reports = reportsOf(loop);
  const late = deferred();
  await run(
    function* () {
      yield* moveOnAfter(0, async () => {
        await late.promise;
        throw new Error("late");
      });
      yield* moveOnAfter(0, async (scope) => {
        await late.promise;
        throw scope.signal.reason;
      });
      late.resolve();
      yield* fromPromise(new Promise<void>((resolve) => setTimeout(resolve, 5)));
    },
    { loop },
  );
  expect(reports.map(({ message, exception }) => `${message}: ${String(exception)}`)).toEqual([
    "an async function has failed after its deadline or cancellation: Error: late",
  ]);
});

function deferred(): { promise: Promise<void>; resolve(): void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
