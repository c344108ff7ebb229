/*
 * Defects that readers of the pools have found, of many kinds: each test fails without its mend.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  BrokenExecutorError,
  createTask,
  Future,
  failAfter,
  fromPromise,
  getRunningLoop,
  moveOnAfter,
  Runner,
  RuntimeError,
  run,
  sleep,
} from "heddle";
import { isWorker, moduleFunction, ThreadPoolExecutor, toThread } from "heddle/node";
import { runVirtual } from "heddle/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { caught } from "../../caught.ts";
import { eventually, lives } from "../process/census.ts";
import { openDiary } from "./diary.ts";
import { type AnyPool, pools, program, sharedPool, work } from "./pools.ts";

const LONG = 60_000;
/** Milliseconds after which a job that should be done counts as lost. */
const PATIENCE = 4000;

const one = () => 1;

/** One that no run made. */
function loosePool(Pool: AnyPool, options: { maxQueue?: number; grace?: number } = {}) {
  const pool = new Pool({ maxWorkers: 1, ...options });
  onTestFinished(() =>
    run(function* () {
      yield* failAfter(PATIENCE, () => pool.shutdown({ cancelFutures: true }));
    }),
  );
  return pool;
}

describe.each(pools)("start() whose waiting nobody begins ($kind)", ({ Pool }) => {
  test.each([
    ["there is a worker", {}, false],
    ["the worker is busy", {}, true],
    ["the queue is full", { maxQueue: 0 }, true],
  ])("the pool goes on: %s", async (_, options, isBusy) => {
    const pool = loosePool(Pool, options);
    await run(function* () {
      const diary = openDiary();
      if (isBusy) {
        pool.submit(work("waits"), diary.path, LONG);
        yield* diary.until("begun");
      }
      createTask(pool.start(one)).cancel();
      pool.start(one);
      yield* sleep(5);
    });
    expect(pool.statistics()).toMatchObject({ busy: 0, waiting: 0, suspended: 0 });
    await run(function* () {
      expect(yield* failAfter(PATIENCE, () => pool.submit(one))).toBe(1);
    });
    expect(pool.statistics()).toMatchObject({ busy: 0, waiting: 0, suspended: 0 });
  });
});

test("a job that an async function awaits in virtual time is no deadlock", async () => {
  expect(await runVirtual(async () => await toThread((a: number) => a * 2, 21))).toBe(42);
});

test("a call of a killed job does not end that of the next job of the slot", () =>
  run(function* () {
    const calls = (name: string) =>
      moduleFunction<(path: string) => string>(program("calls-back.mjs"), name);
    const diary = openDiary();
    const pool = new ThreadPoolExecutor({ maxWorkers: 1, grace: 20 });
    const first = pool.submit(calls("first"), diary.path);
    const second = pool.submit(calls("second"), diary.path);
    yield* diary.until("first called");
    first.cancel();
    expect(yield* failAfter(PATIENCE, () => second)).toBe("an answer");
    expect(diary.lines()).toEqual(["first called", "second called", "first unwound"]);
    expect(pool.statistics()).toMatchObject({ replaced: 1, died: 0 });
  }));

describe.each(pools)("a deadline while this thread is busy ($kind)", ({ Pool }) => {
  const pool = sharedPool(Pool);

  test("jobSignal() is aborted by it", () =>
    run(function* () {
      // The worker has loaded the module.
      yield* pool.submit(work("add"), 1, 2);
      const diary = openDiary();
      let seen: string[] = [];
      yield* moveOnAfter(150, function* () {
        const job = pool.submit(work("hearsSignal"), diary.path);
        yield* diary.until("begun, aborted: false");
        // What a program should not do: nothing else happens here meanwhile.
        const end = performance.now() + 1000;
        while (seen.length < 2 && performance.now() < end) seen = diary.lines();
        yield* job;
      });
      expect(seen).toEqual(["begun, aborted: false", "aborted: CancelledError"]);
      expect(pool.statistics()).toMatchObject({ replaced: 0, died: 0 });
    }));
});

describe("what ends a worker without a job", () => {
  const fails = () => {
    setTimeout(() => {
      throw new RangeError("in an idle worker");
    }, 20);
  };
  const exits = () => {
    setTimeout(() => process.exit(3), 20);
  };

  test.each([
    { ...pools[0], fn: fails, said: "RangeError: in an idle worker" },
    { ...pools[0], fn: exits, said: "Error: it has exited with status 3" },
    { ...pools[1], fn: exits, said: "Error: it has exited with status 3" },
  ])("is told to the loop's exception handler, once ($kind, $said)", ({ Pool, fn, said }) =>
    run(function* () {
      const loop = getRunningLoop();
      const told: string[] = [];
      loop.setExceptionHandler((_, { message, exception }) => {
        told.push(`${message}: ${exception}`);
      });
      onTestFinished(() => loop.setExceptionHandler(null));
      const pool = new Pool({ maxWorkers: 1, name: "mine" });
      yield* pool.submit(fn);
      yield* failAfter(PATIENCE, function* () {
        while (told.length === 0) yield* sleep(2);
      });
      expect(yield* pool.submit(one)).toBe(1);
      expect(told).toEqual([`mine, worker 1 has died without a job: ${said}`]);
      expect(pool.statistics()).toMatchObject({ died: 1, failed: 0 });
    }),
  );
});

