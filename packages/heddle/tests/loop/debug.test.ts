import {
  CancelledError,
  createTask,
  EventLoop,
  type Future,
  fromPromise,
  run,
  sleep,
  timeout,
} from "heddle";
import { VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { nativeTurn } from "../native-turn.ts";
import { errorOf } from "../task/error-of.ts";
import { virtualLoop } from "../trace.ts";
import { reportsOf } from "./reports-of.ts";

/** A clock that also moves while a callback "works". */
class Working extends VirtualClock {
  readonly written: string[] = [];
  #worked = 0;

  work(ms: number): void {
    this.#worked += ms;
  }

  override now(): number {
    return super.now() + this.#worked;
  }

  override park(when: number): boolean {
    return super.park(when - this.#worked);
  }

  override report(text: string): void {
    this.written.push(text);
  }
}

describe("slow callbacks", () => {
  test("a step that takes slowCallbackDuration or longer is reported with its task", async () => {
    const host = new Working();
    const loop = new EventLoop({ host });
    await run(
      function* () {
        const slow = createTask(
          function* () {
            host.work(150);
            yield* sleep(10);
            host.work(99);
            yield* sleep(10);
            host.work(100);
          },
          { name: "slow" },
        );
        yield* slow;
      },
      { loop, debug: true },
    );
    expect(host.written).toEqual([
      'Executing <Task "slow" pending> took 150 ms: it blocked the loop that long',
      'Executing <Task "slow" returned> took 100 ms: it blocked the loop that long',
    ]);
  });

  test("a slow callback is reported by its name", async () => {
    const host = new Working();
    const loop = new EventLoop({ host });
    loop.slowCallbackDuration = 20;
    await run(
      function* () {
        loop.callSoon(function rebuildIndex() {
          host.work(20);
        });
        const task = createTask(function* () {});
        task.addDoneCallback(function writeReport() {
          host.work(30);
        });
        yield* sleep(1);
      },
      { loop, debug: true },
    );
    expect(host.written).toHaveLength(2);
    expect(host.written[0]).toMatch(/^Executing .*rebuildIndex.* took 20 ms/);
    expect(host.written[1]).toMatch(/^Executing .*writeReport.* took 30 ms/);
  });

  test("are nobody's business outside of debug mode", async () => {
    const host = new Working();
    const loop = new EventLoop({ host });
    await run(
      function* () {
        host.work(5000);
      },
      { loop },
    );
    expect(host.written).toEqual([]);
  });
});

describe("stacks", () => {
  /** Where cancellations come from has a name in the stack. */
  function theCanceller(task: Future<unknown>): void {
    task.cancel("enough");
  }

  async function cancelOne(debug: boolean): Promise<CancelledError> {
    const loop = virtualLoop();
    const error = await run(
      function* () {
        const task = createTask(sleep(100));
        yield* sleep(1);
        theCanceller(task);
        return yield* errorOf(task);
      },
      { loop, debug },
    );
    expect(error).toBeInstanceOf(CancelledError);
    return error as CancelledError;
  }

  test("a CancelledError has one in debug mode, and none otherwise", async () => {
    expect((await cancelOne(true)).stack).toMatch(/\n\s+at /);
    expect((await cancelOne(false)).stack ?? "").not.toMatch(/\n\s+at /);
  });

  test("making a CancelledError leaves the program's stack limit alone", async () => {
    const before = Error.stackTraceLimit;
    await cancelOne(false);
    expect(Error.stackTraceLimit).toBe(before);
    expect(new Error("one of the program's own").stack).toMatch(/\n\s+at /);
  });

  test("a lost error says where its task was made", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    function theMaker() {
      createTask(
        function* () {
          throw new Error("lost");
        },
        { name: "careless" },
      );
    }
    await run(
      function* () {
        theMaker();
        yield* sleep(1);
      },
      { loop, debug: true },
    );
    expect(reports).toHaveLength(1);
    // JavaScriptCore leaves out whoever calls last of all.
    if ("Bun" in globalThis) return;
    expect(reports[0]?.creationStack).toContain("theMaker");
    // From the call on: nothing of how the stack is taken.
    expect(reports[0]?.creationStack).toMatch(/^\s+at .*createTask/);
  });
});

describe("the mode", () => {
  test("is on from the start where the environment asks for it", async () => {
    class Asked extends VirtualClock {
      override readonly debug = true;
    }
    const loop = new EventLoop({ host: new Asked() });
    expect(loop.getDebug()).toBe(true);
    const error = await loop.runUntilComplete(function* () {
      const task = createTask(sleep(100));
      yield* sleep(1);
      task.cancel();
      return yield* errorOf(task);
    });
    expect((error as Error).stack).toMatch(/\n\s+at /);
    loop.setDebug(false);
    loop.close();
  });

  test("is on for the time of the run", async () => {
    const loop = virtualLoop();
    expect(loop.getDebug()).toBe(false);
    await run(
      function* () {
        expect(loop.getDebug()).toBe(true);
      },
      { loop, debug: true },
    );
    expect(loop.getDebug()).toBe(false);
  });

  test("runs that overlap leave it as it was, and keep it until the last of them ends", async () => {
    const loop = virtualLoop();
    const during: boolean[] = [];
    const lasting = (ms: number) =>
      run(
        function* () {
          yield* sleep(ms);
          during.push(loop.getDebug());
        },
        { loop, debug: true },
      );
    await Promise.all([lasting(10), lasting(20), lasting(15)]);
    expect(during).toEqual([true, true, true]);
    expect(loop.getDebug()).toBe(false);
  });

  test("is the loop's own for a run that says nothing of it", async () => {
    const loop = virtualLoop();
    loop.setDebug(true);
    expect(await run(async () => loop.getDebug(), { loop })).toBe(true);
    loop.setDebug(false);
  });

  test("of runs that overlap one is enough; one alone can turn it off", async () => {
    const loop = virtualLoop();
    loop.setDebug(true);
    const during: [boolean, boolean][] = [];
    const lasting = (ms: number, debug: boolean) =>
      run(
        function* () {
          yield* sleep(ms);
          during.push([debug, loop.getDebug()]);
        },
        { loop, debug },
      );
    await lasting(1, false);
    await Promise.all([lasting(10, true), lasting(5, false), lasting(20, false)]);
    expect(during).toEqual([
      [false, false],
      [false, true],
      [true, true],
      [false, false],
    ]);
    expect(loop.getDebug()).toBe(true);
    loop.setDebug(false);
  });

  test("the order of everything is the same in debug mode", async () => {
    async function order(debug: boolean): Promise<string[]> {
      const log: string[] = [];
      await run(
        function* () {
          const tasks = [1, 2, 3].map((n) =>
            createTask(function* () {
              for (let i = 0; i < 3; i++) {
                log.push(`${n}.${i}`);
                yield* sleep(i === 1 ? n : 0);
              }
            }),
          );
          for (const task of tasks) {
            yield* task;
            log.push("awaited");
          }
        },
        { loop: virtualLoop(), debug },
      );
      return log;
    }
    expect(await order(true)).toEqual(await order(false));
  });
});

describe("swallowed cancellations", () => {
  test("a task that was cancelled and returns is reported, with the place where it was made", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* maker() {
        const careless = createTask(
          function* () {
            yield* errorOf(sleep(1000));
            return "as if nothing had been";
          },
          { name: "careless" },
        );
        yield* sleep(1);
        careless.cancel();
        expect(yield* careless).toBe("as if nothing had been");
      },
      { loop, debug: true },
    );
    expect(reports).toHaveLength(1);
    expect(reports[0]?.message).toBe(
      "careless was cancelled, but returned: a catch or finally in it has swallowed the CancelledError. " +
        "Let it through: rethrowIfCancelled(error) at the beginning of the catch",
    );
    expect(reports[0]?.creationStack).toContain("maker");
  });

  test("is nobody's business outside of debug mode", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        const careless = createTask(() => errorOf(sleep(1000)));
        yield* sleep(1);
        careless.cancel();
        yield* careless;
      },
      { loop },
    );
    expect(reports).toEqual([]);
  });

  test("not a time-out's own cancellation, not one that was taken back, not one that went through", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        yield* errorOf(timeout(1, () => sleep(1000)));
        const through = createTask(sleep(1000));
        const takenBack = createTask(function* () {
          yield* errorOf(sleep(1000));
          takenBack.uncancel();
        });
        yield* sleep(1);
        through.cancel();
        takenBack.cancel();
        yield* errorOf(through);
        yield* takenBack;
      },
      { loop, debug: true },
    );
    expect(reports).toEqual([]);
  });
});

