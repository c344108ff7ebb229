import {
  allTasks,
  EventLoop,
  type Executor,
  getEventLoop,
  getRunningLoop,
  isFuture,
  RuntimeError,
  run,
  sleep,
} from "heddle";
import { VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { hasProcess } from "../has-process.ts";
import { nativeTurn } from "../native-turn.ts";
import { rejectionOf } from "../task/error-of.ts";
import { SignalledClock } from "../task/signalled-clock.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { reportsOf } from "./reports-of.ts";

const CLOSED = new RuntimeError("Event loop is closed. Make a new one: new EventLoop()");
const RUNNING = new RuntimeError("This event loop is already running");

describe("an iteration", () => {
  test("runs what was ready when it began; what that schedules comes in the next", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const loop = getRunningLoop();
      loop.callSoon(() => {
        step(2);
        loop.callSoon(() => step(5));
        step(3);
      });
      loop.callSoon(() => step(4));
      step(1);
      yield* sleep(0);
      yield* sleep(0);
      finish(6);
    });
  });

  test("appends the timers that are due behind what is ready", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const loop = getRunningLoop();
      loop.callLater(0, () => step(2));
      loop.callSoon(() => step(1));
      loop.callSoon(() => {
        // Ready in the next iteration, and so before the timer that is due in it.
      });
      yield* sleep(1);
      finish(3);
    });
  });

  test("timers of one time run in the order in which they were made", async () => {
    const order: number[] = [];
    await virtually(function* () {
      const loop = getRunningLoop();
      for (let i = 0; i < 10; i++) loop.callAt(loop.time() + 5, () => order.push(i));
      loop.callAt(loop.time() + 4, () => order.push(-1));
      yield* sleep(6);
    });
    expect(order).toEqual([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("passes the arguments on", async () => {
    const calls: unknown[] = [];
    const note = (...args: unknown[]) => calls.push(args);
    await virtually(function* () {
      const loop = getRunningLoop();
      loop.callSoon(note);
      loop.callSoon(note, 1, "a");
      loop.callSoonThreadsafe(note, 2);
      loop.callLater(1, note, 3);
      loop.callAt(2, note, 4, 5);
      yield* sleep(3);
    });
    expect(calls).toEqual([[], [1, "a"], [2], [3], [4, 5]]);
  });

  test("a time that has passed is due at once", async () => {
    await virtually(function* () {
      const loop = getRunningLoop();
      yield* sleep(10);
      const order: string[] = [];
      loop.callAt(3, () => order.push("past"));
      loop.callLater(-5, () => order.push("negative"));
      yield* sleep(0);
      yield* sleep(0);
      // The earlier of the two first, although both are due.
      expect(order).toEqual(["past", "negative"]);
      expect(loop.time()).toBe(10);
    });
  });

  test("callLater(Infinity) never runs, and counts as nothing to wait for", async () => {
    const { finish, never } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        getRunningLoop().callLater(Number.POSITIVE_INFINITY, () => never("it is never due"));
        yield* sleep(1_000_000);
        finish(1);
      },
      { loop },
    );
    expect(loop.time()).toBe(1_000_000);
  });
});

describe("getRunningLoop and getEventLoop", () => {
  test("inside both give the loop that runs; outside there is none, but a default", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        expect(getRunningLoop()).toBe(loop);
        expect(getEventLoop()).toBe(loop);
      },
      { loop },
    );
    expect(() => getRunningLoop()).toThrow(
      new RuntimeError(
        "no running event loop: this must be called from a coroutine or callback of a loop. " +
          "Outside, getEventLoop() gives the thread's default loop",
      ),
    );
    expect(getEventLoop()).not.toBe(loop);
    expect(getEventLoop()).toBe(getEventLoop());
  });

  test("a closed default loop is replaced", async () => {
    const first = getEventLoop();
    first.close();
    const second = getEventLoop();
    expect(second).not.toBe(first);
    expect(second.isClosed()).toBe(false);
    expect(await run(sleep(0, "on the new one"))).toBe("on the new one");
    // Only the default loop turns by itself.
    const own = new EventLoop();
    own.callSoon(() => expect.unreachable());
    await new Promise((resolve) => nativeTurn(() => resolve(undefined)));
    own.close();
  });
});

