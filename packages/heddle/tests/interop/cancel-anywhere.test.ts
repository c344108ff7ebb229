/*
 * Cancellation at any moment of whoever waits at the border: for signals, events, promises, iterators,
 * streams. Whatever happens, no listener, task, timer or lock is left, every producer has cleaned up, and
 * no item is lost or given twice.
 */
import { EventEmitter, getEventListeners } from "node:events";
import fc from "fast-check";
import {
  allTasks,
  asyncGenerator,
  type Coroutine,
  createTask,
  type EventLoop,
  fromAbortSignal,
  fromPromise,
  fromReadableStream,
  gather,
  type Iteration,
  iterate,
  once,
  run,
  sleep,
  TimeoutError,
  timeout,
  toReadableStream,
} from "heddle";
import { expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { virtualLoop } from "../trace.ts";

type Action =
  | { kind: "sleep"; ms: number }
  | { kind: "signal" | "emitter" | "target" | "promise" }
  | { kind: "tell" }
  | { kind: "pull"; which: number }
  | { kind: "own"; which: number; items: number }
  | { kind: "limit"; ms: number; inside: Action[] };

const { action: actions } = fc.letrec<{ action: Action }>((tie) => ({
  action: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ kind: fc.constant("sleep" as const), ms: fc.nat(3) }),
    fc.record({ kind: fc.constant("pull" as const), which: fc.nat(2) }),
    fc.record({ kind: fc.constant("tell" as const) }),
    fc.record({ kind: fc.constantFrom("signal", "emitter", "target", "promise") }),
    fc.record({ kind: fc.constant("own" as const), which: fc.nat(2), items: fc.nat(3) }),
    fc.record({
      kind: fc.constant("limit" as const),
      ms: fc.nat(4),
      inside: fc.array(tie("action"), { maxLength: 2 }),
    }),
  ) as fc.Arbitrary<Action>,
}));

interface Strike {
  task: number;
  iterations: number;
  ms: number;
}

/** What the tasks of one program share, and what they noted. */
class World {
  readonly emitter = new EventEmitter();
  readonly target = new EventTarget();
  readonly signals: AbortSignal[] = [];
  readonly streams: ReadableStream[] = [];
  /** Each counts from 1. */
  readonly shared: Iteration<number>[];
  readonly got: number[][] = [[], [], []];
  entered = 0;
  left = 0;
  #controller = new AbortController();
  #promise = withResolvers();

  constructor() {
    this.shared = [0, 1, 2].map((which) => this.source(which));
  }

  /** 1, 2, 3, …, some of them at once and some a while after they were asked for. */
  source(which: number): Iteration<number> {
    const world = this;
    const counting = asyncGenerator<number>(function* (emit) {
      world.entered++;
      try {
        for (let n = 1; ; n++) {
          if (n % 3 === 0) yield* sleep(n % 2);
          yield* emit(n);
        }
      } finally {
        try {
          yield* sleep(1);
        } finally {
          world.left++;
        }
      }
    });
    if (which === 0) return iterate(counting);
    if (which === 1) return iterate(javascripts());
    const stream = toReadableStream(counting);
    this.streams.push(stream);
    return fromReadableStream(stream);
  }

  *all(inside: Action[]): Coroutine<void> {
    for (const action of inside) yield* this.perform(action);
  }