describe("promises that are left behind", () => {
  test("an async body that never settles after its deadline is reported when the run ends", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        yield* errorOf(timeout(0, async () => new Promise(() => {})));
        yield* errorOf(
          timeout(0, async ({ signal }) => {
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
          }),
        );
        yield* sleep(10);
      },
      { loop, debug: true },
    );
    expect(reports).toEqual([]);
    for (let turn = 0; turn < 3; turn++) await new Promise<void>(nativeTurn);
    expect(reports.map((report) => report.message)).toEqual([
      "1 promise(s) that a cancelled or timed-out task had waited for have not settled when the run " +
        "ended: their async functions do not look at the signal",
    ]);
  });
});

describe("promises that are not left behind", () => {
  const inTime = () => fromPromise(Promise.resolve());
  const late = function* () {
    yield* errorOf(timeout(0, async () => sleep(1)));
    yield* sleep(10);
  };
  const never = function* () {
    yield* errorOf(timeout(0, async () => new Promise(() => {})));
  };
  test.each([
    ["one that settles in time", inTime, true],
    ["one that settles late, but before the end", late, true],
    ["one that never settles, outside of debug mode", never, false],
  ])("%s is not reported", async (_which, main, debug) => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(main, { loop, debug });
    expect(reports).toEqual([]);
  });

  test("nor is one of no run", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    loop.setDebug(true);
    await loop.runUntilComplete(never);
    loop.setDebug(false);
    loop.close();
    expect(reports).toEqual([]);
  });
});