describe("runForever", () => {
  test("turns until the iteration in which stop() was called is over", async () => {
    const { step, finish, never } = trace();
    const loop = virtualLoop();
    loop.callSoon(() => {
      step(1);
      loop.stop();
      loop.callSoon(() => never("it belongs to the iteration after stop()"));
    });
    loop.callSoon(() => step(2));
    expect(loop.isRunning()).toBe(false);
    await loop.runForever();
    expect(loop.isRunning()).toBe(false);
    finish(3);
  });

  test("a stop() from outside lets one whole iteration run, as in asyncio", async () => {
    const loop = virtualLoop();
    const order: string[] = [];
    loop.callSoon(() => {
      order.push("first");
      loop.callSoon(() => order.push("second"));
    });
    loop.stop();
    await loop.runForever();
    expect(order).toEqual(["first"]);
    loop.stop();
    await loop.runForever();
    expect(order).toEqual(["first", "second"]);
  });

  test("what was left can be run later", async () => {
    const loop = virtualLoop();
    const order: string[] = [];
    loop.callLater(100, () => order.push("later"));
    loop.callLater(50, () => loop.stop());
    await loop.runForever();
    expect([loop.time(), order]).toEqual([50, []]);
    loop.callLater(100, () => loop.stop());
    await loop.runForever();
    expect([loop.time(), order]).toEqual([150, ["later"]]);
  });

  test("is refused while the loop runs", async () => {
    const loop = virtualLoop();
    // All in one go: a virtual loop with nothing to do would be at its end after the first await.
    const running = loop.runForever();
    expect(loop.isRunning()).toBe(true);
    const refused = [loop.runForever(), loop.runUntilComplete(sleep(1))].map(rejectionOf);
    expect(allTasks(loop).size).toBe(0);
    expect(() => loop.close()).toThrow(
      new RuntimeError("Cannot close a running event loop: stop it, or await its run, first"),
    );
    loop.stop();
    expect(await Promise.all(refused)).toEqual([RUNNING, RUNNING]);
    await running;
  });

  test("the default loop runs while it calls somebody, without any run", async () => {
    const loop = getEventLoop();
    const seen: boolean[] = [loop.isRunning()];
    loop.callSoon(() => seen.push(loop.isRunning()));
    await new Promise((resolve) => nativeTurn(() => resolve(undefined)));
    expect([...seen, loop.isRunning()]).toEqual([false, true, false]);
  });

  test("is not what run() does: a stop() meanwhile ends nothing", async () => {
    const loop = virtualLoop();
    const main = function* () {
      loop.stop();
      return yield* sleep(10, "slept");
    };
    expect(await run(main, { loop })).toBe("slept");
  });

  test("is refused on a closed loop, each time with the same words", async () => {
    const loop = virtualLoop();
    loop.close();
    expect(await rejectionOf(loop.runForever())).toEqual(CLOSED);
    expect(await rejectionOf(loop.runForever())).toEqual(CLOSED);
  });
});

describe("runUntilComplete", () => {
  test("gives the result of a coroutine, a coroutine function, an async function, a future", async () => {
    const loop = virtualLoop();
    function* answer() {
      yield* sleep(10);
      return 42;
    }
    expect(await loop.runUntilComplete(answer())).toBe(42);
    expect(await loop.runUntilComplete(answer)).toBe(42);
    expect(await loop.runUntilComplete(async () => 43)).toBe(43);
    const future = loop.createFuture<string>();
    loop.callLater(5, () => future.setResult("set"));
    expect(await loop.runUntilComplete(future)).toBe("set");
    expect(loop.time()).toBe(25);
  });

  test("gives the result of an operation that was made outside of the loop", async () => {
    expect(await virtualLoop().runUntilComplete(sleep(10, "slept"))).toBe("slept");
  });

  test("gives the result of a promise", async () => {
    expect(await virtualLoop().runUntilComplete(Promise.resolve("kept"))).toBe("kept");
  });

  test("throws the error", async () => {
    const error = new Error("own");
    const failing = virtualLoop().runUntilComplete(function* () {
      yield* sleep(1);
      throw error;
    });
    expect(await rejectionOf(failing)).toBe(error);
  });

  test("reports a stop() that came too early", async () => {
    const loop = virtualLoop();
    loop.callLater(5, () => loop.stop());
    const future = loop.createFuture();
    expect(await rejectionOf(loop.runUntilComplete(future))).toEqual(
      new RuntimeError("Event loop stopped before Future completed: stop() was called early"),
    );
    // Its own callback is gone: the next one is not stopped by it.
    loop.callLater(5, () => future.setResult(undefined));
    loop.callLater(20, () => loop.stop());
    await loop.runForever();
    expect(loop.time()).toBe(25);
  });

  test("a loop serves several, one after the other", async () => {
    const loop = virtualLoop();
    const order: number[] = [];
    for (const n of [1, 2, 3]) {
      await loop.runUntilComplete(function* () {
        yield* sleep(1);
        order.push(n);
      });
    }
    expect(order).toEqual([1, 2, 3]);
  });
});

