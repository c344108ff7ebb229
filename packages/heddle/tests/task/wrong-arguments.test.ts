/*
 * Wrong arguments: every public call says at once what was wrong and what it wants instead, before it
 * has started anything.
 */
import {
  asCompleted,
  Barrier,
  BoundedSemaphore,
  Condition,
  ContextVar,
  copyContext,
  createTask,
  ensureFuture,
  Future,
  fromPromise,
  gather,
  getEventLoop,
  LifoQueue,
  PriorityQueue,
  Queue,
  run,
  Semaphore,
  shield,
  sleep,
  Task,
  taskGroup,
  timeout,
  timeoutAt,
  wait,
  waitFor,
} from "heddle";
import { afterAll, describe, expect, test } from "vitest";
import { virtualLoop, virtually } from "../trace.ts";
import { errorOf, rejectionOf } from "./error-of.ts";

/** Arguments that TypeScript would refuse. */
// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose.
type Wrong = any;

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("expected the call to throw");
}

function* coroutine() {
  yield* sleep(1);
}

const NEEDS =
  "needs a coroutine (what a function* returns), a coroutine function, an async function or an " +
  "awaitable, got";

describe("thrown by the call itself", () => {
  const numbers = "needs a number of milliseconds";
  test.each<[string, () => unknown, Error]>([
    ["createTask(5)", () => createTask(5 as Wrong), new TypeError(`createTask() ${NEEDS} 5`)],
    [
      "createTask()",
      () => createTask(undefined as Wrong),
      new TypeError(`createTask() ${NEEDS} undefined`),
    ],
    [
      "createTask([])",
      () => createTask([sleep(1)] as Wrong),
      new TypeError(`createTask() ${NEEDS} Array`),
    ],
    [
      "createTask(new Map())",
      () => createTask(new Map() as Wrong),
      new TypeError(`createTask() ${NEEDS} Map`),
    ],
    [
      'createTask("text")',
      () => createTask("text" as Wrong),
      new TypeError(`createTask() ${NEEDS} text`),
    ],
    [
      "gather(5)",
      () => gather(5 as Wrong),
      new TypeError("gather() needs an array of awaitables: gather([a, b])"),
    ],
    [
      "gather(coroutine)",
      () => gather(coroutine() as Wrong),
      new TypeError("gather() needs an array of awaitables: gather([a, b])"),
    ],
    [
      "wait(future)",
      () => wait(new Future() as Wrong),
      new TypeError("wait() needs an array or Set of futures or tasks: wait([a, b])"),
    ],
    [
      "wait(5)",
      () => wait(5 as Wrong),
      new TypeError("wait() needs an array or Set of futures or tasks: wait([a, b])"),
    ],
    ["wait([])", () => wait([]), new RangeError("wait(): the set of tasks and futures is empty")],
    [
      "wait([coroutine])",
      () => wait([coroutine()] as Wrong),
      new TypeError("wait() takes futures and tasks: wrap a coroutine by createTask() first"),
    ],
    [
      "wait, returnWhen",
      () => wait([new Future()], { returnWhen: "FIRST" as Wrong }),
      new RangeError(
        "wait(): returnWhen must be one of ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, got FIRST",
      ),
    ],
    [
      "wait, timeout",
      () => wait([new Future()], { timeout: "1" as Wrong }),
      new RangeError("wait(): timeout must be a number of milliseconds or null, got 1"),
    ],
    [
      "asCompleted(5)",
      () => asCompleted(5 as Wrong),
      new TypeError("asCompleted() needs an array of awaitables: asCompleted([a, b])"),
    ],
    [
      "asCompleted()",
      () => asCompleted(undefined as Wrong),
      new TypeError("asCompleted() needs an array of awaitables: asCompleted([a, b])"),
    ],
    [
      'asCompleted, timeout "1"',
      () => asCompleted([], { timeout: "1" as Wrong }),
      new RangeError("asCompleted(): timeout must be milliseconds or null, got 1"),
    ],
    [
      "wait()",
      () => wait(undefined as Wrong),
      new TypeError("wait() needs an array or Set of futures or tasks: wait([a, b])"),
    ],
    [
      "asCompleted, timeout",
      () => asCompleted([], { timeout: Number.NaN }),
      new RangeError("asCompleted(): timeout must be milliseconds or null, got NaN"),
    ],
    ['sleep("1")', () => sleep("1" as Wrong), new TypeError(`sleep() ${numbers}, got string`)],
    [
      'sleep("zero")',
      () => sleep("zero" as Wrong),
      new TypeError(`sleep() ${numbers}, got string`),
    ],
    ["sleep(10n)", () => sleep(10n as Wrong), new TypeError(`sleep() ${numbers}, got bigint`)],
    [
      "sleep()",
      () => sleep(undefined as Wrong),
      new TypeError(`sleep() ${numbers}, got undefined`),
    ],
    ["sleep(NaN)", () => sleep(Number.NaN), new RangeError(`sleep() ${numbers}, got NaN`)],
    [
      "waitFor(x, NaN)",
      () => waitFor(sleep(1), Number.NaN),
      new RangeError(`waitFor() ${numbers} or null, got NaN`),
    ],
    [
      "waitFor(x)",
      () => waitFor(sleep(1), undefined as Wrong),
      new RangeError(`waitFor() ${numbers} or null, got undefined`),
    ],
    [
      "timeout(ms)",
      () => timeout(5, undefined as Wrong),
      new TypeError(
        "timeout() needs a function as its second argument: timeout(time, function* (scope) { … })",
      ),
    ],
    [
      "timeout(ms, coroutine)",
      () => timeout(5, coroutine() as Wrong),
      new TypeError(
        "timeout() needs a function as its second argument: timeout(time, function* (scope) { … })",
      ),
    ],
    [
      "timeout(NaN)",
      () => timeout(Number.NaN, coroutine),
      new RangeError(`timeout() ${numbers} or null, got NaN`),
    ],
    [
      'timeout("5")',
      () => timeout("5" as Wrong, coroutine),
      new RangeError(`timeout() ${numbers} or null, got 5`),
    ],
    [
      "timeoutAt(when)",
      () => timeoutAt(5, undefined as Wrong),
      new TypeError(
        "timeoutAt() needs a function as its second argument: timeoutAt(time, function* (scope) { … })",
      ),
    ],
    [
      "taskGroup(coroutine)",
      () => taskGroup(coroutine() as Wrong),
      new TypeError("taskGroup() needs a function: taskGroup(function* (group) { … })"),
    ],
    [
      "fromPromise(5)",
      () => fromPromise(5 as Wrong),
      new TypeError("fromPromise() needs a promise or a function (signal) => promise, got 5"),
    ],
    [
      "fromPromise()",
      () => fromPromise(undefined as Wrong),
      new TypeError(
        "fromPromise() needs a promise or a function (signal) => promise, got undefined",
      ),
    ],
    [
      "new Queue({ name })",
      () => new Queue({ name: "jobs" } as Wrong),
      new TypeError(
        'a queue\'s maxsize must be a number (0: no limit), got [object Object]. Options come second: new Queue(0, { name: "jobs" })',
      ),
    ],
    [
      "new LifoQueue({ name })",
      () => new LifoQueue({ name: "jobs" } as Wrong),
      new TypeError(
        'a queue\'s maxsize must be a number (0: no limit), got [object Object]. Options come second: new Queue(0, { name: "jobs" })',
      ),
    ],
    [
      "new PriorityQueue(NaN)",
      () => new PriorityQueue(Number.NaN),
      new TypeError(
        'a queue\'s maxsize must be a number (0: no limit), got NaN. Options come second: new Queue(0, { name: "jobs" })',
      ),
    ],
    [
      "new Semaphore({ name })",
      () => new Semaphore({ name: "slots" } as Wrong),
      new TypeError("a semaphore's value must be a number, got object"),
    ],
    [
      "new Semaphore(-1)",
      () => new Semaphore(-1),
      new RangeError("Semaphore initial value must be >= 0"),
    ],
    [
      "new Semaphore(NaN)",
      () => new Semaphore(Number.NaN),
      new RangeError("Semaphore initial value must be >= 0"),
    ],
    [
      "new BoundedSemaphore(-1)",
      () => new BoundedSemaphore(-1),
      new RangeError("Semaphore initial value must be >= 0"),
    ],
    ["new Barrier(0)", () => new Barrier(0), new RangeError("parties must be >= 1")],
    [
      "new Barrier()",
      () => new Barrier(undefined as Wrong),
      new TypeError("a barrier's number of parties must be a number, got undefined"),
    ],
    [
      "new Condition({ name })",
      () => new Condition({ name: "stock" } as Wrong),
      new TypeError('a Condition takes a Lock first: new Condition(null, { name: "stock" })'),
    ],
    [
      "new ContextVar()",
      () => new ContextVar(undefined as Wrong),
      new TypeError("a ContextVar's name must be a string, got undefined"),
    ],
    [
      "addDoneCallback(5)",
      () => new Future().addDoneCallback(5 as Wrong),
      new TypeError("addDoneCallback() needs a function, got number"),
    ],
    [
      "setTaskFactory(5)",
      () => virtualLoop().setTaskFactory(5 as Wrong),
      new TypeError("a task factory is a function or null, got number"),
    ],
  ])("%s", (_call, call, expected) => {
    expect(thrownBy(call)).toEqual(expected);
  });

  test("shield, ensureFuture and loop.createTask refuse what cannot be awaited", () => {
    for (const call of [shield, ensureFuture, (what: Wrong) => virtualLoop().createTask(what)]) {
      expect(thrownBy(() => call(5 as Wrong))).toBeInstanceOf(TypeError);
      expect(String(thrownBy(() => call(null as Wrong)))).toContain("got null");
    }
  });

  test("gather names what it cannot await", () => {
    expect(String(thrownBy(() => gather([5 as Wrong])))).toMatch(/^TypeError: .*got 5$/);
  });
});