describe("calls from a wrong loop", () => {
  test("what a callback of another loop schedules is refused, except by callSoonThreadsafe", async () => {
    const other = new EventLoop({ host: new VirtualClock() });
    other.setDebug(true);
    const loop = virtualLoop();
    await run(
      function* () {
        const refused = "was called from a callback of another loop";
        expect(() => other.callSoon(() => {})).toThrow(`callSoon() ${refused}`);
        expect(() => other.callLater(1, () => {})).toThrow(`callAt() ${refused}`);
        expect(() => other.createTask(() => sleep(1))).toThrow(`createTask() ${refused}`);
        let called = false;
        other.callSoonThreadsafe(() => {
          called = true;
        });
        yield* sleep(1);
        other.setDebug(false);
        other.callSoon(() => other.stop());
        other.callLater(1, () => {});
        expect(called).toBe(false);
      },
      { loop },
    );
    await other.runForever();
    other.close();
  });
});

describe("a loop that closes", () => {
  test("tells of its tasks that are pending, with the place where they were made", async () => {
    const loop = virtualLoop();
    loop.setDebug(true);
    const reports = reportsOf(loop);
    (function maker() {
      loop.createTask(() => sleep(1), { name: "forgotten" });
    })();
    loop.close();
    loop.close();
    expect(reports.map(({ message, task }) => [message, String(task)])).toEqual([
      ["Task was destroyed but it is pending!", '<Task "forgotten" pending>'],
    ]);
    expect(reports[0]?.creationStack).toContain("maker");
  });
});

describe("a coroutine that is used twice", () => {
  test("is refused in debug mode", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        const coro = (function* () {
          yield* sleep(1);
        })();
        yield* createTask(coro);
        expect(() => createTask(coro)).toThrow("cannot reuse a coroutine");
      },
      { loop, debug: true },
    );
  });
});
