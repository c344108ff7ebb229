import {
  createTask,
  DeadlockError,
  Event,
  EventLoop,
  Future,
  gather,
  Lock,
  Queue,
  run,
  Semaphore,
  sleep,
  type Task,
} from "heddle";
import { describe, expect, test } from "vitest";
import type { Host } from "../../src/loop/host.ts";
import { nativeHost } from "../../src/loop/hosts/native.ts";
import { reportsOf } from "../loop/reports-of.ts";
import { nativeTurn } from "../native-turn.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { errorOf, rejectionOf } from "./error-of.ts";

const FIRST = "deadlock: nothing is scheduled, and nothing can wake these tasks any more:";
const LAST = "Each of them waits for another, or for something that nobody will do.";

describe("on a virtual clock", () => {
  test("a lock acquired twice by one task: the error names the task, the lock and its holder", async () => {
    const lock = new Lock({ name: "db" });
    const error = await rejectionOf(
      virtually(
        function* () {
          yield* lock.acquire();
          yield* lock.acquire();
        },
        { name: "main" },
      ),
    );
    expect(error).toEqual(
      new DeadlockError(
        `${FIRST}\n  <Task "main" pending> waits for Lock "db" held by main\n` +
          `A circle: main waits for Lock "db" held by main.\n${LAST}`,
      ),
    );
  });

  test("two tasks that wait for each other's events", async () => {
    const [ready, done] = [new Event({ name: "ready" }), new Event({ name: "done" })];
    const error = await rejectionOf(
      virtually(
        function* () {
          const first = createTask(
            function* () {
              yield* ready.wait();
              done.set();
            },
            { name: "first" },
          );
          const second = createTask(
            function* () {
              yield* done.wait();
              ready.set();
            },
            { name: "second" },
          );
          yield* gather([first, second]);
        },
        { name: "main" },
      ),
    );
    expect((error as Error).message.split("\n")).toEqual([
      FIRST,
      '  <Task "main" pending> waits for gather() of 2, 2 pending',
      '    <Task "first" pending> waits for Event "ready" (not set)',
      '    <Task "second" pending> waits for Event "done" (not set)',
      LAST,
    ]);
  });

  test("names every resource that a task can wait for", async () => {
    const error = await rejectionOf(
      virtually(
        function* () {
          const jobs = new Queue<number>(1, { name: "jobs" });
          const full = new Queue<number>(1, { name: "full" });
          full.putNowait(1);
          createTask(jobs.get(), { name: "getter" });
          createTask(full.put(2), { name: "putter" });
          createTask(full.join(), { name: "joiner" });
          createTask(new Semaphore(0, { name: "slots" }).acquire(), { name: "acquirer" });
          createTask(sleep(Number.POSITIVE_INFINITY), { name: "sleeper" });
          yield* new Future({ name: "the reply" });
        },
        { name: "main" },
      ),
    );
    const lines = (error as Error).message.split("\n").slice(1, -1);
    const waits = new Map(
      lines.map(
        (line) =>
          /^ {2}<Task "(.*)" pending> waits for (.*)$/.exec(line)?.slice(1) as [string, string],
      ),
    );
    expect(waits.get("main")).toBe('Future "the reply"');
    expect(waits.get("getter")).toContain('Queue "jobs"');
    expect(waits.get("putter")).toContain('Queue "full"');
    expect(waits.get("joiner")).toContain('Queue "full"');
    expect(waits.get("acquirer")).toContain('Semaphore "slots"');
    expect(waits.get("sleeper")).toBe("sleep(Infinity)");
    expect(waits.size).toBe(6);
  });

  test("the tasks clean up before the run rejects", async () => {
    const { step, finish } = trace();
    const error = await rejectionOf(
      virtually(function* () {
        try {
          yield* new Event().wait();
        } finally {
          step(1);
          yield* sleep(100);
          step(2);
        }
      }),
    );
    expect(error).toBeInstanceOf(DeadlockError);
    finish(3);
  });

  test("two tasks that await each other: both are named, and both are cancelled", async () => {
    const { step, finish } = trace();
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    const error = await rejectionOf(
      run(
        function* () {
          const first: Task<void> = createTask(
            function* () {
              try {
                yield* second;
              } finally {
                step(1);
              }
            },
            { name: "first" },
          );
          const second: Task<void> = createTask(
            function* () {
              yield* sleep(0);
              try {
                yield* first;
              } finally {
                step(2);
              }
            },
            { name: "second" },
          );
          yield* sleep(Number.POSITIVE_INFINITY);
        },
        { loop },
      ),
    );
    expect((error as Error).message).toContain(
      '<Task "first" pending> waits for <Task "second" pending>',
    );
    expect((error as Error).message).toContain(
      '<Task "second" pending> waits for <Task "first" pending>',
    );
    expect(reports).toHaveLength(0);
    finish(3);
  });

  test("main that swallows the cancellation and waits for ever again", async () => {
    const error = await rejectionOf(
      virtually(function* () {
        for (;;) {
          try {
            yield* new Event().wait();
          } catch {}
        }
      }),
    );
    expect(error).toBeInstanceOf(DeadlockError);
  });

  test("a task left behind that swallows its cancellation and waits for ever", async () => {
    const error = await rejectionOf(
      virtually(function* () {
        createTask(
          function* () {
            for (;;) {
              try {
                yield* new Event({ name: "never" }).wait();
              } catch {}
            }
          },
          { name: "stubborn" },
        );
        yield* sleep(1);
        return "main was fine";
      }),
    );
    expect(error).toBeInstanceOf(DeadlockError);
    expect((error as Error).message).toContain('<Task "stubborn" pending>');
  });

  test("runForever and runUntilComplete reject too", async () => {
    expect(await rejectionOf(virtualLoop().runForever())).toEqual(
      new DeadlockError("deadlock: nothing is scheduled, and nothing can end this run any more"),
    );
    const loop = virtualLoop();
    const waiting = loop.createTask(new Event({ name: "never" }).wait(), { name: "waiting" });
    const error = await rejectionOf(loop.runUntilComplete(waiting));
    expect(error).toBeInstanceOf(DeadlockError);
    expect((error as Error).message).toContain(
      '<Task "waiting" pending> waits for Event "never" (not set)',
    );
  });

  test("waiting for a timer is no deadlock, however far it is", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        yield* sleep(2 ** 31 * 1000);
      },
      { loop },
    );
    expect(loop.time()).toBe(2 ** 31 * 1000);
  });
});

