import {
  CancelledError,
  type Coroutine,
  createTask,
  Future,
  gather,
  InvalidStateError,
  run,
  sleep,
} from "heddle";
import { describe, expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

function* failing(ms: number, error: unknown = new Error("own")): Coroutine<never> {
  yield* sleep(ms);
  throw error;
}

describe("gather", () => {
  test("runs at the same time and gives the results in the order of the arguments", async () => {
    const loop = virtualLoop();
    const results = await run(
      function* () {
        return yield* gather([
          sleep(30, "a"),
          sleep(10, "b"),
          Promise.resolve("c"),
          sleep(20, "d"),
        ]);
      },
      { loop },
    );
    expect([results, loop.time()]).toEqual([["a", "b", "c", "d"], 30]);
  });

  test("of nothing is done at once", async () => {
    await virtually(function* () {
      const nothing = gather([]);
      expect(nothing.done()).toBe(true);
      expect(yield* nothing).toEqual([]);
    });
  });

  test("starts coroutines in the call, not when it is awaited", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const both = gather([
        (function* () {
          step(1);
        })(),
        (function* () {
          step(2);
        })(),
      ]);
      yield* sleep(1);
      step(3);
      expect(both.done()).toBe(true);
      yield* both;
      finish(4);
    });
  });

  test("awaits an argument that comes twice once, and gives it twice", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const once = (function* () {
        step(1);
        return "once";
      })();
      const pause = sleep(5, "pause");
      expect(yield* gather([once, pause, once, pause])).toEqual(["once", "pause", "once", "pause"]);
      finish(2);
    });
  });

  test("throws the first error at once; the others go on", async () => {
    const { step, finish } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        const error = new Error("first");
        const other = createTask(function* () {
          yield* sleep(50);
          step(2);
          return "went on";
        });
        expect((yield* errorOf(gather([failing(10, error), other]))) === error).toBe(true);
        expect(loop.time()).toBe(10);
        step(1);
        expect(yield* other).toBe("went on");
        finish(3);
      },
      { loop },
    );
  });

  test("later errors are nobody's any more: they are not reported", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        yield* errorOf(gather([failing(1), failing(2), failing(3)]));
        yield* sleep(10);
      },
      { loop },
    );
    expect(reports).toHaveLength(0);
  });

  test("a child that was cancelled by somebody else cancels the whole, not the others", async () => {
    await virtually(function* () {
      const [one, other] = [createTask(sleep(100)), createTask(sleep(20, "other"))];
      const both = gather([one, other]);
      yield* sleep(1);
      one.cancel("one's");
      const error = yield* errorOf(both);
      expect(error).toEqual(new CancelledError("one's"));
      // Like asyncio's, it failed with the error rather than being cancelled itself.
      expect(both.cancelled()).toBe(false);
      expect(yield* other).toBe("other");
    });
  });

  test("cancelling cancels every child, and ends when they have", async () => {
    const { step, finish, never } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        function* child(n: number): Coroutine<void> {
          try {
            yield* sleep(100);
            never("it was cancelled");
          } finally {
            yield* sleep(10 * n);
            step(n);
          }
        }
        const task = createTask(function* () {
          yield* gather([child(1), child(2), sleep(1)], { returnExceptions: true });
          never("it was cancelled");
        });
        yield* sleep(5);
        task.cancel();
        yield* errorOf(task);
        expect([task.cancelled(), loop.time()]).toEqual([true, 25]);
        finish(3);
      },
      { loop },
    );
  });

  test("cancel() of a gather that is done, or whose children are, does nothing", async () => {
    await virtually(function* () {
      const done = gather([sleep(1)]);
      yield* done;
      expect(done.cancel()).toBe(false);
      const future = new Future<number>();
      const whole = gather([future]);
      future.setResult(1);
      expect(whole.cancel()).toBe(false);
      expect(yield* whole).toEqual([1]);
    });
  });

  test.each([
    ["waits", 100, ""],
    ["has given way: the message is the request's, as in asyncio", 0, "stop"],
  ])("cancelled, and the last child swallows it, while it %s", async (_how, ms, message) => {
    await virtually(function* () {
      const stubborn = createTask(function* () {
        yield* errorOf(sleep(ms));
        return "secret";
      });
      const whole = gather([stubborn], { returnExceptions: true });
      yield* sleep(0);
      whole.cancel("stop");
      // Nothing of the child's value.
      expect(yield* errorOf(whole)).toEqual(new CancelledError(message));
      expect(yield* stubborn).toBe("secret");
    });
  });

  test("cancelled with returnExceptions: throws the cancellation of the last child", async () => {
    await virtually(function* () {
      const whole = gather([new Future<void>()], { returnExceptions: true });
      whole.cancel("stop");
      expect(yield* errorOf(whole)).toEqual(new CancelledError("stop"));
    });
  });

  test("outside of a loop, the first future decides on which one it is", async () => {
    const loop = virtualLoop();
    const first = loop.createFuture<string>();
    const whole = gather([first, sleep(5, "slept"), first]);
    loop.callLater(1, () => first.setResult("set"));
    expect(await run(whole, { loop })).toEqual(["set", "slept", "set"]);
    expect(loop.time()).toBe(5);
  });

  test("is a future: its result can be asked for", async () => {
    await virtually(function* () {
      const whole = gather([sleep(1, 5)]);
      expect(() => whole.result()).toThrow(InvalidStateError);
      yield* whole;
      expect(whole.result()).toEqual([5]);
    });
  });
});

describe("with returnExceptions", () => {
  test("errors and cancellations are results, in their places", async () => {
    await virtually(function* () {
      const error = new Error("own");
      const cancelled = createTask(sleep(100));
      const future = new Future<void>();
      const whole = gather([failing(5, error), sleep(1, "fine"), cancelled, future], {
        returnExceptions: true,
      });
      yield* sleep(2);
      cancelled.cancel("enough");
      future.cancel("of the future");
      const [first, second, third, fourth] = yield* whole;
      expect([first === error, second]).toEqual([true, "fine"]);
      // As in asyncio: the message stays with the cancelled task.
      expect(third).toEqual(new CancelledError(""));
      expect(fourth).toEqual(new CancelledError("of the future"));
    });
  });

  test("whatever was thrown is a result, undefined and null too", async () => {
    function* throwing(value: unknown): Coroutine<never> {
      throw value;
    }
    const results = await virtually(function* () {
      return yield* gather([throwing(undefined), throwing(null), throwing(0)], {
        returnExceptions: true,
      });
    });
    expect(results).toEqual([undefined, null, 0]);
  });
});

test("with eager tasks that are done already, gather is done in the call", async () => {
  await virtually(function* () {
    const done = [1, 2].map((n) =>
      createTask(
        function* () {
          return n;
        },
        { eagerStart: true },
      ),
    );
    const whole = gather(done);
    expect(whole.done()).toBe(true);
    expect(yield* whole).toEqual([1, 2]);
  });
});

test("ten thousand at once", async () => {
  const results = await virtually(function* () {
    return yield* gather(Array.from({ length: 10_000 }, (_, n) => sleep(n % 10, n)));
  });
  expect(results.every((result, n) => result === n || (n % 10 === 0 && result === n))).toBe(true);
  expect(results).toHaveLength(10_000);
});
