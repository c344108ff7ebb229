/*
 * Where what Node has is missing: in browsers, and on hosts of one's own.
 */
import {
  CancelledError,
  createTask,
  currentTask,
  EventLoop,
  Future,
  gather,
  moveOnAfter,
  RuntimeError,
  run,
  sleep,
  type TaskFactory,
} from "heddle";
import { VirtualClock } from "heddle/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { errorOf } from "../task/error-of.ts";
import { reportsOf } from "./reports-of.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Keeps the loop at work until it has let the others go. */
function* workUntil(enough: () => boolean) {
  for (let switches = 0; !enough(); switches++) {
    if (switches > 3_000_000) throw new Error("the embedding program was starved");
    yield* sleep(0);
  }
}

describe("a loop that always has work lets promises go", () => {
  test.each([
    ["without setImmediate: by a message to itself", ["setImmediate"]],
    ["without MessageChannel either: by a timer", ["setImmediate", "MessageChannel"]],
  ])("%s", async (_how, missing) => {
    for (const name of missing) vi.stubGlobal(name, undefined);
    const loop = new EventLoop();
    for (let slices = 0; slices < 3; slices++) {
      let gone = false;
      const running = run(() => workUntil(() => gone), { loop });
      void Promise.resolve().then(() => {
        gone = true;
      });
      await running;
    }
    loop.close();
  });
});

describe("without a process", () => {
  test("reports go to the console, and there are no signals", async () => {
    vi.stubGlobal("process", undefined);
    const loop = new EventLoop();
    const written = vi.spyOn(console, "error").mockImplementation(() => {});
    loop.callExceptionHandler({ message: "Something failed" });
    expect(written.mock.calls).toEqual([["Something failed"]]);
    expect(() => loop.addSignalHandler("SIGTERM", () => {})).toThrow(
      new RuntimeError("there are no signals on this platform"),
    );
    expect(loop.getDebug()).toBe(false);
    expect(await run(sleep(1, "slept"), { loop, handleSigint: true })).toBe("slept");
    loop.host.exit?.(1);
    loop.close();
  });
});

describe("on a host without an async context", () => {
  class Bare extends VirtualClock {
    override readonly asyncContext = undefined;
  }

  function bareLoop(): EventLoop {
    return new EventLoop({ host: new Bare() });
  }

  test("tasks run coroutines, functions, futures and iterators of one's own, and are cancelled", async () => {
    const loop = bareLoop();
    const twice = (n: number) => ({
      *[Symbol.iterator]() {
        yield* sleep(n);
        return 2 * n;
      },
    });
    const main = run(
      function* () {
        const future = new Future<string>();
        const all = gather([createTask(twice(1)), createTask(future), createTask(async () => 3)]);
        yield* sleep(0);
        future.setResult("set");
        expect(yield* all).toEqual([2, "set", 3]);
        for (const ms of [0, 1000]) {
          const task = createTask(sleep(ms));
          yield* sleep(0);
          task.cancel("stop");
          expect(yield* errorOf(task)).toEqual(new CancelledError("stop"));
        }
        const early = createTask(sleep(1));
        early.cancel("before its first step");
        expect(yield* errorOf(early)).toEqual(new CancelledError("before its first step"));
        return yield* moveOnAfter(0, () => sleep(0, "not reached"));
      },
      { loop },
    );
    expect([await main, loop.time()]).toEqual([undefined, 1]);
  });

  test("an async function is known to its first await", async () => {
    const names: unknown[] = [];
    const main = async () => {
      names.push(currentTask()?.getName());
      await sleep(5);
      names.push(currentTask()?.getName());
    };
    await run(main, { loop: bareLoop(), name: "main" });
    expect(names).toEqual(["main", undefined]);
  });

  test("the loop's factory makes its tasks, debug mode remembers where, and each loop has its own", async () => {
    const loop = bareLoop();
    const reports = reportsOf(loop);
    const seen: unknown[] = [];
    const factory: TaskFactory = (on, coro, options) => {
      seen.push([on === loop, options]);
      on.setTaskFactory(null);
      const task = on.createTask(coro, options);
      on.setTaskFactory(factory);
      return task;
    };
    loop.setTaskFactory(factory);
    loop.createTask(sleep(1)).cancel();
    loop.createTask(sleep(1), { name: "named" }).cancel();
    loop.setTaskFactory(null);
    expect(seen).toEqual([
      [true, {}],
      [true, { name: "named" }],
    ]);
    loop.setDebug(true);
    loop.createTask(sleep(1));
    loop.setDebug(false);
    const other = bareLoop();
    await run(
      function* () {
        loop.createTask(sleep(2));
      },
      { loop: other },
    );
    loop.close();
    expect(reports.map((report) => "creationStack" in report)).toEqual([false, false, true, false]);
  });
});
