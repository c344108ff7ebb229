import { getEventListeners } from "node:events";
import {
  createTask,
  DeadlockError,
  fromAbortSignal,
  gather,
  run,
  sleep,
  TimeoutError,
  timeout,
} from "heddle";
import { expect, test } from "vitest";
import { errorOf, rejectionOf } from "../task/error-of.ts";
import { trace, virtually } from "../trace.ts";

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

test("gives the reason when the signal is aborted, and leaves no listener", async () => {
  const { step, finish } = trace();
  await virtually(function* () {
    const controller = new AbortController();
    createTask(function* () {
      yield* sleep(10);
      step(2);
      expect(listenersOf(controller.signal)).toBe(1);
      controller.abort("enough");
      // At once, not only when the waiting task runs again.
      expect(listenersOf(controller.signal)).toBe(0);
      step(3);
    });
    step(1);
    expect(yield* fromAbortSignal(controller.signal)).toBe("enough");
    finish(4);
  });
});

test("does not suspend if the signal is aborted already", async () => {
  const { step, finish } = trace();
  await virtually(function* () {
    createTask(function* () {
      finish(2);
    });
    expect(yield* fromAbortSignal(AbortSignal.abort("before"))).toBe("before");
    step(1);
    yield* sleep(0);
  });
});

test("does not listen before it is awaited", () => {
  const { signal } = new AbortController();
  void fromAbortSignal(signal);
  expect(listenersOf(signal)).toBe(0);
});

test("an abort between the call and the wait is not missed", async () => {
  await virtually(function* () {
    const controller = new AbortController();
    const aborted = fromAbortSignal(controller.signal);
    controller.abort("in between");
    expect(yield* aborted).toBe("in between");
  });
});

test("many wait for one signal", async () => {
  await virtually(function* () {
    const controller = new AbortController();
    const tasks = [1, 2, 3].map(() => createTask(fromAbortSignal(controller.signal)));
    yield* sleep(0);
    expect(listenersOf(controller.signal)).toBe(3);
    const reason = new Error("all");
    controller.abort(reason);
    const reasons = yield* gather(tasks);
    expect(reasons.every((each) => each === reason)).toBe(true);
  });
});

test("the listener goes in the moment of the cancellation", async () => {
  await virtually(function* () {
    const { signal } = new AbortController();
    const task = createTask(fromAbortSignal(signal));
    yield* sleep(0);
    task.cancel();
    expect(listenersOf(signal)).toBe(0);
    yield* errorOf(task);
    expect(yield* errorOf(timeout(5, () => fromAbortSignal(signal)))).toBeInstanceOf(TimeoutError);
    expect(listenersOf(signal)).toBe(0);
  });
});

test("an abort in the moment of the cancellation does no harm", async () => {
  await virtually(function* () {
    const controller = new AbortController();
    const task = createTask(fromAbortSignal(controller.signal));
    yield* sleep(0);
    controller.abort();
    task.cancel();
    yield* errorOf(task);
    expect(task.cancelled()).toBe(true);
  });
});

test("in an async function, and from a signal of the world", async () => {
  // Real time: the signal has its own timer. 5 ms.
  const reason = await run(async () => fromAbortSignal(AbortSignal.timeout(5)));
  expect((reason as Error).name).toBe("TimeoutError");
});

test("refuses what is no signal", () => {
  expect(() => fromAbortSignal(new AbortController() as never)).toThrow(
    new TypeError("fromAbortSignal() needs an AbortSignal, got [object AbortController]"),
  );
  expect(() => fromAbortSignal(undefined as never)).toThrow(TypeError);
});

test("a deadlock report tells of it", async () => {
  const deadlock = await rejectionOf(
    virtually(() => fromAbortSignal(new AbortController().signal)),
  );
  expect(deadlock).toBeInstanceOf(DeadlockError);
  expect((deadlock as Error).message).toContain("waits for fromAbortSignal()");
});
