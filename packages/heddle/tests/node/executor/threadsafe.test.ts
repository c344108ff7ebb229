import { CancelledError, getEventLoop, RuntimeError, run, TimeoutError } from "heddle";
import {
  moduleFunction,
  ProcessPoolExecutor,
  runCoroutineThreadsafe,
  ThreadPoolExecutor,
} from "heddle/node";
import { afterAll, describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { openDiary } from "./diary.ts";
import { program } from "./pools.ts";
import { countUp, requestId } from "./programs/state.mjs";

type State = typeof import("./programs/state.mjs");
type Functions = {
  [K in keyof State as State[K] extends (...args: never[]) => unknown ? K : never]: State[K];
};

function state<K extends keyof Functions>(name: K): Functions[K] {
  return moduleFunction<Functions[K]>(program("state.mjs"), name);
}

describe("runCoroutineThreadsafe", () => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  afterAll(async () => await pool.shutdown());

  test("from coroutine, async and plain functions, to the main thread's state", () =>
    run(function* () {
      const before = countUp(0);
      const [here, there] = yield* pool.submit(state("countsThere"));
      expect([here, there]).toEqual([1, before + 10]);
      expect(yield* pool.submit(state("countsThereAsync"))).toBe(before + 20);
      expect(yield* pool.submit(state("countsThereAndStands"))).toBe(before + 30);
      expect(yield* pool.submit(state("countsThereAndStandsInCoroutine"))).toBe(before + 40);
      expect(countUp(0)).toBe(before + 40);
      expect(yield* pool.submit(state("countUp"), 0)).toBe(1);
      expect(yield* pool.submit(state("callsInline"))).toBe(42);
    }));

  test("wait(ms) gives up with TimeoutError; the end of the job cancels the call", () =>
    run(function* () {
      const diary = openDiary();
      const error = (yield* caught(pool.submit(state("standsTooLong"), diary.path))) as Error;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error.message).toContain("has not ended within 50 ms");
      yield* diary.until("unwound");
      expect(diary.lines()).toEqual(["begun", "unwound"]);
    }));

  test("a job that is cancelled takes its call along", () =>
    run(function* () {
      const diary = openDiary();
      const job = pool.submit(state("waitsThere"), diary.path);
      yield* diary.until("begun");
      job.cancel();
      expect(yield* caught(job)).toBeInstanceOf(CancelledError);
      yield* diary.until("unwound");
      expect(pool.statistics().replaced).toBe(0);
    }));

  test("a call that the worker cancels, and one that it leaves", () =>
    run(function* () {
      const diary = openDiary();
      expect(yield* pool.submit(state("cancelsThere"), diary.path)).toBe("CancelledError: enough");
      yield* diary.until("unwound");
      const left = openDiary();
      expect(yield* pool.submit(state("leavesCall"), left.path)).toBe("done");
      yield* left.until("unwound");
    }));

  test("errors, there and back again", () =>
    run(function* () {
      const [isRangeError, message, last] = yield* pool.submit(state("failsThere"));
      expect([isRangeError, message, last]).toEqual([
        true,
        "on the other side",
        "in the other thread",
      ]);
      const error = (yield* caught(pool.submit(state("failsThereAndStands")))) as Error;
      expect(error).toBeInstanceOf(RangeError);
      expect(error.stack?.split("\n").slice(-2)).toEqual([
        "    in the other thread",
        `    in ${pool.name}, worker 1`,
      ]);
    }));

  test("what cannot be cloned, as an argument and as a result", () =>
    run(function* () {
      const sent = (yield* caught(pool.submit(state("sendsFunction")))) as Error;
      expect(sent.message).toMatch(/^arguments cannot be sent: arguments\[0\]\.f is a function\./);
      const got = (yield* caught(pool.submit(state("getsFunction")))) as Error;
      expect(got.message).toMatch(
        /^the result of the function\(\) cannot be sent: it is a function\./,
      );
      expect(yield* pool.submit(state("callsInline"))).toBe(42);
    }));

  test("the call runs in the context of who submitted the job", () =>
    run(function* () {
      requestId.set("7");
      expect(yield* pool.submit(state("readsIds"))).toEqual(["7 here", "7"]);
    }));

  test("outside of a job", () => {
    expect(() => runCoroutineThreadsafe(() => 1)).toThrow(
      new RuntimeError(
        "runCoroutineThreadsafe(): no job runs here. It is for functions that an executor runs in a worker; in " +
          "the main thread, say createTask()",
      ),
    );
  });

  test("with a coroutine: on a loop of this thread, or not at all", () =>
    run(function* () {
      const coroutine = function* (): Generator<never, number> {
        return 5;
      };
      expect(yield* runCoroutineThreadsafe(coroutine(), getEventLoop())).toBe(5);
      const bad =
        (...args: unknown[]) =>
        () =>
          Reflect.apply(runCoroutineThreadsafe, undefined, args);
      expect(bad(coroutine())).toThrow(/a coroutine cannot leave its thread/);
      expect(bad(5)).toThrow(
        "runCoroutineThreadsafe() needs a function, or a coroutine and its loop, got 5",
      );
    }));

  test("from a process too, but it cannot stand still for a message", () =>
    run(function* () {
      const processes = new ProcessPoolExecutor({ maxWorkers: 1 });
      const before = countUp(0);
      requestId.set("8");
      expect(yield* processes.submit(state("countsThere"))).toEqual([1, before + 10]);
      expect(yield* processes.submit(state("countsThereAsync"))).toBe(before + 20);
      expect(yield* processes.submit(state("readsIds"))).toEqual(["8 here", "8"]);
      const error = (yield* caught(processes.submit(state("countsThereAndStands")))) as Error;
      expect(error).toBeInstanceOf(RuntimeError);
      expect(error.message).toBe("wait() works in threads of Node only: await the call instead");
      const diary = openDiary();
      const job = processes.submit(state("waitsThere"), diary.path);
      yield* diary.until("begun");
      job.cancel();
      expect(yield* caught(job)).toBeInstanceOf(CancelledError);
      yield* diary.until("unwound");
      const sent = (yield* caught(processes.submit(state("sendsFunction")))) as Error;
      expect(sent.message).toMatch(/^arguments cannot be sent: arguments\[0\]\.f is a function\./);
      expect(processes.statistics()).toMatchObject({ replaced: 0, died: 0 });
    }));
});