describe("the loop's calls", () => {
  const loop = virtualLoop();
  test.each<[string, () => unknown, Error]>([
    [
      "callSoon(coroutine)",
      () => loop.callSoon(coroutine() as Wrong),
      new TypeError(
        "callSoon() needs a function to call, got object. A coroutine is run by createTask()",
      ),
    ],
    [
      "callSoon()",
      () => loop.callSoon(undefined as Wrong),
      new TypeError(
        "callSoon() needs a function to call, got undefined. A coroutine is run by createTask()",
      ),
    ],
    [
      "callLater(1, coroutine)",
      () => loop.callLater(1, coroutine() as Wrong),
      new TypeError(
        "callAt() needs a function to call, got object. A coroutine is run by createTask()",
      ),
    ],
    [
      'callLater("1")',
      () => loop.callLater("1" as Wrong, () => {}),
      new TypeError("the delay must be a number of milliseconds, got string"),
    ],
    [
      "callLater(fn, 1)",
      () => loop.callLater((() => {}) as Wrong, 1 as Wrong),
      new TypeError("the delay must be a number of milliseconds, got function"),
    ],
    [
      "callLater(NaN)",
      () => loop.callLater(Number.NaN, () => {}),
      new RangeError("the delay must be a number of milliseconds, got NaN"),
    ],
    [
      "callLaterIn(context, NaN)",
      () => loop.callLaterIn(copyContext(), Number.NaN, () => {}),
      new RangeError("the delay must be a number of milliseconds, got NaN"),
    ],
    [
      'callLaterIn(context, "1")',
      () => loop.callLaterIn(copyContext(), "1" as Wrong, () => {}),
      new TypeError("the delay must be a number of milliseconds, got string"),
    ],
    [
      "callAt(NaN)",
      () => loop.callAt(Number.NaN, () => {}),
      new RangeError("the time must be a number of milliseconds, got NaN"),
    ],
    [
      "callAt(undefined)",
      () => loop.callAt(undefined as Wrong, () => {}),
      new TypeError("the time must be a number of milliseconds, got undefined"),
    ],
  ])("%s", (_call, call, expected) => {
    expect(thrownBy(call)).toEqual(expected);
  });
});

