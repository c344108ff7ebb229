/*
 * ThreadPoolExecutor in a page. Started by thread-pool-node.test.ts, which serves /work.js and the like;
 * time is real, for workers have their own.
 */
import {
  BrokenExecutorError,
  type Coroutine,
  createTask,
  fromPromise,
  isCancelled,
  run,
  sleep,
  TimeoutError,
  timeout,
} from "heddle";
import {
  moduleFunction,
  runInExecutor,
  serveJobs,
  ThreadPoolExecutor,
  type ThreadPoolOptions,
  toThread,
  transfer,
} from "heddle/web";
import { describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { Refused, requestId } from "./request-id.ts";
import type * as work from "./work.ts";
import type { Told } from "./work.ts";

type Work = typeof work;

const at = (path: string) => new URL(path, import.meta.url);

function from<K extends keyof Work>(name: K): Work[K] {
  return moduleFunction<Work[K]>(at("/work.js"), name);
}

/** A run with a pool of its own. */
function withPool<T>(
  options: ThreadPoolOptions,
  body: (pool: ThreadPoolExecutor) => Coroutine<T>,
): PromiseLike<T> {
  return run(function* () {
    const pool = new ThreadPoolExecutor(options);
    const value = yield* body(pool);
    yield* pool.shutdown();
    return value;
  });
}

/** A port to hand over, and a promise of the first message from the other end. */
function whistle() {
  const { port1, port2 } = new MessageChannel() as unknown as { port1: Listening; port2: Told };
  const heard = new Promise<unknown>((resolve) => {
    port1.onmessage = ({ data }) => {
      port1.close();
      resolve(data);
    };
  });
  return { port: transfer(port2, [port2]), heard };
}

/** By the locks that they hold all their lives. */
async function workersAlive(): Promise<string[]> {
  const { locks } = (globalThis as unknown as { navigator: { locks: Locks } }).navigator;
  const { held } = await locks.query();
  return held.map(({ name }) => name).filter((name) => name.startsWith("heddle worker"));
}

interface Locks {
  query(): Promise<{ held: { name: string }[] }>;
}

interface Listening {
  onmessage: (event: { data: unknown }) => void;
  close(): void;
}

describe("functions", () => {
  test("plain, async and coroutine functions of a module run in a worker", () =>
    withPool({ maxWorkers: 2 }, function* (pool) {
      expect(yield* pool.submit(from("add"), 1, 2)).toBe(3);
      expect(yield* pool.submit(from("addLater"), 3, 4)).toBe(7);
      expect(yield* pool.submit(from("addByCoroutine"), 5, 6)).toBe(11);
      expect(yield* pool.submit(from("isPage"))).toBe(false);
      expect(pool.statistics()).toMatchObject({ workers: 1, done: 4, failed: 0 });
    }));

  test("toThread and runInExecutor use a pool that outlives runs", async () => {
    const twice = [0, 0].map(() => run(() => toThread(from("add"), 1, 1)));
    expect(await Promise.all(twice)).toEqual([2, 2]);
    expect(await run(() => runInExecutor(null, from("add"), 2, 2))).toBe(4);
    await withPool({}, function* (pool) {
      expect(yield* runInExecutor(pool, from("add"), 3, 3)).toBe(6);
    });
  });

  test("an inline function is refused at once, with what to do", () =>
    withPool({}, function* (pool) {
      const inline = (a: number) => a + 1;
      expect(() => pool.submit(inline, 1)).toThrow(
        "pool.submit() got the function inline itself, and a Web Worker can only load a module that exports " +
          'it: hand over moduleFunction(new URL("./inline.js", import.meta.url), "inline")',
      );
      expect(() => toThread(inline, 1)).toThrow(/^toThread\(\) got the function inline/);
      expect(() => toThread(null as never)).toThrow("toThread() needs a function to run, got null");
      expect(() => pool.submit(moduleFunction("/work.js", "add"))).toThrow(
        "pool.submit(): file:///work.js is a file, which a page cannot load",
      );
      yield* sleep(0);
      expect(pool.statistics().workers).toBe(0);
    }));

  test("what cannot be found fails its job, and the worker goes on", () =>
    withPool({ maxWorkers: 1 }, function* (pool) {
      const missing = yield* caught(pool.submit(moduleFunction(at("/state.js"), "sum")));
      expect(missing).toBeInstanceOf(TypeError);
      expect((missing as Error).message).toMatch(
        /state\.js does not export "sum"; it exports the functions count, isPage, refuse$/,
      );
      const nowhere = yield* caught(pool.submit(moduleFunction(at("/nowhere.js"), "sum")));
      expect(nowhere).toBeInstanceOf(TypeError);
      expect((nowhere as Error).message).toContain("/nowhere.js");
      expect(yield* pool.submit(from("add"), 1, 2)).toBe(3);
      expect(pool.statistics()).toMatchObject({ workers: 1, failed: 2, died: 0 });
    }));

  test("options that are none", () => {
    expect(() => new ThreadPoolExecutor({ worker: 5 as never })).toThrow(
      "worker must be the URL of a file, or a function that makes a Web Worker, got number",
    );
    expect(() => new ThreadPoolExecutor({ modules: { work: "./work.js" } as never })).toThrow(
      "modules must be an object of functions",
    );
    expect(() => new ThreadPoolExecutor({ execArgv: [] } as never)).toThrow(
      'there is no option "execArgv"; there are maxWorkers, maxQueue, grace, idleTimeout, name, worker, modules',
    );
    expect(() => serveJobs()).toThrow("serveJobs() is for the file of a Web Worker");
  });
});

describe("values and errors", () => {
  test("buffers are moved, both ways", () =>
    withPool({}, function* (pool) {
      const numbers = new Float64Array([1, 2, 3]);
      const future = pool.submit(from("double"), transfer(numbers, [numbers.buffer]));
      expect(numbers.byteLength).toBe(0);
      expect(yield* future).toEqual(new Float64Array([2, 4, 6]));
    }));

  test("what cannot be cloned is named, here and there", () =>
    withPool({}, function* (pool) {
      const there = { when: [{ done() {} }] };
      const mine = yield* caught(pool.submit(from("add"), there as never, 1));
      expect(mine).toBeInstanceOf(TypeError);
      expect((mine as Error).message).toMatch(/arguments\[0\]\.when\[0\]\.done is a function/);
      const its = yield* caught(pool.submit(from("giveFunction")));
      expect((its as Error).message).toMatch(
        /result of giveFunction\(\).*inner\[0\] is a function/,
      );
      expect(pool.statistics()).toMatchObject({ failed: 2, died: 0 });
    }));

  test("an error arrives with its class, fields, cause and the worker's stack", () =>
    withPool({}, function* (pool) {
      const refused = yield* caught(pool.submit(from("fail")));
      expect(refused).toBeInstanceOf(Refused);
      const { message, code, cause, stack } = refused as Refused;
      expect([message, code]).toEqual(["no", 7]);
      expect(cause).toBeInstanceOf(TypeError);
      expect(stack).toMatch(/work\.js[\s\S]*ThreadPoolExecutor-\d+, worker 1/);
      expect(yield* caught(pool.submit(from("timeOut")))).toBeInstanceOf(TimeoutError);
    }));

  test("registered ContextVars go along", () =>
    withPool({}, function* (pool) {
      expect(yield* pool.submit(from("readRequestId"))).toBe("none");
      requestId.set("r-1");
      expect(yield* pool.submit(from("readRequestId"))).toBe("r-1");
    }));

  test("map gives the results in order, or as they come", () =>
    withPool({ maxWorkers: 2 }, function* (pool) {
      const slow = from("sleeps");
      expect(yield* pool.map(slow, [60, 1, 20, 2])).toEqual([60, 1, 20, 2]);
      expect(yield* pool.map(slow, [200, 1], { ordered: false })).toEqual([1, 200]);
    }));
});

describe("cancellation", () => {
  test("the coroutine unwinds in the worker before the waiter goes on", () =>
    withPool({ maxWorkers: 1 }, function* (pool) {
      const { port, heard } = whistle();
      const task = createTask(pool.submit(from("waits"), "one", port));
      expect(yield* fromPromise(heard)).toBe("begun");
      task.cancel();
      expect(isCancelled(yield* caught(task))).toBe(true);
      expect(yield* pool.submit(from("unwound"))).toEqual(["one"]);
      expect(pool.statistics()).toMatchObject({ cancelled: 1, replaced: 0, workers: 1 });
    }));

  test("a deadline crosses over", () =>
    withPool({ maxWorkers: 1 }, function* (pool) {
      yield* pool.submit(from("add"), 1, 1);
      const { port } = whistle();
      const late = yield* caught(timeout(50, () => pool.submit(from("waits"), "late", port)));
      expect(late).toBeInstanceOf(TimeoutError);
      expect(yield* pool.submit(from("unwound"))).toEqual(["late"]);
    }));

  test("jobSignal is aborted for what is no coroutine", () =>
    withPool({ maxWorkers: 1 }, function* (pool) {
      const { port, heard } = whistle();
      const future = pool.submit(from("untilAborted"), port);
      yield* fromPromise(heard);
      future.cancel();
      expect(isCancelled(yield* caught(future))).toBe(true);
      expect(yield* pool.submit(from("unwound"))).toEqual(["aborted: CancelledError"]);
    }));

  test("a busy worker is replaced after the grace, and the other one not disturbed", () =>
    withPool({ maxWorkers: 2, grace: 100 }, function* (pool) {
      const { port, heard } = whistle();
      const busy = pool.submit(from("never"), port);
      yield* fromPromise(heard);
      const other = pool.submit(from("addByCoroutine"), 1, 2);
      const begin = performance.now();
      busy.cancel();
      expect(isCancelled(yield* caught(busy))).toBe(true);
      expect(performance.now() - begin).toBeGreaterThanOrEqual(99);
      expect(yield* other).toBe(3);
      const sums = [1, 2, 3].map((each) => pool.submit(from("add"), each, 1));
      expect([yield* sums[0]!, yield* sums[1]!, yield* sums[2]!]).toEqual([2, 3, 4]);
      expect(pool.statistics()).toMatchObject({ replaced: 1, cancelled: 1, done: 4, died: 0 });
    }));

  test("a worker that was replaced, and one that was ended, is gone", async () => {
    const before = new Set(await workersAlive());
    await withPool({ maxWorkers: 2, grace: 10 }, function* (pool) {
      const { port, heard } = whistle();
      const busy = pool.submit(from("never"), port);
      expect(yield* pool.submit(from("add"), 1, 2)).toBe(3);
      yield* fromPromise(heard);
      const alive = yield* fromPromise(workersAlive());
      expect(alive.filter((name) => !before.has(name))).toHaveLength(2);
      busy.cancel();
      yield* caught(busy);
    });
    await run(function* () {
      const left = () => fromPromise(workersAlive());
      // The browser takes its time to end them.
      yield* timeout(5000, function* () {
        while ((yield* left()).some((name) => !before.has(name))) yield* sleep(10);
      });
    });
  });

  test("the end of a run cancels its jobs and ends its workers", async () => {
    let pool: ThreadPoolExecutor | undefined;
    await run(function* () {
      pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const { port, heard } = whistle();
      pool.submit(from("waits"), "left", port);
      yield* fromPromise(heard);
    });
    expect(pool?.statistics()).toMatchObject({ workers: 0, busy: 0, cancelled: 1, replaced: 0 });
    expect(() => pool?.submit(from("add"), 1, 2)).toThrow("takes no more work");
  });
});

describe("calls back", () => {
  test("runCoroutineThreadsafe runs in the page, with the page's state", () =>
    withPool({ maxWorkers: 1 }, function* (pool) {
      const state: typeof import("./state.ts") = yield* fromPromise(import(at("/state.js").href));
      const before = state.count(0);
      expect(yield* pool.submit(from("callPage"), 5)).toEqual([true, before + 5]);
      expect(state.count(0)).toBe(before + 5);
      expect(yield* pool.submit(from("callRefused"))).toBe("true the page refuses");
    }));

  test("wait() is refused: a Web Worker cannot stand still for a message", () =>
    withPool({ maxWorkers: 1 }, function* (pool) {
      const error = yield* caught(pool.submit(from("standStill")));
      expect((error as Error).message).toBe(
        "wait() works in threads of Node only: await the call instead",
      );
    }));
});

describe("a worker's file of one's own", () => {
  const own = () => new Worker(at("/own-worker.js"), { type: "module" });

  test("its modules go by their names, also for calls back", () =>
    withPool({ worker: own, modules: { state: () => import("./state.ts") } }, function* (pool) {
      const add = moduleFunction<Work["add"]>("work", "add");
      expect(yield* pool.submit(add, 1, 2)).toBe(3);
      const { count } = yield* fromPromise(import("./state.ts"));
      count(10);
      const call = moduleFunction<Work["callBundled"]>("work", "callBundled");
      expect(yield* pool.submit(call, 1)).toBe(11);
    }));

  test("a URL of it", () =>
    withPool({ worker: at("/own-worker.js") }, function* (pool) {
      expect(yield* pool.submit(moduleFunction<Work["add"]>("work", "add"), 1, 2)).toBe(3);
    }));
});

describe("workers that break", () => {
  /** The first job's error, and whether the pool takes a second one. */
  const broken = (worker: URL | string) =>
    withPool({ maxWorkers: 1, worker }, function* (pool) {
      const error = yield* caught(pool.submit(from("add"), 1, 2));
      expect(error).toBeInstanceOf(BrokenExecutorError);
      const next = yield* caught(pool.submit(from("add"), 1, 2));
      expect(next).toBeInstanceOf(BrokenExecutorError);
      expect(pool.statistics()).toMatchObject({ failed: 2, workers: 0 });
      return (error as Error).message;
    });
  const UNLOADED =
    /has died before it answered add\(\): its file, or one that this imports, could not be loaded/;

  test("a file that is not there", async () => {
    expect(await broken(at("/nowhere.js"))).toMatch(UNLOADED);
  });

  test("a syntax error", async () => {
    expect(await broken(at("/syntax-error.js"))).toMatch(/SyntaxError|could not be loaded/);
  });

  test("a file that throws while it is loaded", async () => {
    expect(await broken(at("/throwing-worker.js"))).toMatch(/thrown while it was loaded \(https:/);
  });

  test("a worker that cannot be made", async () => {
    expect(await broken("https://[")).toMatch(/worker 1 could not be started: .*URL/);
  });

  test("a file that does not serve", async () => {
    const { setTimeout } = globalThis;
    // Its minute is too long for a test.
    globalThis.setTimeout = ((fn: () => void, ms: number) =>
      setTimeout(fn, ms === 60_000 ? 300 : ms)) as typeof setTimeout;
    try {
      expect(await broken(at("/silent-worker.js"))).toMatch(
        /it does not serve after 60 s: does its file call serveJobs\(\)\?$/,
      );
    } finally {
      globalThis.setTimeout = setTimeout;
    }
  });

  test("an error that nobody caught ends its worker and fails its job alone", () =>
    withPool({ maxWorkers: 2 }, function* (pool) {
      const failing = pool.submit(from("throwsLater"));
      const other = pool.submit(from("addByCoroutine"), 1, 2);
      const error = yield* caught(failing);
      expect(error).toBeInstanceOf(BrokenExecutorError);
      expect((error as Error).message).toMatch(
        /answered throwsLater\(\): .*nobody's \(https:.*work/,
      );
      expect(yield* other).toBe(3);
      expect(yield* pool.submit(from("add"), 1, 2)).toBe(3);
      expect(pool.statistics()).toMatchObject({ died: 1, failed: 1, done: 2 });
    }));

  test("a worker that closes itself", () =>
    withPool({ maxWorkers: 1 }, function* (pool) {
      const error = yield* caught(timeout(5000, () => pool.submit(from("leaves"))));
      expect(error).toBeInstanceOf(BrokenExecutorError);
      expect((error as Error).message).toMatch(
        /answered leaves\(\): it has closed, or the browser has closed it$/,
      );
      expect(yield* pool.submit(from("add"), 1, 2)).toBe(3);
    }));
});

test("the page goes on while a worker computes", () =>
  withPool({ maxWorkers: 1 }, function* (pool) {
    yield* pool.submit(from("add"), 1, 1);
    let longest = 0;
    const computing = pool.submit(from("busy"), 500);
    let ticks = 0;
    for (let last = performance.now(); !computing.done(); ticks++) {
      yield* sleep(5);
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
    expect(yield* computing).toBeGreaterThan(0);
    expect(ticks).toBeGreaterThan(10);
    // The job would be one gap of 500 ms; the machine may be crowded.
    expect(longest).toBeLessThan(250);
  }));

declare const Worker: new (url: URL, options: { type: "module" }) => import("heddle/web").WebWorker;