describe("cancelled jobs that no worker has begun", () => {
  const busyPool = function* (options = {}) {
    const diary = openDiary();
    const pool = new ThreadPoolExecutor({ maxWorkers: 1, ...options });
    pool.submit(work("waits"), diary.path, LONG);
    yield* diary.until("begun");
    return pool;
  };
  const alive = (refs: WeakRef<object>[]) => refs.filter((ref) => ref.deref() !== undefined);
  const take = (bytes: { length: number }) => bytes.length;

  test.each([
    ["in the queue", {}],
    ["at the door", { maxQueue: 0 }],
  ])("let go of their arguments, and do not pile up: %s", (_, options) =>
    run(function* () {
      const pool = yield* busyPool(options);
      const kept: unknown[] = [];
      const refs = { args: [] as WeakRef<object>[], jobs: [] as WeakRef<object>[] };
      const submit = () => {
        const bytes = new Uint8Array(10);
        const job = pool.submit(take, bytes);
        job.cancel();
        refs.args.push(new WeakRef(bytes));
        return job;
      };
      kept.push(submit());
      for (let i = 0; i < 500; i++) refs.jobs.push(new WeakRef(submit()));
      expect(pool.statistics()).toMatchObject({ waiting: 0, suspended: 0, cancelled: 501 });
      // A WeakRef holds until its turn of the loop is over.
      yield* fromPromise(new Promise((resolve) => setTimeout(resolve, 1)));
      globalThis.gc?.();
      expect(alive(refs.args)).toEqual([]);
      expect(alive(refs.jobs).length).toBeLessThan(150);
      expect(kept.length).toBe(1);
    }),
  );
});

describe("the parent of a process is killed with -9", () => {
  function start(...args: string[]) {
    const parent = spawn(process.execPath, [fileURLToPath(program("parent.mjs")), ...args]);
    onTestFinished(() => {
      parent.kill("SIGKILL");
    });
    return parent;
  }

  test.each([
    { name: "waits", lines: ["begun", "unwound"], from: 0, to: 800 },
    // It is given some time to unwind.
    { name: "unwindsSlowly", lines: ["begun"], from: 800, to: 2500 },
  ] as const)("the job unwinds, and then the process ends: $name", ({ name, lines, from, to }) =>
    run(function* () {
      const diary = openDiary();
      const parent = start(name, diary.path, String(LONG));
      const [line] = (yield* fromPromise(once(parent.stdout, "data"))) as [Buffer];
      const worker = Number(String(line));
      yield* diary.until("begun");
      const killed = performance.now();
      parent.kill("SIGKILL");
      yield* fromPromise(eventually(() => !lives(worker)));
      const took = performance.now() - killed;
      expect(diary.lines()).toEqual(lines);
      expect(took).toBeGreaterThanOrEqual(from);
      expect(took).toBeLessThan(to);
    }),
  );
});

describe.each(pools)("a job whose loop is closed meanwhile ($kind)", ({ Pool }) => {
  test.each<[what: string, fn: () => unknown, cancels: boolean]>([
    ["answers", async () => await new Promise((resolve) => setTimeout(resolve, 60)), false],
    ["dies", async () => await new Promise(() => setTimeout(() => process.exit(), 60)), false],
    [
      "is cancelled and killed",
      () => {
        for (;;);
      },
      true,
    ],
  ])("%s: the pool goes on", async (_, fn, cancels) => {
    const pool = loosePool(Pool, { grace: 20 });
    await pool.submit(one);
    const runner = new Runner();
    let jobs: Future<unknown>[] = [];
    // Not in the run, whose end would cancel them.
    runner.getLoop().callSoon(() => {
      jobs = [
        pool.submit(fn),
        pool.submit((x: unknown) => x, 1),
        pool.submit(
          (x: unknown) => x,
          () => "cannot be sent",
        ),
      ];
      // What is to happen in the closed loop.
      for (const job of jobs) job.addDoneCallback(() => {});
    });
    await runner.run(function* () {
      yield* sleep(0);
    });
    await runner.close();
    expect(jobs.map((job) => job.done())).toEqual([false, false, false]);
    if (cancels) jobs[0]?.cancel();
    await eventually(() => pool.statistics().busy === 0);
    await run(function* () {
      expect(yield* failAfter(PATIENCE, () => pool.submit(one))).toBe(1);
    });
    expect(pool.statistics()).toMatchObject({ busy: 0, waiting: 0 });
  });
});

