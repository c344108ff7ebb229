// What RemoteExecutor and serve promise, on either backend.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  ConnectionError,
  JobCancelledError,
  type JobOptions,
  RemoteExecutor,
  type RemoteExecutorOptions,
  remoteFunction,
  UnknownFunctionError,
  WorkerLostError,
} from "@heddle/bullmq";
import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  createTask,
  type ExceptionContext,
  gather,
  getEventLoop,
  run,
  sleep,
  TimeoutError,
  timeout,
  wait,
} from "heddle";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort, lacking, startBackend, type TestBackend } from "./backends.ts";
import * as functions from "./programs/functions.ts";
import { startProgram, WorkerProcess } from "./worker-process.ts";

const QUEUE = "tests";

export function remoteSuite(kind: "redis" | "postgres"): void {
  const lack = lacking(kind);
  if (lack !== null) {
    console.log(`@heddle/bullmq on ${kind} is not tested here: install ${lack}`);
    it.skip(`needs ${lack}`, () => undefined);
    return;
  }

  let backend: TestBackend;
  let worker: WorkerProcess;
  let folder: string;
  let reports: ExceptionContext[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "heddle-remote-"));
    backend = await startBackend(kind);
    worker = await WorkerProcess.start({ connection: backend.url, queue: QUEUE, concurrency: 20 });
  }, 60_000);

  afterAll(async () => {
    await worker?.kill();
    await backend?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    reports = [];
    getEventLoop().setExceptionHandler((_loop, context) => void reports.push(context));
  });

  afterEach(() => getEventLoop().setExceptionHandler(null));

  /** A run with an executor, which is shut down at its end. */
  function remotely<T>(
    body: (remote: RemoteExecutor) => Coroutine<T>,
    options: Partial<RemoteExecutorOptions> = {},
  ): Promise<T> {
    return run(function* () {
      const remote = new RemoteExecutor({ connection: backend.url, queue: QUEUE, ...options });
      try {
        return yield* body(remote);
      } finally {
        yield* remote.shutdown();
      }
    });
  }

  let files = 0;
  const newFile = () => join(folder, `trace-${++files}`);
  const lines = (file: string) => {
    try {
      return readFileSync(file, "utf8").trim().split("\n");
    } catch {
      return [];
    }
  };

  function* until(condition: () => boolean): Coroutine<void> {
    yield* timeout(10_000, function* () {
      // The file is another process's: nothing tells when it changes.
      while (!condition()) yield* sleep(5);
    });
  }

  function* failure(call: Awaitable<unknown>): Coroutine<unknown> {
    try {
      yield* call;
    } catch (error) {
      return error;
    }
    throw new Error("it was to fail");
  }

  describe("results", () => {
    it("come from coroutine functions, plain functions and async functions", async () => {
      const results = await remotely(function* (remote) {
        return [
          yield* remote.submit(functions.add, 1, 2),
          yield* remote.submit(functions.plain, "text"),
          yield* remote.submit(functions.later, { deep: [1, "two", null, true] }),
          yield* remote.submit(functions.noop),
        ];
      });
      expect(results).toEqual([3, "TEXT", { deep: [1, "two", null, true] }, undefined]);
    });

    it("come by `await`, by runInExecutor and by a name alone", async () => {
      const results = await remotely(function* (remote) {
        const far = remoteFunction<typeof functions.add>("add");
        return yield* gather([
          getEventLoop().runInExecutor(remote, functions.add, 1, 2),
          remote.submit(far, 3, 4),
          createTask(async () => await remote.submit(functions.add, 5, 6)),
        ]);
      });
      expect(results).toEqual([3, 7, 11]);
    });

    it("keep what JSON would lose", async () => {
      const value = {
        list: [undefined, Number.NaN, Number.NEGATIVE_INFINITY, -0, 12n],
        date: new Date(12_345),
        map: new Map<unknown, unknown>([[{ a: 1 }, new Set(["b"])]]),
        bytes: new Uint8Array([1, 2, 255]),
        tagged: { $: "Date", value: 1 },
      };
      const result = await remotely(
        (remote) => remote.submit(functions.later, value)[Symbol.iterator]() as Coroutine<unknown>,
      );
      expect(result).toEqual(value);
    });

    it("come in the order of map's inputs", async () => {
      const results = await remotely(function* (remote) {
        return yield* remote.map(functions.plain, ["a", "b", "c", "d"], { bufferSize: 2 });
      });
      expect(results).toEqual(["A", "B", "C", "D"]);
    });
  });

  describe("errors", () => {
    it("come with class, message, cause and the remote stack", async () => {
      const error = await remotely((remote) => failure(remote.submit(functions.failing)));
      expect(error).toBeInstanceOf(RangeError);
      const { message, cause, stack } = error as RangeError;
      expect(message).toBe("out of range");
      expect(cause).toBeInstanceOf(TypeError);
      expect(stack).toMatch(/at failing .*functions\.ts/);
      expect(stack).toMatch(/in job .* \(failing\) of queue "tests", on .*, process \d+/);
    });

    it("say which functions there are when a name is not known, and are not retried", async () => {
      const error = await remotely((remote) =>
        failure(
          remote
            .with({ attempts: 5, backoff: { delay: 10_000 } })
            .submit(remoteFunction<() => void>("resize")),
        ),
      );
      expect(error).toBeInstanceOf(UnknownFunctionError);
      expect(String(error)).toMatch(/no function "resize" is served here; there are: add, /);
    });

    it("name the path of a result that no job can hold", async () => {
      const error = await remotely((remote) => failure(remote.submit(functions.unsendable)));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/result of unsendable\(\) contains, at list\[1\], a function/);
    });
  });

  describe("attempts", () => {
    it("are made until one succeeds, with growing pauses", async () => {
      const file = newFile();
      const result = await remotely((remote) =>
        awaited(
          remote
            .with({ attempts: 4, backoff: { delay: 40, jitter: 0 } })
            .submit(functions.succeedsAt, file, 3),
        ),
      );
      expect(result).toBe("run 3");
      const [first = 0, second = 0, third = 0] = lines(file).map(Number);
      expect(second - first).toBeGreaterThanOrEqual(40);
      expect(third - second).toBeGreaterThanOrEqual(80);
    });

    it("end with the last error", async () => {
      const file = newFile();
      const error = await remotely((remote) =>
        failure(remote.with({ attempts: 2 }).submit(functions.succeedsAt, file, 9)),
      );
      expect(String(error)).toBe("Error: run 2");
      expect(lines(file)).toHaveLength(2);
    });

    it("are not made for errors that no attempt can mend", async () => {
      const [hopeless, refused] = [newFile(), newFile()];
      await remotely(function* (remote) {
        const again = remote.with({ attempts: 3 });
        expect(yield* failure(again.submit(functions.hopeless, hopeless))).toBeInstanceOf(Error);
        expect(yield* failure(again.submit(functions.refusedByWorker, refused))).toBeInstanceOf(
          SyntaxError,
        );
      });
      expect([lines(hopeless), lines(refused)]).toEqual([["run"], ["run"]]);
    });
  });

  it("a timeout cancels the remote coroutine, whose finally runs", async () => {
    const file = newFile();
    const error = await remotely((remote) =>
      failure(remote.with({ timeout: 50 }).submit(functions.traced, file, 10_000)),
    );
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toMatch(/traced\(\) did not end within 50 ms \(attempt 1\)/);
    expect(lines(file)).toEqual(["begin", "cancelled", "finally"]);
  });

  describe("progress", () => {
    it("arrives before the result", async () => {
      const heard: unknown[] = [];
      await remotely(function* (remote) {
        const hearing = remote.with({ onProgress: (value) => heard.push(value) });
        expect(yield* hearing.submit(functions.counting, 3)).toBe("counted");
        expect(heard.at(-1)).toEqual({ n: 3, of: 3 });
        expect(yield* hearing.submit(functions.countingAsync, 3)).toBe("counted");
        expect(heard.at(-1)).toBe(3);
      });
    });
  });

  describe("a job with an idempotency key", () => {
    it("runs once for all who submit it, before, during and after", async () => {
      const file = newFile();
      const options: JobOptions = { idempotencyKey: `a:b%${file}` };
      await remotely(function* (remote) {
        const keyed = remote.with(options);
        const both = yield* gather([
          keyed.submit(functions.traced, file, 50),
          keyed.submit(functions.traced, file, 50),
        ]);
        const after = yield* keyed.submit(functions.traced, file, 50);
        expect([...both, after]).toEqual(["slept", "slept", "slept"]);
      });
      const elsewhere = await remotely((remote) =>
        awaited(remote.with(options).submit(functions.traced, file, 50)),
      );
      expect(elsewhere).toBe("slept");
      expect(lines(file)).toEqual(["begin", "end", "finally"]);
    });

    it("goes on for those who still wait when one of them is cancelled", async () => {
      const file = newFile();
      const results = await remotely(function* (remote) {
        const keyed = remote.with({ idempotencyKey: file });
        const one = keyed.submit(functions.traced, file, 200);
        const other = keyed.submit(functions.traced, file, 200);
        yield* until(() => lines(file).length > 0);
        one.cancel();
        return [yield* failure(one), yield* other];
      });
      expect(results).toEqual([expect.any(CancelledError), "slept"]);
    });

    it("tells another executor that waits for it when it is cancelled", async () => {
      const file = newFile();
      await remotely(function* (remote) {
        const task = remote.with({ idempotencyKey: file }).submit(functions.traced, file, 10_000);
        yield* until(() => lines(file).length > 0);
        const other = new RemoteExecutor({ connection: backend.url, queue: QUEUE });
        const waiting = other.with({ idempotencyKey: file }).submit(functions.traced, file, 10_000);
        // Until its submit has found the job.
        yield* sleep(200);
        task.cancel();
        expect(yield* failure(waiting)).toBeInstanceOf(JobCancelledError);
        yield* other.shutdown();
      });
    });
  });

  it("a key is a function's own, dots in its name or not", async () => {
    const keyed = (remote: RemoteExecutor, name: string, key: string) =>
      failure(remote.with({ idempotencyKey: key }).submit(remoteFunction<() => void>(name)));
    const errors = await remotely(function* (remote) {
      return [yield* keyed(remote, "no.such", "key"), yield* keyed(remote, "no", "such.key")];
    });
    expect(errors.map(String)).toEqual([
      expect.stringMatching(/no function "no\.such"/),
      expect.stringMatching(/no function "no"/),
    ]);
  });

  describe("cancellation", () => {
    it("of a job with a key is over before the same is run anew", async () => {
      const file = newFile();
      await remotely(function* (remote) {
        const keyed = remote.with({ idempotencyKey: file });
        const first = keyed.submit(functions.traced, file, 10_000);
        yield* until(() => lines(file).length === 1);
        first.cancel();
        yield* sleep(0);
        expect(yield* keyed.submit(functions.traced, file, 10)).toBe("slept");
        expect(first.cancelled()).toBe(true);
      });
      expect(lines(file)).toEqual(["begin", "cancelled", "finally", "begin", "end", "finally"]);
    });

    it("ends the attempts, though the clean-up fails", async () => {
      const file = newFile();
      await remotely(function* (remote) {
        const task = remote.with({ attempts: 5 }).submit(functions.failsToCleanUp, file);
        yield* until(() => lines(file).length === 1);
        task.cancel();
        yield* failure(task);
        // Another attempt would have begun.
        yield* sleep(200);
      });
      expect(lines(file)).toEqual(["begin"]);
    });

    it("reaches the remote coroutine, and waits for its finally", async () => {
      const file = newFile();
      await remotely(function* (remote) {
        const task = remote.submit(functions.traced, file, 10_000);
        yield* until(() => lines(file).length > 0);
        const start = performance.now();
        task.cancel();
        expect(yield* failure(task)).toBeInstanceOf(CancelledError);
        expect(performance.now() - start).toBeLessThan(250);
        expect(lines(file)).toEqual(["begin", "cancelled", "finally"]);
        expect(remote.statistics()).toMatchObject({ inFlight: 0, cancelled: 1, failed: 0 });
      });
    });

    it("reaches an async function by jobSignal(), and waits for its end", async () => {
      const file = newFile();
      await remotely(function* (remote) {
        const task = remote.submit(functions.listens, file, 10_000);
        yield* until(() => lines(file).length > 0);
        task.cancel();
        expect(yield* failure(task)).toBeInstanceOf(CancelledError);
        expect(lines(file)).toEqual(["begin", "aborted", "end"]);
      });
    });

    it("waits for an async function that does not listen", async () => {
      const file = newFile();
      await remotely(function* (remote) {
        const task = remote.submit(functions.deaf, file, 300);
        yield* until(() => lines(file).length > 0);
        task.cancel();
        expect(yield* failure(task)).toBeInstanceOf(CancelledError);
        expect(lines(file)).toEqual(["begin", "end"]);
        const late = remote.with({ timeout: 50 }).submit(functions.deaf, file, 200);
        expect(yield* failure(late)).toBeInstanceOf(TimeoutError);
        expect(lines(file)).toEqual(["begin", "end", "begin", "end"]);
      });
    });

    it("takes a job that waits out of the queue: it never begins", async () => {
      const file = newFile();
      await remotely(
        function* (remote) {
          const task = remote.submit(functions.traced, file, 10);
          yield* sleep(100);
          task.cancel();
          yield* failure(task);
          const late = waited(WorkerProcess.start({ connection: backend.url, queue: "nobody" }));
          const other = yield* late;
          expect(yield* remote.submit(functions.add, 1, 1)).toBe(2);
          yield* waited(other.kill());
        },
        { queue: "nobody" },
      );
      expect(lines(file)).toEqual([]);
    }, 20_000);

    it("comes by a deadline too", async () => {
      const file = newFile();
      await remotely(function* (remote) {
        const call = timeout(150, function* () {
          yield* remote.submit(functions.traced, file, 10_000);
        });
        expect(yield* failure(call)).toBeInstanceOf(TimeoutError);
      });
      expect(lines(file)).toEqual(["begin", "cancelled", "finally"]);
    });
  });

  it("lets no more than maxInFlight jobs out, the others in their order", async () => {
    await remotely(
      function* (remote) {
        const tasks = [1, 2, 3, 4, 5].map((n) => remote.submit(functions.nap, 50, n));
        yield* sleep(30);
        expect(remote.statistics()).toMatchObject({ inFlight: 2, waiting: 3 });
        const order: unknown[] = [];
        for (const task of tasks) task.addDoneCallback(() => order.push(task.result()));
        yield* wait(tasks);
        yield* sleep(0);
        expect(order.slice(0, 2).sort()).toEqual([1, 2]);
        expect(order.at(-1)).toBe(5);
      },
      { maxInFlight: 2 },
    );
  });

  describe("workers", () => {
    it("that are killed have their jobs taken over within lease + 1 s", async () => {
      const file = newFile();
      const queue = "killed";
      const options = { connection: backend.url, queue, lease: 1000 };
      const workers = await Promise.all([
        WorkerProcess.start(options),
        WorkerProcess.start(options),
      ]);
      await remotely(
        function* (remote) {
          const task = remote.submit(functions.tellPid, file, 500);
          yield* until(() => lines(file).length === 1);
          const [pid] = (lines(file)[0] ?? "").split(" ").map(Number);
          const first = workers.find(({ child }) => child.pid === pid);
          yield* waited(first?.kill() ?? Promise.reject(new Error("no worker")));
          const killed = Date.now();
          const other = workers.find((each) => each !== first)?.child.pid;
          expect(yield* task).toBe(other);
          const [, begun = 0] = (lines(file)[1] ?? "").split(" ").map(Number);
          expect(begun - killed).toBeLessThanOrEqual(2000);
          expect(remote.statistics()).toMatchObject({ duplicates: 1, takenOver: 1 });
        },
        { queue },
      );
      await Promise.all(workers.map((each) => each.kill()));
    }, 20_000);

    it("that end give back what does not end within the grace", async () => {
      const file = newFile();
      const queue = "ending";
      const options = { connection: backend.url, queue, grace: 100 };
      const first = await WorkerProcess.start(options);
      let second: WorkerProcess | null = null;
      await remotely(
        function* (remote) {
          const task = remote.submit(functions.traced, file, 600);
          yield* until(() => lines(file).length === 1);
          const status = yield* waited(first.end());
          expect([status, first.errors]).toEqual([0, ""]);
          expect(lines(file)).toEqual(["begin", "cancelled", "finally"]);
          second = yield* waited(WorkerProcess.start(options));
          expect(yield* task).toBe("slept");
          expect(remote.statistics().duplicates).toBe(1);
        },
        { queue },
      );
      await (second as WorkerProcess | null)?.kill();
    }, 20_000);

    it("that a job kills are not given it for ever", async () => {
      const queue = "deadly";
      const options = { connection: backend.url, queue, lease: 300, maxTakeovers: 0 };
      const [one, other] = await Promise.all([
        WorkerProcess.start(options),
        WorkerProcess.start(options),
      ]);
      const error = await remotely((remote) => failure(remote.submit(functions.dies)), { queue });
      expect(error).toBeInstanceOf(WorkerLostError);
      await Promise.all([one.kill(), other.kill()]);
    }, 20_000);
  });

  describe("shutdown", () => {
    it("waits for what was taken, and takes no more", async () => {
      const file = newFile();
      await remotely(function* (remote) {
        const task = remote.submit(functions.traced, file, 50);
        const ending = remote.shutdown();
        expect(() => remote.submit(functions.add, 1, 2)).toThrow(/cannot submit add\(\)/);
        yield* ending;
        expect(task.result()).toBe("slept");
      });
    });

    it("without wait returns at once, and the job still ends", async () => {
      await remotely(function* (remote) {
        const task = remote.submit(functions.nap, 100, "slept");
        yield* remote.shutdown({ wait: false });
        expect(task.done()).toBe(false);
        expect(yield* task).toBe("slept");
      });
    });

    it("cancels what has not begun, if it is to", async () => {
      const file = newFile();
      await remotely(
        function* (remote) {
          const waiting = remote.submit(functions.traced, newFile(), 10);
          const behind = remote.submit(functions.add, 1, 2);
          yield* sleep(100);
          yield* remote.shutdown({ cancelFutures: true });
          expect([waiting.cancelled(), behind.cancelled()]).toEqual([true, true]);
        },
        { queue: "empty", maxInFlight: 1 },
      );
      await remotely(function* (remote) {
        const running = remote.submit(functions.traced, file, 200);
        yield* until(() => lines(file).length === 1);
        yield* remote.shutdown({ cancelFutures: true });
        expect(running.result()).toBe("slept");
      });
    });

    it("cancels all who wait for one job", async () => {
      await remotely(
        function* (remote) {
          const keyed = remote.with({ idempotencyKey: "one" });
          const tasks = [keyed.submit(functions.add, 1, 2), keyed.submit(functions.add, 1, 2)];
          yield* sleep(100);
          yield* remote.shutdown({ cancelFutures: true });
          expect(tasks.map((task) => task.cancelled())).toEqual([true, true]);
        },
        { queue: "nobody's" },
      );
    });

    it.each(["left", "dispose", "outside"])("lets the process end (%s)", async (how) => {
      const caller = startProgram("caller.ts", [backend.url, QUEUE, how]);
      const { stdout, stderr } = caller;
      if (stdout === null || stderr === null) throw new Error("no output");
      const output = await Promise.all([text(stdout), text(stderr)]);
      expect(output).toEqual(["3\nend of the program\n", ""]);
    });
  });

  describe("an outage", () => {
    it("of the backend in the middle loses no job, and is told once", async () => {
      await remotely(
        function* (remote) {
          const tasks = Array.from({ length: 40 }, (_, n) => remote.submit(functions.nap, 100, n));
          yield* sleep(150);
          yield* waited(backend.kill());
          yield* sleep(300);
          yield* waited(backend.start());
          const values = yield* gather(tasks);
          expect(values).toEqual(Array.from({ length: 40 }, (_, n) => n));
          expect(remote.statistics()).toMatchObject({ done: 40, failed: 0, outages: 1 });
          // And it goes on.
          expect(yield* remote.submit(functions.add, 1, 2)).toBe(3);
        },
        { queue: "outage" },
      ).finally(() => extra?.kill());
      expect(reports.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^RemoteExecutor on queue "outage" has lost its connection to /),
      ]);
    }, 30_000);

    let extra: WorkerProcess | undefined;
    beforeAll(async () => {
      extra = await WorkerProcess.start({
        connection: backend.url,
        queue: "outage",
        concurrency: 10,
        lease: 1000,
      });
    }, 20_000);

    it("does not keep a process that ends, whatever it has begun", async () => {
      const output = async (connection: string, how: string) => {
        const { stdout, stderr } = startProgram("caller.ts", [connection, "away", how]);
        if (stdout === null || stderr === null) throw new Error("no output");
        const all = Promise.all([text(stdout), text(stderr)]);
        return { stdout, all };
      };
      const nowhere = backend.url.replace(/:\d+/, `:${await freePort()}`);
      const never = await output(nowhere, "batch");
      expect((await never.all)[0]).toBe("end of the program\n");
      const lost = await output(backend.url, "outage");
      await once(lost.stdout, "data");
      await backend.kill();
      expect((await lost.all)[0]).toMatch(/end of the program\n$/);
      await backend.start();
    }, 40_000);

    it("from the beginning gives ConnectionError after connectTimeout", async () => {
      const port = await freePort();
      const connection = backend.url.replace(/:\d+/, `:${port}`);
      const error = await remotely((remote) => failure(remote.submit(functions.add, 1, 2)), {
        connection,
        connectTimeout: 300,
      });
      expect(error).toBeInstanceOf(ConnectionError);
      expect(String(error)).toMatch(
        /within 300 ms to (Redis|PostgreSQL) at 127\.0\.0\.1:\d+: .*ECONNREFUSED/,
      );
      expect(reports).toHaveLength(1);
    });

    it("that is none, but a refusal, gives ConnectionError at once", async () => {
      // The backend may still be starting: the test before has restarted it.
      await remotely(function* (remote) {
        yield* remote.submit(functions.add, 1, 1);
      });
      reports = [];
      const connection = backend.url.replace(/\/\/.*@?127/, "//nobody:wrong@127");
      const error = await remotely((remote) => failure(remote.submit(functions.add, 1, 2)), {
        connection,
      });
      expect(error).toBeInstanceOf(ConnectionError);
      expect(String(error)).toMatch(
        /cannot use (Redis|PostgreSQL) at 127\.0\.0\.1:\d+: .*(WRONGPASS|"nobody")/,
      );
      expect(reports).toEqual([]);
    });

    it("from the beginning ends serve", async () => {
      const port = await freePort();
      const connection = backend.url.replace(/:\d+/, `:${port}`);
      const lost = new WorkerProcess({ connection, queue: QUEUE, connectTimeout: 300 });
      await lost.exited;
      expect([lost.child.exitCode, lost.errors]).toEqual([
        1,
        expect.stringMatching(/ConnectionError/),
      ]);
      await expect(lost.ready).rejects.toThrow();
    });
  });
}

/** Something that a run is to wait for, as a coroutine. */
function* awaited<T>(call: Awaitable<T>): Coroutine<T> {
  return yield* call;
}

function* waited<T>(promise: Promise<T>): Coroutine<T> {
  return yield* createTask(promise);
}
