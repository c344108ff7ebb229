/*
 * Faults that a reading of the core has found: one test for each.
 */
import {
  createTask,
  currentTask,
  EventLoop,
  ExceptionGroup,
  Future,
  fromPromise,
  getRunningLoop,
  PriorityQueue,
  run,
  Semaphore,
  sleep,
  timeout,
} from "heddle";
import { expect, test } from "vitest";
import { nativeTurn } from "../native-turn.ts";
import { virtualLoop, virtually } from "../trace.ts";
import { errorOf, rejectionOf } from "./error-of.ts";

test("what is thrown and cannot be made a string is reported, and ends no run", async () => {
  const loop = virtualLoop();
  const written: string[] = [];
  loop.host.report = (text) => void written.push(text);
  const other = run(() => sleep(50, "fine"), { loop });
  const loose = new Error("its own cause");
  loose.cause = loose;
  await run(
    function* () {
      getRunningLoop().callSoon(() => {
        throw Object.create(null);
      });
      getRunningLoop().callSoon(() => {
        throw loose;
      });
      getRunningLoop().callSoon(() => {
        throw new ExceptionGroup("several", [new Error("INNER")]);
      });
      yield* sleep(1);
    },
    { loop },
  );
  expect(await other).toBe("fine");
  expect(written).toHaveLength(3);
  expect(written[2]).toContain("INNER");
});

test("the signal of a task whose deadline has passed is a fresh one", async () => {
  await virtually(function* () {
    const before = currentTask()?.signal;
    yield* errorOf(timeout(5, () => sleep(1000)));
    expect([before?.aborted, currentTask()?.signal.aborted]).toEqual([true, false]);
  });
});

test("a run owns nothing on another loop", async () => {
  const other = new EventLoop();
  await run(function* () {
    other.createTask(sleep(10));
    yield* sleep(1);
  });
  other.close();
});

test("an error after a deadlock that was survived is not hidden by it", async () => {
  const error = new Error("real");
  const seen = await rejectionOf(
    virtually(function* () {
      yield* errorOf(new Future());
      yield* sleep(5);
      throw error;
    }),
  );
  expect(seen).toBe(error);
});

test("a timeout that is cancelled from outside aborts its body's signal", async () => {
  await virtually(function* () {
    let signal: AbortSignal | undefined;
    const task = createTask(
      timeout(10_000, function* (scope) {
        signal = scope.signal;
        yield* sleep(5000);
      }),
    );
    yield* sleep(1);
    task.cancel();
    yield* errorOf(task);
    expect(signal?.aborted).toBe(true);
  });
});

test("a coroutine function that declares a parameter gets the task's signal", async () => {
  const kind = await virtually(function* (signal: AbortSignal) {
    yield* sleep(0);
    return signal instanceof AbortSignal;
  } as () => Generator<never, boolean>);
  expect(kind).toBe(true);
});

test("a comparison that throws leaves a priority queue as it was", () => {
  let broken = false;
  const queue = new PriorityQueue<number>(0, {
    compare: (a, b) => {
      if (broken) throw new Error("no order");
      return a - b;
    },
  });
  for (const item of [4, 2, 3, 1]) queue.putNowait(item);
  broken = true;
  expect(() => queue.putNowait(0)).toThrow("no order");
  expect(() => queue.getNowait()).toThrow("no order");
  broken = false;
  expect([1, 2, 3, 4].map(() => queue.getNowait())).toEqual([1, 2, 3, 4]);
});

test("a closed loop takes no task, and a promise that settles later is no unhandledRejection", async () => {
  const loop = new EventLoop();
  await loop.runUntilComplete(function* () {
    createTask(fromPromise(new Promise<void>((resolve) => nativeTurn(resolve))));
    yield* sleep(0);
  });
  loop.close();
  expect(() => loop.createTask(sleep(1))).toThrow("closed");
  await new Promise<void>((resolve) => nativeTurn(resolve));
});

test("half permits are refused", () => {
  expect(() => new Semaphore(1.5)).toThrow(RangeError);
});
