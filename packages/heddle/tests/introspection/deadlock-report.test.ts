import {
  type Awaitable,
  asCompleted,
  Barrier,
  BoundedSemaphore,
  Condition,
  type Coroutine,
  createTask,
  DeadlockError,
  Event,
  Future,
  gather,
  isCancelled,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "heddle";
import { describe, expect, test } from "vitest";
import { rejectionOf } from "../task/error-of.ts";
import { virtually } from "../trace.ts";
import { runUnbundled } from "./unbundled-program.ts";

const FIRST = "deadlock: nothing is scheduled, and nothing can wake these tasks any more:";
const LAST = "Each of them waits for another, or for something that nobody will do.";

/** What stands between the first and the last line of the report on a program that gets stuck. */
async function reportOn(main: () => Coroutine<unknown>): Promise<string[]> {
  const error = await rejectionOf(virtually(main, { name: "main" }));
  expect(error).toBeInstanceOf(DeadlockError);
  const lines = (error as Error).message.split("\n");
  expect([lines.shift(), lines.pop()]).toEqual([FIRST, LAST]);
  return lines;
}

const never = () => sleep(Number.POSITIVE_INFINITY);

/** A task that does not end. */
const stuck = (name: string) => createTask(never(), { name });

describe("what a task waits for", () => {
  test.each<[string, () => Awaitable<unknown>]>([
    ["sleep(Infinity)", never],
    ["<Future pending>", () => new Future()],
    ['Future "the reply"', () => new Future({ name: "the reply" })],
    ['Event "ready" (not set)', () => new Event({ name: "ready" }).wait()],
    ["Event (not set)", () => new Event().wait()],
    ['Semaphore "slots" (0 left)', () => new Semaphore(0, { name: "slots" }).acquire()],
    ["BoundedSemaphore (0 left)", () => new BoundedSemaphore(0).acquire()],
    ['Barrier "start" (1 of 3 waiting)', () => new Barrier(3, { name: "start" }).wait()],
    ['get() of Queue "jobs" (0 items)', () => new Queue(0, { name: "jobs" }).get()],
    ["get() of PriorityQueue (0 items)", () => new PriorityQueue().get()],
  ])("%s", async (text, make) => {
    const lines = await reportOn(function* () {
      yield* make();
    });
    expect(lines).toEqual([`  <Task "main" pending> waits for ${text}`]);
  });

  test("a full queue, and one whose items are not done", async () => {
    const lines = await reportOn(function* () {
      const queue = new Queue<number>(1, { name: "jobs" });
      queue.putNowait(1);
      createTask(queue.join(), { name: "joiner" });
      yield* queue.put(2);
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for put() of Queue "jobs" (1 of 1 items)',
      '  <Task "joiner" pending> waits for join() of Queue "jobs" (1 of 1 items), 1 not done',
    ]);
  });

  test("a condition, and its lock", async () => {
    const lines = await reportOn(function* () {
      const stock = new Condition(null, { name: "stock" });
      function* waiter() {
        yield* stock.acquire();
        yield* stock.wait();
      }
      createTask(waiter(), { name: "waiter" });
      yield* sleep(1);
      yield* stock.acquire();
      createTask(stock.acquire(), { name: "acquirer" });
      yield* never();
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for sleep(Infinity)',
      '  <Task "waiter" pending> waits for Condition "stock" (1 waiting)',
      '  <Task "acquirer" pending> waits for Lock "stock" held by main',
    ]);
  });

  test("a lock whose holder has ended says so", async () => {
    const lines = await reportOn(function* () {
      const lock = new Lock({ name: "db" });
      yield* createTask(lock.acquire(), { name: "forgetful" });
      yield* lock.acquire();
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for Lock "db" held by forgetful, which has ended',
    ]);
  });

  test("a semaphore names those who hold it, the first three", async () => {
    const lines = await reportOn(function* () {
      const slots = new Semaphore(6, { name: "slots" });
      yield* createTask(slots.acquire(), { name: "ended" });
      for (const name of ["a", "b", "c", "d", "e"]) {
        createTask(
          function* () {
            yield* slots.acquire();
            yield* never();
          },
          { name },
        );
      }
      yield* sleep(1);
      yield* slots.acquire();
    });
    expect(lines[0]).toBe(
      '  <Task "main" pending> waits for Semaphore "slots" (0 left) held by a, b, c, 2 more',
    );
  });

  test("a promise, and what an async function awaits", async () => {
    // On Node: while a promise is outstanding, a virtual clock declares no deadlock.
    const { lines } = await runUnbundled(`
      import { createTask, Event, fromPromise, run } from "heddle";
      const never = new Promise(() => {});
      try {
        await run(function* () {
          createTask(async () => never, { name: "deaf" });
          createTask(async (signal) => never, { name: "hearing" });
          createTask(async () => new Event({ name: "ready" }).wait(), { name: "async" });
          yield* fromPromise(never);
        }, { name: "main" });
      } catch (error) {
        for (const line of error.message.split("\\n")) if (!/^ +at /.test(line)) console.log(line);
      }
    `);
    expect(lines.slice(1, -1)).toEqual([
      '  <Task "main" pending> waits for a promise',
      '  <Task "deaf" pending> waits for a promise',
      '  <Task "hearing" pending> waits for a promise',
      '  <Task "async" pending> waits for a promise',
      expect.stringMatching(/^ {2}<Task "Task-\d+" pending> waits for Event "ready" \(not set\)$/),
    ]);
  });

  test("a task that was cancelled and does not end is marked", async () => {
    const lines = await reportOn(function* () {
      const stubborn = createTask(
        function* () {
          try {
            yield* never();
          } catch (error) {
            if (!isCancelled(error)) throw error;
            yield* new Event({ name: "clean" }).wait();
          }
        },
        { name: "stubborn" },
      );
      yield* sleep(1);
      stubborn.cancel();
      yield* wait([stubborn]);
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for wait()',
      '    <Task "stubborn" pending> (cancelling) waits for Event "clean" (not set)',
    ]);
  });
});

describe("who waits for whom, as a tree", () => {
  test("tasks stand below the one that awaits them", async () => {
    const lines = await reportOn(function* () {
      const bottom = stuck("bottom");
      const middle = createTask(
        function* () {
          yield* bottom;
        },
        { name: "middle" },
      );
      yield* middle;
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for <Task "middle" pending>',
      '    <Task "middle" pending> waits for <Task "bottom" pending>',
      '      <Task "bottom" pending> waits for sleep(Infinity)',
    ]);
  });

  test.each<[string, string, (parts: Task<void>[]) => Awaitable<unknown>]>([
    ["gather", "gather() of 3, 2 pending", (parts) => gather(parts)],
    ["wait", "wait() of 3, 2 pending", (parts) => wait(parts)],
    [
      "asCompleted",
      "asCompleted() (2 pending)",
      function* (parts) {
        for (const next of asCompleted(parts)) yield* next;
      },
    ],
    ["waitFor", "gather() of 3, 2 pending", (parts) => waitFor(gather(parts), null)],
    ["timeout", "gather() of 3, 2 pending", (parts) => timeout(null, () => gather(parts))],
  ])("and below the one that waits by %s", async (_call, text, waitForAll) => {
    const lines = await reportOn(function* () {
      yield* waitForAll([createTask(sleep(1)), stuck("first"), stuck("second")]);
    });
    expect(lines).toEqual([
      `  <Task "main" pending> waits for ${text}`,
      '    <Task "first" pending> waits for sleep(Infinity)',
      '    <Task "second" pending> waits for sleep(Infinity)',
    ]);
  });

  test("of a shield, what it shields", async () => {
    const lines = await reportOn(function* () {
      yield* shield(stuck("inner"));
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for shield()',
      '    <Task "inner" pending> waits for sleep(Infinity)',
    ]);
  });

  test("of waitFor whose time is over, what it has cancelled", async () => {
    const lines = await reportOn(function* () {
      const stubborn = createTask(
        function* () {
          try {
            yield* never();
          } finally {
            yield* never();
          }
        },
        { name: "stubborn" },
      );
      yield* sleep(1);
      yield* waitFor(stubborn, 0);
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for the end of <Task "stubborn" pending>, which was cancelled',
      '    <Task "stubborn" pending> (cancelling) waits for sleep(Infinity)',
    ]);
  });

  test("of a group, its tasks; of group.start(), the one that is to start", async () => {
    const lines = await reportOn(function* () {
      createTask(
        taskGroup(function* (group) {
          yield* group.start(() => never(), { name: "starting" });
        }),
        { name: "starter" },
      );
      yield* taskGroup(function* (group) {
        group.createTask(never(), { name: "child" });
        group.createTask(never(), { name: "other child" });
      });
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for task group (2 left)',
      '    <Task "child" pending> waits for sleep(Infinity)',
      '    <Task "other child" pending> waits for sleep(Infinity)',
      '  <Task "starter" pending> waits for started() of group.start()',
      '    <Task "starting" pending> waits for sleep(Infinity)',
    ]);
  });

  test("futures that are no tasks stand in it too, and what is reached twice once", async () => {
    const lines = await reportOn(function* () {
      const shared = stuck("shared");
      const inner = gather([shared, new Future({ name: "the reply" })]);
      createTask(gather([shared]), { name: "other" });
      yield* gather([inner, shared]);
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for gather() of 2, 2 pending',
      "    gather() of 2, 2 pending",
      '      <Task "shared" pending> waits for sleep(Infinity)',
      '      Future "the reply"',
      '  <Task "other" pending> waits for gather()',
    ]);
  });

  test("those below stand there wherever they were made", async () => {
    const lines = await reportOn(function* () {
      const made = stuck("made first");
      createTask(gather([gather([made])]), { name: "made second" });
      yield* never();
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for sleep(Infinity)',
      '  <Task "made second" pending> waits for gather()',
      "    gather()",
      '      <Task "made first" pending> waits for sleep(Infinity)',
    ]);
  });

  test("of a thousand tasks the first twenty are shown", async () => {
    const lines = await reportOn(function* () {
      for (let i = 1; i < 1000; i++) stuck(`sleeper ${i}`);
      yield* never();
    });
    expect(lines).toHaveLength(21);
    expect(lines[19]).toBe('  <Task "sleeper 19" pending> waits for sleep(Infinity)');
    expect(lines[20]).toBe("  … and 980 more");
  });

  test("of a thousand futures too", async () => {
    const lines = await reportOn(function* () {
      yield* gather(Array.from({ length: 1000 }, () => new Future()));
    });
    expect(lines).toHaveLength(21);
    expect(lines[0]).toBe('  <Task "main" pending> waits for gather() of 1000, 1000 pending');
    expect(lines[20]).toBe("  …");
  });
});

describe("circles", () => {
  function* holding(first: Lock, second: Lock) {
    yield* first.acquire();
    yield* sleep(1);
    yield* second.acquire();
  }

  test("two tasks that hold each a lock that the other wants", async () => {
    const lines = await reportOn(function* () {
      const [a, b] = [new Lock({ name: "a" }), new Lock({ name: "b" })];
      const left = createTask(holding(a, b), { name: "left" });
      const right = createTask(holding(b, a), { name: "right" });
      yield* gather([left, right]);
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for gather() of 2, 2 pending',
      '    <Task "left" pending> waits for Lock "b" held by right',
      '    <Task "right" pending> waits for Lock "a" held by left',
      'A circle: left waits for Lock "b" held by right, which waits for Lock "a" held by left.',
    ]);
  });

  test("philosophers, and who only waits for one of them is not in it", async () => {
    const lines = await reportOn(function* () {
      const forks = [1, 2, 3].map((n) => new Lock({ name: `fork ${n}` }));
      const fork = (n: number) => forks[n % 3] as Lock;
      for (const n of [0, 1, 2]) {
        createTask(holding(fork(n), fork(n + 1)), { name: `philosopher ${n + 1}` });
      }
      yield* sleep(10);
      yield* fork(0).acquire();
    });
    expect(lines.at(-1)).toBe(
      'A circle: philosopher 1 waits for Lock "fork 2" held by philosopher 2, which waits for ' +
        'Lock "fork 3" held by philosopher 3, which waits for Lock "fork 1" held by philosopher 1.',
    );
  });

  test("through a gather, and a semaphore with several holders", async () => {
    const lines = await reportOn(function* () {
      const slots = new Semaphore(2, { name: "slots" });
      const holder = (name: string) =>
        createTask(
          function* () {
            yield* slots.acquire();
            yield* never();
          },
          { name },
        );
      holder("other");
      yield* sleep(1);
      yield* slots.acquire();
      yield* gather([createTask(slots.acquire(), { name: "child" }), createTask(sleep(1))]);
    });
    expect(lines.at(-1)).toBe(
      "A circle: main waits for child by gather() of 2, 1 pending; child waits for " +
        'Semaphore "slots" (0 left) held by other, main.',
    );
  });

  test("tasks that await each other", async () => {
    const lines = await reportOn(function* () {
      const tasks: Task<void>[] = [];
      for (const n of [1, 2, 3]) {
        const task: Task<void> = createTask(
          function* () {
            yield* sleep(1);
            yield* tasks[n % 3] as Task<void>;
          },
          { name: `task ${n}` },
        );
        tasks.push(task);
      }
      yield* never();
    });
    expect(lines).toEqual([
      '  <Task "main" pending> waits for sleep(Infinity)',
      '  <Task "task 1" pending> waits for <Task "task 2" pending>',
      '    <Task "task 2" pending> waits for <Task "task 3" pending>',
      '      <Task "task 3" pending> waits for <Task "task 1" pending>',
      "A circle: task 1 waits for task 2, which waits for task 3, which waits for task 1.",
    ]);
  });

  test("at most three are told, and ten tasks of each", async () => {
    const lines = await reportOn(function* () {
      for (let i = 0; i < 5; i++) {
        const lock = new Lock({ name: `${i}` });
        createTask(holding(lock, lock), { name: `task ${i}` });
      }
      yield* never();
    });
    const circles = lines.filter((line) => line.startsWith("A circle"));
    expect(circles).toEqual(
      [0, 1, 2].map((i) => `A circle: task ${i} waits for Lock "${i}" held by task ${i}.`),
    );

    const long = await reportOn(function* () {
      const locks = Array.from({ length: 2000 }, (_, i) => new Lock({ name: `${i}` }));
      for (let i = 0; i < 2000; i++) {
        const pair = [locks[i], locks[(i + 1) % 2000]] as [Lock, Lock];
        createTask(holding(...pair), { name: `task ${i}` });
      }
      yield* never();
    });
    expect(long.at(-1)).toMatch(
      /^A circle: task 0 waits for Lock "1" held by task 1, which .* task 10, which waits for … \(2000 tasks\)\.$/,
    );
  });
});

describe("where tasks stand, on Node", () => {
  test("is told below each, of heddle's own functions not", async () => {
    const { lines } = await runUnbundled(`
      import { createTask, Event, gather, Lock, run } from "heddle";
      const lock = new Lock({ name: "db" });
      function* worker() {
        yield* lock.acquire();
      }
      try {
        await run(function* main() {
          yield* lock.acquire();
          yield* gather([
            createTask(worker(), { name: "worker" }),
            createTask(new Event().wait(), { name: "waiter" }),
          ]);
        }, { name: "main" });
      } catch (error) {
        console.log(error.message);
      }
    `);
    expect(lines).toEqual([
      FIRST,
      '  <Task "main" pending> waits for gather() of 2, 2 pending',
      "      at main (PROGRAM:10:11)",
      '    <Task "worker" pending> waits for Lock "db" held by main',
      "        at worker (PROGRAM:5:9)",
      '    <Task "waiter" pending> waits for Event (not set)',
      'A circle: main waits for worker by gather() of 2, 2 pending; worker waits for Lock "db" held by main.',
      LAST,
    ]);
  });

  test("is told of the innermost coroutine in debug mode", async () => {
    const { lines } = await runUnbundled(
      `
      import { Event, run } from "heddle";
      function* inner() {
        yield* new Event({ name: "ready" }).wait();
      }
      try {
        await run(function* main() {
          yield* inner();
        }, { name: "main" });
      } catch (error) {
        console.log(error.message);
      }
    `,
      { env: { HEDDLE_DEBUG: "1" } },
    );
    expect(lines[1]).toBe('  <Task "main" pending> waits for Event "ready" (not set)');
    expect(lines[2]).toMatch(/^ {6}at inner \(PROGRAM:4:\d+\)$/);
  });
});