  *perform(action: Action): Coroutine<void> {
    switch (action.kind) {
      case "sleep":
        yield* sleep(action.ms);
        break;
      case "signal":
        this.signals.push(this.#controller.signal);
        yield* fromAbortSignal(this.#controller.signal);
        break;
      case "emitter":
        yield* once(this.emitter, "news");
        break;
      case "target":
        yield* once(this.target, "news");
        break;
      case "promise":
        // Nobody settles it but "tell": a virtual clock would stand still for it for ever.
        yield* timeoutOnTurns(fromPromise(this.#promise.promise));
        break;
      case "tell":
        this.tell();
        break;
      case "pull": {
        const next = yield* (this.shared[action.which] as Iteration<number>).next();
        if (!next.done) (this.got[action.which] as number[]).push(next.value);
        break;
      }
      case "own": {
        const items = this.source(action.which);
        try {
          for (let n = 1; n <= action.items; n++) {
            expect(yield* items.next()).toEqual({ done: false, value: n });
          }
        } finally {
          yield* items.close();
        }
        break;
      }
      case "limit":
        try {
          yield* timeout(action.ms, () => this.all(action.inside));
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error;
        }
        break;
    }
  }

  tell(): void {
    this.emitter.emit("news");
    this.target.dispatchEvent(new Event("news"));
    this.#controller.abort();
    this.#controller = new AbortController();
    this.#promise.resolve();
    this.#promise = withResolvers();
  }

  /** Nothing was lost: what was got, and what comes next, is 1, 2, 3, … */
  *checkItems(): Coroutine<void> {
    for (const [which, items] of this.shared.entries()) {
      const next = yield* items.next();
      const all = [...(this.got[which] as number[]), next.value as number].sort((a, b) => a - b);
      expect(all).toEqual(Array.from(all, (_, index) => index + 1));
    }
    yield* gather(this.shared.map((items) => items.close()));
  }

  check(): void {
    expect(this.emitter.eventNames()).toEqual([]);
    expect(getEventListeners(this.target, "news")).toEqual([]);
    for (const signal of this.signals) expect(getEventListeners(signal, "abort")).toEqual([]);
    for (const stream of this.streams) expect(stream.locked).toBe(false);
    expect(this.left).toBe(this.entered);
  }
}

/** The same as a generator of JavaScript's. */
async function* javascripts(): AsyncGenerator<number, void, unknown> {
  for (let n = 1; ; n++) {
    for (let i = 0; i < n % 3; i++) await null;
    yield n;
  }
}

function withResolvers() {
  let resolve!: () => void;
  const promise = new Promise<void>((yes) => {
    resolve = yes;
  });
  return { promise, resolve };
}

/** Wait for a promise for a few iterations: no time passes while one is waited for. */
function* timeoutOnTurns(promise: Coroutine<void>): Coroutine<void> {
  const waiting = createTask(promise);
  try {
    for (let i = 0; i < 20 && !waiting.done(); i++) yield* sleep(0);
  } finally {
    waiting.cancel();
  }
}

async function strike(programs: Action[][], strikes: Strike[], loop: EventLoop): Promise<World> {
  // What an expect() inside of a task throws ends up here.
  const reports = reportsOf(loop);
  const world = await run(
    function* () {
      const shared = new World();
      const tasks = programs.map((program) => createTask(shared.all(program)));
      for (const { task, iterations, ms } of strikes) {
        createTask(
          function* () {
            if (ms > 0) yield* sleep(ms);
            for (let i = 0; i < iterations; i++) yield* sleep(0);
            // Producers are not for others to cancel: then their items would be lost, of course.
            tasks[task % tasks.length]?.cancel();
          },
          { name: "striker" },
        );
      }
      yield* sleep(20);
      for (const task of tasks) task.cancel();
      yield* gather(tasks, { returnExceptions: true });
      yield* shared.checkItems();
      return shared;
    },
    { loop, name: "main" },
  );
  expect(reports.map((report) => String(report.exception))).toEqual([]);
  return world;
}

function checkLoop(loop: EventLoop): void {
  expect(allTasks(loop).size).toBe(0);
  expect(loop.asyncGenerators.size).toBe(0);
  expect([...loop.timers]).toHaveLength(0);
  expect(loop.ready.length).toBe(0);
}

test("whoever is cancelled, and whenever: nothing is lost, held, or left", async () => {
  const programs = fc.array(fc.array(actions, { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  });
  const strikes = fc.array(fc.record({ task: fc.nat(4), iterations: fc.nat(20), ms: fc.nat(3) }), {
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(programs, strikes, async (given, struck) => {
      const loop = virtualLoop();
      const world = await strike(given, struck, loop);
      world.check();
      checkLoop(loop);
    }),
    { numRuns: 300 },
  );
});

test("each iteration of one program, each of its tasks", async () => {
  const program: Action[][] = [
    [{ kind: "signal" }, { kind: "own", which: 0, items: 3 }, { kind: "pull", which: 2 }],
    [{ kind: "emitter" }, { kind: "own", which: 2, items: 2 }, { kind: "pull", which: 0 }],
    [
      { kind: "tell" },
      { kind: "pull", which: 1 },
      { kind: "own", which: 1, items: 2 },
      { kind: "tell" },
    ],
    [
      { kind: "target" },
      { kind: "pull", which: 0 },
      { kind: "promise" },
      { kind: "pull", which: 2 },
    ],
  ];
  for (let task = 0; task < program.length; task++) {
    for (let iterations = 0; iterations < 40; iterations++) {
      const loop = virtualLoop();
      const world = await strike(program, [{ task, iterations, ms: 0 }], loop);
      world.check();
      checkLoop(loop);
    }
  }
});