describe("close", () => {
  test("accepts nothing more; closing twice does nothing", () => {
    const loop = virtualLoop();
    loop.close();
    loop.close();
    expect(loop.isClosed()).toBe(true);
    expect(() => loop.callSoon(() => {})).toThrow(CLOSED);
    expect(() => loop.callLater(1, () => {})).toThrow(CLOSED);
    expect(() => loop.callAt(1, () => {})).toThrow(CLOSED);
    expect(() => loop.createTask(function* () {})).toThrow(CLOSED);
  });

  test("run() on a closed loop rejects", async () => {
    const loop = virtualLoop();
    loop.close();
    const error = await rejectionOf(run(function* () {}, { loop }));
    expect(error).toEqual(new RuntimeError("run(): its loop is closed"));
  });

  test("a stop() after it is nothing", () => {
    const loop = virtualLoop();
    loop.close();
    loop.stop();
    expect([loop.isClosed(), loop.isRunning()]).toEqual([true, false]);
  });

  test("what was scheduled is forgotten", () => {
    const loop = virtualLoop();
    loop.callLater(1, () => {});
    loop.close();
    expect([...loop.timers]).toEqual([]);
  });
});

describe("a host that fails", () => {
  test("in poll(): what it throws ends all runs of the loop, and the loop can be used again", async () => {
    class Flaky extends VirtualClock {
      fault: Error | undefined;
      override poll(): void {
        if (this.fault !== undefined) throw this.fault;
      }
    }
    const host = new Flaky();
    const loop = new EventLoop({ host });
    const fault = new Error("the world is gone");
    const waiting = () =>
      run(
        function* () {
          yield* sleep(10);
          host.fault = fault;
          yield* sleep(10);
        },
        { loop },
      );
    const both = await Promise.allSettled([waiting(), waiting()]);
    expect(both).toEqual([
      { status: "rejected", reason: fault },
      { status: "rejected", reason: fault },
    ]);
    expect(loop.isRunning()).toBe(false);
    host.fault = undefined;
    expect(
      await run(
        function* () {
          return yield* sleep(1, "again");
        },
        { loop },
      ),
    ).toBe("again");
  });
});

describe("an error in a callback", () => {
  test("is reported with the handle, and the loop goes on", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    const error = new Error("from the callback");
    let handle: unknown;
    await run(
      function* () {
        handle = loop.callSoon(function careless() {
          throw error;
        });
        yield* sleep(1);
      },
      { loop },
    );
    expect(reports).toEqual([
      { message: "Exception in callback careless()", exception: error, handle },
    ]);
  });
});