describe("run", () => {
  test("rejects with a TypeError in its own name", async () => {
    const error = await rejectionOf(run(5 as Wrong, { loop: virtualLoop() }));
    expect(error).toEqual(new TypeError(`run() ${NEEDS} 5`));
  });

  test("refuses a signal that is none, and starts nothing", async () => {
    let begun = false;
    const loop = virtualLoop();
    const error = await rejectionOf(
      run(
        function* () {
          begun = true;
        },
        { loop, signal: 5 as Wrong },
      ),
    );
    expect(error).toBeInstanceOf(TypeError);
    // Whatever was begun would be stepped by this one.
    await run(coroutine, { loop });
    expect([begun, loop.isRunning()]).toEqual([false, false]);
  });
});

describe("a function that returns nothing to await", () => {
  const returned = (call: string) =>
    new TypeError(
      `the function given to ${call}() returned 5: ` +
        "it must be a coroutine function (function*) or an async function",
    );

  test("given to run, createTask, timeout, taskGroup, group.start", async () => {
    const five = (() => 5) as Wrong;
    expect(await rejectionOf(virtually(five))).toEqual(returned("run"));
    await virtually(function* () {
      expect(yield* errorOf(createTask(five))).toEqual(returned("createTask"));
      expect(yield* errorOf(timeout(5, five))).toEqual(returned("timeout"));
      expect(yield* errorOf(timeoutAt(5, five))).toEqual(returned("timeoutAt"));
      const inGroup = (yield* errorOf(taskGroup(five))) as Wrong;
      expect(inGroup.errors ?? [inGroup]).toEqual([returned("taskGroup")]);
      yield* taskGroup(function* (group) {
        expect(yield* errorOf(group.start(five))).toEqual(returned("group.start"));
      });
    });
  });

  test("given to fromPromise", async () => {
    await virtually(function* () {
      const error = yield* errorOf(fromPromise((() => 5) as Wrong));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^.*fromPromise\(\).*promise.*5/);
    });
  });
});