describe("on a real host, which says that nothing can wake the thread any more", () => {
  /** The listener of the one loop that is run. */
  const listeners = new Set<() => boolean>();
  const host: Host = {
    ...nativeHost(),
    onStall(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const stall = () => [...listeners].map((listener) => listener());
  const settle = () => new Promise((resolve) => nativeTurn(() => resolve(undefined)));

  test("the tasks clean up, and the runs reject", async () => {
    const loop = new EventLoop({ host });
    const { step, finish } = trace();
    let begun = 0;
    const waiting = (n: number) =>
      run(
        function* () {
          try {
            begun++;
            yield* new Event({ name: "never" }).wait();
          } finally {
            yield* sleep(1);
            step(n);
          }
        },
        { loop },
      );
    const errors = [1, 2].map((n) => rejectionOf(waiting(n)));
    // On a slow machine the second one begins a turn later.
    while (begun < 2) await settle();
    await settle();
    expect(stall()).toEqual([true]);
    for (const error of await Promise.all(errors)) expect(error).toBeInstanceOf(DeadlockError);
    expect(listeners.size).toBe(0);
    finish(3);
    loop.close();
  });

  test("a main that waits for ever again is given up", async () => {
    const loop = new EventLoop({ host });
    const error = rejectionOf(
      run(
        function* () {
          for (;;) yield* errorOf(new Event().wait());
        },
        { loop },
      ),
    );
    await settle();
    expect(stall()).toEqual([true]);
    await settle();
    expect(stall()).toEqual([false]);
    expect(await error).toBeInstanceOf(DeadlockError);
    expect(listeners.size).toBe(0);
  });
});
