/*
 * Cancellation at any moment: small programs of locks, queues, semaphores and sleeps, and somebody who
 * cancels any of their tasks in any iteration. Whatever happens, nothing is lost: every lock and permit
 * is given back, every item is delivered once or is still there, each `finally` ran exactly once, and
 * no task, timer or place in a line is left.
 */

import fc from "fast-check";
import {
  allTasks,
  Barrier,
  CancelScope,
  Condition,
  type Coroutine,
  createTask,
  currentTask,
  type EventLoop,
  gather,
  getRunningLoop,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  run,
  Semaphore,
  shield,
  sleep,
  type TaskGroup,
  taskGroup,
  timeout,
  waitFor,
} from "heddle";
import { expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { virtualLoop } from "../trace.ts";

type Action =
  | { kind: "sleep"; ms: number }
  | { kind: "lock"; which: number; inside: Action[] }
  | { kind: "permit"; inside: Action[] }
  | { kind: "put"; which: number }
  | { kind: "get"; which: number }
  | { kind: "limit"; ms: number; inside: Action[] }
  | { kind: "group"; inside: Action[]; cancelAfter: number | null }
  | { kind: "start"; inside: Action[] }
  | { kind: "gather"; inside: Action[]; returnExceptions: boolean }
  | { kind: "waitFor"; ms: number; inside: Action[] }
  | { kind: "shield"; inside: Action[] }
  | { kind: "scope"; inside: Action[]; ms: number; shield: boolean }
  | { kind: "meet" }
  | { kind: "notified" }
  | { kind: "notify" };

const { action: actions } = fc.letrec<{ action: Action; inside: Action[] }>((tie) => ({
  inside: fc.array(tie("action"), { maxLength: 2 }),
  action: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ kind: fc.constant("sleep" as const), ms: fc.nat(3) }),
    fc.record({ kind: fc.constant("put" as const), which: fc.nat(2) }),
    fc.record({ kind: fc.constant("get" as const), which: fc.nat(2) }),
    fc.record({ kind: fc.constant("notify" as const) }),
    fc.record({ kind: fc.constant("notified" as const) }),
    fc.record({ kind: fc.constant("lock" as const), which: fc.nat(1), inside: tie("inside") }),
    fc.record({ kind: fc.constant("permit" as const), inside: tie("inside") }),
    fc.record({ kind: fc.constant("limit" as const), ms: fc.nat(4), inside: tie("inside") }),
    fc.record({
      kind: fc.constant("group" as const),
      inside: tie("inside"),
      cancelAfter: fc.option(fc.nat(3)),
    }),
    fc.record({ kind: fc.constant("start" as const), inside: tie("inside") }),
    fc.record({
      kind: fc.constant("gather" as const),
      inside: tie("inside"),
      returnExceptions: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("waitFor" as const), ms: fc.nat(4), inside: tie("inside") }),
    fc.record({ kind: fc.constant("shield" as const), inside: tie("inside") }),
    fc.record({
      kind: fc.constant("scope" as const),
      inside: tie("inside"),
      ms: fc.nat(4),
      shield: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("meet" as const) }),
  ),
}));

interface Strike {
  /** Which of the tasks that live then. */
  task: number;
  /** Switches of the striker before it cancels. */
  iterations: number;
  /** Milliseconds before that. */
  ms: number;
}

/** The things that the tasks of one program share, and what they noted about their use. */
class World {
  readonly locks = [new Lock({ name: "a" }), new Lock({ name: "b" })] as const;
  readonly permits = new Semaphore(2);
  readonly condition = new Condition();
  readonly barrier = new Barrier(2);
  readonly queues = [new Queue<number>(1), new LifoQueue<number>(2), new PriorityQueue<number>(0)];
  readonly put = new Set<number>();
  readonly got: number[] = [];
  readonly holders = [0, 0];
  permitsHeld = 0;
  entered = 0;
  left = 0;
  #nextItem = 0;

  *perform(action: Action): Coroutine<void> {
    this.entered++;
    try {
      yield* this.#do(action);
    } finally {
      // A clean-up that waits, and that a further cancellation may interrupt, but not skip.
      try {
        yield* sleep(0);
      } finally {
        this.left++;
      }
    }
  }

  *all(inside: Action[]): Coroutine<void> {
    for (const action of inside) yield* this.perform(action);
  }