describe("used wrongly", () => {
  test("a task awaiting itself", async () => {
    await virtually(function* () {
      const task: Task<void> = createTask(
        function* () {
          yield* task;
        },
        { name: "narcissus" },
      );
      const error = yield* errorOf(task);
      expect(String(error)).toBe(
        'RuntimeError: Task cannot await on itself: <Task "narcissus" pending>',
      );
    });
  });

  test("a future of another loop", async () => {
    const foreign = virtualLoop().createFuture();
    await virtually(
      function* () {
        expect(String(yield* errorOf(foreign))).toBe(
          'RuntimeError: <Task "main" pending> got <Future pending>, which is attached to a ' +
            "different loop. A future can be awaited on its own loop only",
        );
        expect(thrownBy(() => gather([foreign]))).toEqual(
          new RangeError("The future belongs to a different loop than the one given as `loop`"),
        );
      },
      { name: "main" },
    );
  });

  test("a sleep that was awaited before", async () => {
    await virtually(function* () {
      const pause = sleep(5);
      yield* pause;
      const message = "cannot reuse the awaited sleep(5): make a new one for each wait";
      expect(String(yield* errorOf(reusing(pause)))).toBe(`RuntimeError: ${message}`);
      expect(thrownBy(() => createTask(pause))).toMatchObject({ message });
    });
    function* reusing(pause: ReturnType<typeof sleep>) {
      yield* pause;
    }
  });

  test("a queue.get that was awaited before", async () => {
    await virtually(function* () {
      const queue = new Queue<number>(0, { name: "jobs" });
      queue.putNowait(1);
      queue.putNowait(2);
      const get = queue.get();
      expect(yield* get).toBe(1);
      const error = thrownBy(() => createTask(get));
      expect(String(error)).toMatch(/^RuntimeError: cannot reuse the awaited .*Queue "jobs"/);
      expect(queue.qsize()).toBe(1);
    });
  });

  test("setResult and setException of a task", async () => {
    await virtually(function* () {
      const task = createTask(sleep(1));
      expect(thrownBy(() => task.setResult())).toMatchObject({
        name: "RuntimeError",
        message: "Task does not support setResult(): its result is what its coroutine returns",
      });
      expect(thrownBy(() => task.setException(new Error("x")))).toMatchObject({
        name: "RuntimeError",
        message: "Task does not support setException(): its error is what its coroutine throws",
      });
      yield* task;
      expect(task).toBeInstanceOf(Task);
    });
  });
});

// What the calls above made before they threw belongs to the default loop.
afterAll(() => getEventLoop().close());
