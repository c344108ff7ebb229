import {
  CancelledError,
  createTask,
  Future,
  getEventLoop,
  getRunningLoop,
  InvalidStateError,
  isFuture,
  run,
  sleep,
} from "heddle";
import { describe, expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { nativeTurn } from "../native-turn.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

describe("the states", () => {
  test("pending: no outcome yet", () => {
    const future = new Future<number>();
    expect([future.done(), future.cancelled()]).toEqual([false, false]);
    expect(() => future.result()).toThrow(
      new InvalidStateError("Result is not ready: <Future pending> is pending. Await it: yield* …"),
    );
    expect(() => future.exception()).toThrow(
      new InvalidStateError(
        "Exception is not set: <Future pending> is pending. Await it: yield* …",
      ),
    );
  });

  test("returned", () => {
    const future = new Future<number>({ name: "reply" });
    future.setResult(5);
    expect([future.done(), future.cancelled(), future.result(), future.exception()]).toEqual([
      true,
      false,
      5,
      null,
    ]);
    expect(future.cancel()).toBe(false);
    const again = new InvalidStateError("invalid state: <Future reply returned> is done already");
    expect(() => future.setResult(6)).toThrow(again);
    expect(() => future.setException(new Error())).toThrow(again);
    expect(future.result()).toBe(5);
  });

  test("raised", () => {
    const error = new Error("own");
    const future = new Future<number>();
    future.setException(error);
    expect([future.done(), future.cancelled(), future.exception()]).toEqual([true, false, error]);
    expect(() => future.result()).toThrow(error);
    expect(() => future.result()).toThrow(error);
    expect(() => future.setResult(6)).toThrow(
      new InvalidStateError("invalid state: <Future raised> is done already"),
    );
  });

  test("cancelled: each who asks gets an error, with the message", () => {
    const future = new Future<number>();
    expect(future.cancel("enough")).toBe(true);
    expect(future.cancel("twice")).toBe(false);
    expect([future.done(), future.cancelled()]).toEqual([true, true]);
    expect(() => future.result()).toThrow(new CancelledError("enough"));
    expect(() => future.exception()).toThrow(new CancelledError("enough"));
    expect(() => future.setResult(1)).toThrow(
      new InvalidStateError("invalid state: <Future cancelled> is done already"),
    );
  });

  test("a result may be anything, undefined and errors too", () => {
    for (const value of [undefined, null, 0, new Error("a value")]) {
      const future = new Future<unknown>();
      future.setResult(value);
      expect(future.result()).toBe(value);
      expect(future.exception()).toBeNull();
    }
  });

  test("so may an error", async () => {
    for (const value of [undefined, null, "text"]) {
      const future = new Future<never>();
      future.setException(value);
      let thrown: unknown = "nothing was thrown";
      try {
        future.result();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(value);
      expect(future.done()).toBe(true);
    }
  });
});

describe("awaiting", () => {
  test("what is done never suspends", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const future = new Future<string>();
      future.setResult("there");
      getRunningLoop().callSoon(() => step(2));
      expect(yield* future).toBe("there");
      expect(yield* future).toBe("there");
      const failed = new Future<never>();
      failed.setException(new Error("own"));
      try {
        yield* failed;
        never("it failed");
      } catch {
        step(1);
      }
      yield* sleep(0);
      finish(3);
    });
  });

  test("many wait for one: each wakes in the next iteration, in the order of waiting", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const future = new Future<number>();
      for (const n of [1, 2, 3]) {
        createTask(function* () {
          expect(yield* future).toBe(7);
          step(n + 2);
        });
      }
      yield* sleep(0);
      step(1);
      future.setResult(7);
      step(2);
      yield* sleep(0);
      finish(6);
    });
  });

  test("from async functions: result, error, cancellation", async () => {
    const returned = new Future<number>();
    const raised = new Future<number>();
    const cancelled = new Future<number>();
    nativeTurn(() => {
      returned.setResult(1);
      raised.setException(new Error("own"));
      cancelled.cancel("enough");
    });
    expect(await returned).toBe(1);
    await expect((async () => await raised)()).rejects.toThrow(new Error("own"));
    await expect((async () => await cancelled)()).rejects.toThrow(new CancelledError("enough"));
    // Done ones too.
    expect(await returned).toBe(1);
    await expect((async () => await raised)()).rejects.toThrow(new Error("own"));
  });

  test("by Promise.all and the like", async () => {
    const [a, b] = [new Future<number>(), new Future<number>()];
    nativeTurn(() => {
      b.setResult(2);
      a.setResult(1);
    });
    expect(await Promise.all([a, b])).toEqual([1, 2]);
    expect(await Promise.race([a, b])).toBe(1);
  });
});