  *#do(action: Action): Coroutine<void> {
    switch (action.kind) {
      case "sleep":
        yield* sleep(action.ms);
        break;
      case "lock": {
        const lock = this.locks[action.which] as Lock;
        using _guard = yield* lock.acquire();
        expect(this.holders[action.which]).toBe(0);
        this.holders[action.which] = 1;
        try {
          yield* this.all(action.inside);
        } finally {
          this.holders[action.which] = 0;
        }
        break;
      }
      case "permit": {
        using _guard = yield* this.permits.acquire();
        this.permitsHeld++;
        expect(this.permitsHeld).toBeLessThanOrEqual(2);
        try {
          yield* this.all(action.inside);
        } finally {
          this.permitsHeld--;
        }
        break;
      }
      case "put": {
        const item = this.#nextItem++;
        yield* (this.queues[action.which] as Queue<number>).put(item);
        this.put.add(item);
        break;
      }
      case "get":
        this.got.push(yield* (this.queues[action.which] as Queue<number>).get());
        break;
      case "limit":
        try {
          yield* timeout(action.ms, () => this.all(action.inside));
        } catch (error) {
          if ((error as Error).name !== "TimeoutError") throw error;
        }
        break;
      case "group":
        yield* taskGroup((group) => {
          for (const each of action.inside) group.createTask(this.perform(each));
          return this.#cancelAfter(group, action.cancelAfter);
        });
        break;
      case "start": {
        const world = this;
        yield* taskGroup(function* (group) {
          const port = yield* group.start(function* (started: (port: number) => void) {
            yield* world.all(action.inside);
            started(8080);
            yield* world.all(action.inside);
          });
          expect(port).toBe(8080);
        });
        break;
      }
      case "gather":
        yield* gather(
          action.inside.map((each) => this.perform(each)),
          { returnExceptions: action.returnExceptions },
        );
        break;
      case "waitFor":
        try {
          yield* waitFor(this.all(action.inside), action.ms);
        } catch (error) {
          if ((error as Error).name !== "TimeoutError") throw error;
        }
        break;
      case "scope": {
        const scope = new CancelScope({
          deadline: getRunningLoop().time() + action.ms,
          shield: action.shield,
        });
        const cancelling = currentTask()?.cancelling();
        yield* scope.run(() => this.all(action.inside));
        expect(currentTask()?.cancelling()).toBe(cancelling);
        break;
      }
      case "shield":
        yield* shield(this.all(action.inside));
        break;
      case "meet":
        yield* this.barrier.wait();
        break;
      case "notify": {
        using _guard = yield* this.condition.acquire();
        this.condition.notifyAll();
        break;
      }
      case "notified": {
        using _guard = yield* this.condition.acquire();
        yield* this.condition.wait();
        expect(this.condition.locked()).toBe(true);
        break;
      }
    }
  }

  *#cancelAfter(group: TaskGroup, ms: number | null): Coroutine<void> {
    yield* sleep(ms ?? 1);
    if (ms !== null) group.cancel();
  }

  check(): void {
    expect(this.left).toBe(this.entered);
    for (const lock of this.locks) {
      expect(lock.statistics()).toEqual({ locked: false, owner: null, tasksWaiting: 0 });
    }
    expect(this.permits.statistics()).toEqual({ value: 2, tasksWaiting: 0 });
    expect(this.condition.statistics().tasksWaiting).toBe(0);
    expect(this.condition.locked()).toBe(false);
    expect(this.barrier.statistics()).toEqual({ parties: 2, tasksWaiting: 0, broken: false });
    const remaining: number[] = [];
    for (const queue of this.queues) {
      expect(queue.statistics()).toMatchObject({ getters: 0, putters: 0 });
      while (!queue.empty()) remaining.push(queue.getNowait());
    }
    const numerically = (a: number, b: number) => a - b;
    expect([...this.got, ...remaining].sort(numerically)).toEqual([...this.put].sort(numerically));
  }
}

const SPARED = new Set(["main", "striker"]);

async function strike(programs: Action[][], strikes: Strike[], loop: EventLoop): Promise<World> {
  const world = new World();
  // What an expect() inside of a task throws ends up here.
  const reports = reportsOf(loop);
  await run(
    function* () {
      for (const program of programs) createTask(world.all(program));
      for (const { task, iterations, ms } of strikes) {
        createTask(
          function* () {
            if (ms > 0) yield* sleep(ms);
            for (let i = 0; i < iterations; i++) yield* sleep(0);
            const victims = [...allTasks()].filter((each) => !SPARED.has(each.getName()));
            victims[task % victims.length]?.cancel();
          },
          { name: "striker" },
        );
      }
      yield* sleep(50);
      // What still waits then waits for ever (a queue that nobody fills): main's end cancels it.
    },
    { loop, name: "main" },
  );
  expect(reports.map((report) => String(report.exception))).toEqual([]);
  return world;
}

test("whatever is cancelled, and whenever: nothing is lost, held, or left", async () => {
  const programs = fc.array(fc.array(actions, { minLength: 1, maxLength: 4 }), {
    minLength: 2,
    maxLength: 5,
  });
  const strikes = fc.array(fc.record({ task: fc.nat(4), iterations: fc.nat(12), ms: fc.nat(4) }), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(programs, strikes, async (given, struck) => {
      const loop = virtualLoop();
      const world = await strike(given, struck, loop);
      world.check();
      expect(allTasks(loop).size).toBe(0);
      expect([...loop.timers]).toHaveLength(0);
      expect(loop.ready.length).toBe(0);
    }),
    { numRuns: 400 },
  );
});

test("each iteration of one contended program, each of its tasks", async () => {
  // The same program 400 times, struck somewhere else each time: no luck is needed to hit a gap.
  const held: Action = { kind: "lock", which: 0, inside: [{ kind: "sleep", ms: 1 }] };
  const program: Action[][] = [
    [held, { kind: "put", which: 0 }, { kind: "put", which: 0 }],
    [held, { kind: "get", which: 0 }, { kind: "permit", inside: [held] }],
    [
      { kind: "permit", inside: [{ kind: "notified" }] },
      { kind: "get", which: 0 },
    ],
    [{ kind: "limit", ms: 2, inside: [held] }, { kind: "notify" }, { kind: "put", which: 1 }],
    [{ kind: "start", inside: [held] }, { kind: "meet" }],
    [{ kind: "gather", inside: [held, { kind: "meet" }], returnExceptions: false }],
  ];
  for (let task = 0; task < 10; task++) {
    for (let iterations = 0; iterations < 40; iterations++) {
      const loop = virtualLoop();
      const world = await strike(program, [{ task, iterations, ms: 0 }], loop);
      world.check();
      expect(allTasks(loop).size).toBe(0);
    }
  }
});