describe("signals", () => {
  test("a handler is called in the loop's next iteration, with its arguments, until it is replaced", () => {
    const host = new SignalledClock();
    const loop = new EventLoop({ host });
    return run(
      function* () {
        const calls: unknown[] = [];
        loop.addSignalHandler("SIGUSR2", (...args) => calls.push(args), "a", 1);
        expect([host.raiseSignal("SIGUSR2"), calls]).toEqual([1, []]);
        yield* sleep(0);
        expect(calls).toEqual([["a", 1]]);
        loop.addSignalHandler("SIGUSR2", () => calls.push("replaced"));
        expect(host.raiseSignal("SIGUSR2")).toBe(1);
        yield* sleep(0);
        expect(calls.slice(1)).toEqual(["replaced"]);
        const removals = [loop.removeSignalHandler("SIGUSR2"), loop.removeSignalHandler("SIGUSR2")];
        expect([removals, host.raiseSignal("SIGUSR2")]).toEqual([[true, false], 0]);
      },
      { loop },
    );
  });

  test.skipIf(!hasProcess)("closing the loop removes its handlers", () => {
    const loop = new EventLoop();
    loop.addSignalHandler("SIGUSR2", () => {});
    loop.close();
    expect(process.listenerCount("SIGUSR2")).toBe(0);
  });

  test.skipIf(!hasProcess)("what cannot be is refused", () => {
    const loop = new EventLoop();
    expect(() => loop.addSignalHandler("SIGNAL", () => {})).toThrow("there is no signal SIGNAL");
    expect(() => loop.addSignalHandler("SIGKILL", () => {})).toThrow("SIGKILL cannot be caught");
    expect(() => loop.addSignalHandler("SIGTERM", 1 as never)).toThrow("needs a function to call");
    const host = Object.defineProperty(new VirtualClock(), "onSignal", { value: undefined });
    const deaf = new EventLoop({ host });
    expect(() => deaf.addSignalHandler("SIGTERM", () => {})).toThrow("there are no signals");
    loop.close();
    deaf.close();
  });
});

describe("shutdownAsyncGenerators", () => {
  test("closes all at the same time; an error of one is reported", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    const error = new Error("own");
    const closed: number[] = [];
    const closing = (ms: number, failure?: Error) => ({
      *aclose() {
        yield* sleep(ms);
        closed.push(ms);
        if (failure !== undefined) throw failure;
      },
      toString: () => `generator ${ms}`,
    });
    loop.asyncGenerators.add(closing(20)).add(closing(10, error)).add(closing(5));
    await run(() => loop.shutdownAsyncGenerators(), { loop });
    expect([closed, loop.time()]).toEqual([[5, 10, 20], 20]);
    expect(reports).toEqual([
      { message: "an error occurred during closing of an async generator", exception: error },
    ]);
  });
});

describe("executors", () => {
  class Doubling implements Executor {
    readonly ended: unknown[] = [];

    submit<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): Promise<Awaited<T>> {
      return Promise.resolve().then(() => fn(...args)) as Promise<Awaited<T>>;
    }

    async shutdown(options?: object): Promise<void> {
      this.ended.push(options);
    }
  }

  test("runInExecutor gives what the executor gives, as a future; null means the default one", () =>
    virtually(function* () {
      const loop = getRunningLoop();
      const executor = new Doubling();
      const add = (a: number, b: number) => a + b;
      expect(() => loop.runInExecutor(null, add, 1, 2)).toThrow("there is no default executor");
      expect(yield* loop.runInExecutor(executor, add, 1, 2)).toBe(3);
      loop.setDefaultExecutor(executor);
      const future = loop.runInExecutor(null, add, 3, 4);
      expect(isFuture(future)).toBe(true);
      expect(yield* future).toBe(7);
      yield* loop.shutdownDefaultExecutor();
      yield* loop.shutdownDefaultExecutor();
      expect(executor.ended).toEqual([{ wait: true }]);
      expect(() => loop.runInExecutor(null, add, 1, 2)).toThrow("there is no default executor");
    }));

  test("called outside of the loop, the future is the loop's", async () => {
    const loop = virtualLoop();
    const future = loop.runInExecutor(new Doubling(), () => 5);
    expect(future.getLoop() === loop).toBe(true);
    expect(await loop.runUntilComplete(future)).toBe(5);
  });

  test("what is no executor, or no function, is refused", () => {
    const loop = virtualLoop();
    for (const none of [null, {}, { submit() {} }, { shutdown() {} }]) {
      expect(() => loop.setDefaultExecutor(none as never)).toThrow("submit() and shutdown()");
    }
    expect(() => loop.runInExecutor(new Doubling(), 5 as never)).toThrow("needs a function to run");
    loop.close();
  });
});