describe("done callbacks", () => {
  test("are called in the next iteration, with the future, in the order they were added", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const future = new Future<number>();
      for (const n of [3, 4, 5]) {
        future.addDoneCallback((done) => {
          expect(done === future).toBe(true);
          step(n);
        });
      }
      future.setResult(1);
      step(1);
      getRunningLoop().callSoon(() => step(6));
      step(2);
      yield* sleep(0);
      finish(7);
    });
  });

  test("of a future that is done already: in the next iteration too", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const future = new Future<number>();
      future.setResult(1);
      future.addDoneCallback(() => step(2));
      step(1);
      yield* sleep(0);
      finish(3);
    });
  });

  test("removing takes back every registration, and says how many there were", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const future = new Future<number>();
      const unwanted = () => never("it was removed");
      const wanted = () => step(1);
      expect(future.removeDoneCallback(unwanted)).toBe(0);
      future.addDoneCallback(unwanted);
      expect(future.removeDoneCallback(unwanted)).toBe(1);
      future.addDoneCallback(unwanted);
      future.addDoneCallback(wanted);
      future.addDoneCallback(unwanted);
      expect(future.removeDoneCallback(unwanted)).toBe(2);
      expect(future.removeDoneCallback(unwanted)).toBe(0);
      future.setResult(1);
      expect(future.removeDoneCallback(wanted)).toBe(0);
      yield* sleep(0);
      finish(2);
    });
  });

  test("removing a callback leaves the tasks that wait", async () => {
    const result = await virtually(function* () {
      const future = new Future<string>();
      const callback = () => {};
      const waiting = createTask(future);
      yield* sleep(0);
      expect(future.removeDoneCallback(callback)).toBe(0);
      future.addDoneCallback(callback);
      expect(future.removeDoneCallback(callback)).toBe(1);
      future.setResult("woken");
      return yield* waiting;
    });
    expect(result).toBe("woken");
  });

  test("one that throws does not keep the others from being called", async () => {
    const { step, finish } = trace();
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        const future = new Future<number>();
        const error = new Error("own");
        future.addDoneCallback(() => {
          step(1);
          throw error;
        });
        future.addDoneCallback(() => step(2));
        future.setResult(1);
        yield* sleep(0);
        finish(3);
        expect(reports.map((report) => report.exception === error)).toEqual([true]);
        expect(reports[0]?.future === future).toBe(true);
      },
      { loop },
    );
  });
});

describe("isFuture, getLoop, names", () => {
  test("futures and tasks are futures; what only can be awaited is none", async () => {
    await virtually(function* () {
      const task = createTask(sleep(1));
      expect([new Future(), task].map(isFuture)).toEqual([true, true]);
      const others = [sleep(1), sleep(0), Promise.resolve(), null, 5, {}, (function* () {})()];
      expect(others.map(isFuture)).toEqual(others.map(() => false));
      yield* task;
    });
  });

  test("a future belongs to the running loop, the default one, or the one given", async () => {
    const loop = virtualLoop();
    expect(new Future().getLoop()).toBe(getEventLoop());
    expect(new Future({ loop }).getLoop()).toBe(loop);
    expect(loop.createFuture().getLoop()).toBe(loop);
    await run(
      function* () {
        expect(new Future().getLoop()).toBe(loop);
      },
      { loop },
    );
  });

  test("reports show the name and the state", () => {
    const future = new Future({ name: "reply" });
    expect(String(future)).toBe("<Future reply pending>");
    future.cancel();
    expect(String(future)).toBe("<Future reply cancelled>");
    expect(String(new Future())).toBe("<Future pending>");
  });
});

test("an awaiter that is cancelled takes the future with it; the others that wait hear of it", async () => {
  await virtually(function* () {
    const future = new Future<void>();
    const [one, other] = [createTask(future), createTask(future)];
    yield* sleep(0);
    one.cancel("one's");
    expect(future.cancelled()).toBe(true);
    expect(yield* errorOf(other)).toEqual(new CancelledError("one's"));
    expect([one.cancelling(), other.cancelling()]).toEqual([1, 0]);
  });
});
