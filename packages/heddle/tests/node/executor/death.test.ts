import { BrokenExecutorError, gather, run, sleep } from "heddle";
import { ProcessPoolExecutor, ThreadPoolExecutor } from "heddle/node";
import { describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { openDiary } from "./diary.ts";
import { pools, work } from "./pools.ts";

function exits(): never {
  process.exit(3);
}

async function throwsInTimer(): Promise<never> {
  setTimeout(() => {
    throw new RangeError("in a timer");
  }, 5);
  return await new Promise(() => {});
}

async function rejectsUnheard(): Promise<never> {
  void Promise.reject(new RangeError("unheard"));
  return await new Promise(() => {});
}

function killsItself(): void {
  process.kill(process.pid, "SIGKILL");
  for (;;);
}

function aborts(): void {
  process.abort();
}

const [threads, processes] = [pools[0], pools[1]];

describe("a worker that dies", () => {
  test.each([
    { ...threads, how: "process.exit", fn: exits, said: "it has exited with status 3" },
    { ...threads, how: "an error in a timer", fn: throwsInTimer, said: "in a timer" },
    { ...threads, how: "an unhandled rejection", fn: rejectsUnheard, said: "unheard" },
    { ...processes, how: "process.exit", fn: exits, said: "it has exited with status 3" },
    {
      ...processes,
      how: "an error in a timer",
      fn: throwsInTimer,
      said: "in a timer",
    },
    { ...processes, how: "SIGKILL", fn: killsItself, said: "it was ended by SIGKILL" },
    {
      ...processes,
      how: "process.abort",
      fn: aborts,
      said: "it was ended by SIGABRT (is it out of memory?)",
    },
  ])("by $how ($kind) fails its own job alone", ({ Pool, fn, said }) =>
    run(function* () {
      const diary = openDiary();
      const pool = new Pool({ maxWorkers: 2, name: "mine" });
      const other = pool.submit(work("waits"), diary.path, 400);
      yield* diary.until("begun");
      const job = pool.submit(fn as () => unknown);
      const waiting = pool.submit(work("add"), 1, 2);
      const error = (yield* caught(job)) as Error;
      expect(error).toBeInstanceOf(BrokenExecutorError);
      expect(error.message).toBe(
        `mine, worker 2 has died before it answered ${fn.name}(): ${said}`,
      );
      expect(error.cause).toBeInstanceOf(Error);
      expect(yield* gather([other, waiting])).toEqual(["slept", 3]);
      expect(pool.statistics()).toMatchObject({
        died: 1,
        failed: 1,
        done: 2,
        replaced: 0,
        busy: 0,
      });
      yield* pool.shutdown();
      expect(pool.statistics().workers).toBe(0);
    }),
  );

  test("out of memory: the thread's own, and no more than that", () =>
    run(function* () {
      const pool = new ThreadPoolExecutor({
        maxWorkers: 1,
        resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
      });
      const job = pool.submit(() => {
        const kept: unknown[] = [];
        for (;;) kept.push(new Array(10_000).fill({}));
      });
      const next = pool.submit(work("add"), 1, 2);
      const error = (yield* caught(job)) as Error;
      expect(error).toBeInstanceOf(BrokenExecutorError);
      expect(error.message).toContain("memory");
      expect((error.cause as NodeJS.ErrnoException).code).toBe("ERR_WORKER_OUT_OF_MEMORY");
      expect(yield* next).toBe(3);
    }));
});

describe.each(pools)("an idle worker that dies ($kind)", ({ Pool }) => {
  const dying = () => {
    setTimeout(() => process.exit(3), 20);
    return "done";
  };

  test("is noticed, and the next job gets another", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1 });
      expect(yield* pool.submit(dying)).toBe("done");
      while (pool.statistics().died === 0) yield* sleep(5);
      expect(pool.statistics()).toMatchObject({ workers: 0, failed: 0, died: 1 });
      expect(yield* pool.submit(work("add"), 1, 2)).toBe(3);
      yield* pool.shutdown();
    }));

  test("does not keep the pool from shutting down", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1 });
      expect(yield* pool.submit(dying)).toBe("done");
      yield* sleep(150);
      yield* pool.shutdown();
      expect(pool.statistics().workers).toBe(0);
    }));
});

describe("workers that cannot start", () => {
  test("a thread with an option that Node does not know", () =>
    run(function* () {
      const pool = new ThreadPoolExecutor({ maxWorkers: 1, execArgv: ["--no-such-option"] });
      for (let i = 0; i < 2; i++) {
        const error = (yield* caught(pool.submit(work("add"), 1, 2))) as Error;
        expect(error.message).toContain("--no-such-option");
      }
      yield* pool.shutdown();
    }));

  test("a process in a folder that is not there", () =>
    run(function* () {
      const pool = new ProcessPoolExecutor({ maxWorkers: 1, cwd: "/no/such/folder" });
      for (let i = 0; i < 2; i++) {
        const error = (yield* caught(pool.submit(work("add"), 1, 2))) as Error;
        expect(error).toBeInstanceOf(BrokenExecutorError);
        expect(error.message).toContain("ENOENT");
      }
      yield* pool.shutdown();
    }));
});

test("a process that dies while it unwinds a cancelled job: the job is over at the end of the grace", () =>
  run(function* () {
    const pool = new ProcessPoolExecutor({ maxWorkers: 1, grace: 300 });
    const diary = openDiary();
    const job = pool.submit(work("diesUnwinding"), diary.path);
    yield* diary.until("begun");
    job.cancel();
    expect(((yield* caught(job)) as Error).name).toBe("CancelledError");
    expect(yield* pool.submit(work("add"), 1, 2)).toBe(3);
    yield* pool.shutdown();
  }));