describe.each([
  ["in the queue", {}],
  ["at the door", { maxQueue: 0 }],
])("a result that somebody gives to a job that waits %s", (_, options) => {
  test.each<[call: string, give: (job: Future<number>) => void]>([
    ["setResult", (job) => job.setResult(2)],
    ["setException", (job) => job.setException(new Error("by hand"))],
  ])("is refused (%s), and the job is done in its turn", (call, give) =>
    run(function* () {
      const diary = openDiary();
      const pool = new ThreadPoolExecutor({ maxWorkers: 1, ...options });
      const first = pool.submit(work("waits"), diary.path, 40);
      const second = pool.submit(one) as Future<number>;
      expect(() => give(second)).toThrow(RuntimeError);
      expect(() => give(second)).toThrow(`${call}()`);
      // So many that the line is tidied.
      for (let i = 0; i < 300; i++) pool.submit(one).cancel();
      yield* first;
      expect(yield* failAfter(PATIENCE, () => second)).toBe(1);
      expect(pool.statistics()).toMatchObject({ waiting: 0, suspended: 0, done: 2 });
      expect(yield* failAfter(PATIENCE, () => pool.submit(one))).toBe(1);
    }),
  );
});

test.each([Number.NaN, "5", null])("a call back's wait(%s) is a RangeError", (ms) =>
  run(function* () {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const waitsFor = moduleFunction<(ms: unknown) => number>(program("calls-back.mjs"), "waitsFor");
    expect(yield* pool.submit(waitsFor, 1000)).toBe(5);
    const error = yield* caught(pool.submit(waitsFor, ms));
    expect(error).toBeInstanceOf(RangeError);
    expect(String(error)).toBe(`RangeError: wait() needs a number of milliseconds, got ${ms}`);
  }),
);

describe.each(pools)(
  "a program that hands work over at its top level ($kind)",
  ({ kind, Pool }) => {
    const unguarded = (diary: string, then: string) => {
      const url = program("unguarded.mjs");
      url.search = String(new URLSearchParams({ kind, then, diary }));
      return { url: url.href, answers: moduleFunction<() => string>(url, "answers") };
    };
    /** Time for an avalanche. */
    const ENOUGH = 150;

    test("and waits for it there: an error that names it, and no worker of a worker", () =>
      run(function* () {
        const diary = openDiary();
        const { url, answers } = unguarded(diary.path, "awaits");
        const pool = new Pool({ maxWorkers: 1, grace: 20 });
        const error = yield* caught(failAfter(PATIENCE, () => pool.submit(answers)));
        expect(error).toBeInstanceOf(RuntimeError);
        expect((error as Error).message).toContain(`${url} hands work over at its top level`);
        expect((error as Error).message).toContain("if (!isWorker())");
        yield* sleep(ENOUGH);
        expect(diary.lines()).toEqual(["loaded"]);
        expect(yield* pool.submit(one)).toBe(1);
      }));

    test("tells by isWorker() whether it is one", () =>
      run(function* () {
        expect(isWorker()).toBe(false);
        const pool = new Pool({ maxWorkers: 1 });
        const saysWhere = moduleFunction<() => boolean>(program("guarded.mjs"), "saysWhere");
        expect(yield* pool.submit(saysWhere)).toBe(true);
        expect(isWorker()).toBe(false);
      }));
  },
);

describe.each(pools)("a pool whose run has ended ($kind)", ({ Pool }) => {
  test("jobs of another run hear that", () =>
    run(function* () {
      const diary = openDiary();
      const made = new Future<InstanceType<AnyPool>>();
      const owner = run(function* () {
        made.setResult(new Pool({ maxWorkers: 1, name: "borrowed" }));
        yield* diary.until("begun");
      });
      const pool = yield* made;
      const jobs: Future<unknown>[] = [
        pool.submit(work("waits"), diary.path, LONG),
        pool.submit(one),
      ];
      for (const job of jobs) {
        expect(yield* caught(failAfter(PATIENCE, () => job))).toEqual(
          new BrokenExecutorError("borrowed has ended with the run that made it"),
        );
      }
      yield* fromPromise(owner);
    }));
});

test("a guarded program gives work to its own functions, in both pools", async () => {
  const child = spawn(process.execPath, [fileURLToPath(program("guarded.mjs"))]);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await once(child, "close");
  expect(output).toBe("false true true\n");
});
