import {
  type Awaitable,
  asCompleted,
  Barrier,
  Condition,
  ContextVar,
  type Coroutine,
  createTask,
  Event,
  Future,
  fromPromise,
  type Guard,
  gather,
  isFuture,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  run,
  Semaphore,
  shield,
  sleep,
  type Task,
  type Timeout,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "heddle";
import { describe, expectTypeOf, test } from "vitest";

function* number(): Coroutine<number> {
  yield* sleep(1);
  return 1;
}

function* inferred() {
  yield* sleep(1);
  return "text" as const;
}

/** The type that `yield*` gives. */
type Given<A> = A extends Awaitable<infer T> ? T : never;

declare function given<A extends Awaitable<unknown>>(awaitable: A): Given<A>;

describe("through yield*", () => {
  test("coroutines, with and without an annotation", () => {
    run(function* () {
      expectTypeOf(yield* number()).toEqualTypeOf<number>();
      expectTypeOf(yield* inferred()).toEqualTypeOf<"text">();
    });
  });

  test("sleep", () => {
    run(function* () {
      expectTypeOf(yield* sleep(1)).toEqualTypeOf<void>();
      expectTypeOf(yield* sleep(1, "text")).toEqualTypeOf<string>();
      expectTypeOf(yield* sleep(0, { a: 1 })).toEqualTypeOf<{ a: number }>();
    });
  });

  test("futures and tasks", () => {
    run(function* () {
      expectTypeOf(yield* new Future<string>()).toEqualTypeOf<string>();
      expectTypeOf(yield* createTask(number())).toEqualTypeOf<number>();
    });
  });

  test("gather gives a tuple", () => {
    run(function* () {
      const [a, b, c] = yield* gather([number(), sleep(1, "text"), Promise.resolve(true)]);
      expectTypeOf(a).toEqualTypeOf<number>();
      expectTypeOf(b).toEqualTypeOf<string>();
      expectTypeOf(c).toEqualTypeOf<boolean>();
      const list = yield* gather([1, 2, 3].map(() => number()));
      expectTypeOf(list).toEqualTypeOf<number[]>();
      const settled = yield* gather([number(), inferred()], { returnExceptions: true });
      expectTypeOf(settled).toEqualTypeOf<[number | Error, "text" | Error]>();
    });
  });

  test("timeout, taskGroup, waitFor, shield, fromPromise give what is inside", () => {
    run(function* () {
      expectTypeOf(yield* timeout(5, number)).toEqualTypeOf<number>();
      expectTypeOf(
        yield* timeout(5, function* (scope) {
          expectTypeOf(scope).toEqualTypeOf<Timeout>();
          yield* sleep(1);
          return { a: 1 };
        }),
      ).toEqualTypeOf<{ a: number }>();
      expectTypeOf(yield* timeout(5, async () => "text")).toEqualTypeOf<string>();
      expectTypeOf(
        yield* taskGroup(function* (group) {
          const task = group.createTask(number());
          expectTypeOf(task).toEqualTypeOf<Task<number>>();
          return yield* task;
        }),
      ).toEqualTypeOf<number>();
      expectTypeOf(yield* waitFor(number(), 5)).toEqualTypeOf<number>();
      expectTypeOf(yield* waitFor(Promise.resolve("text"), null)).toEqualTypeOf<string>();
      expectTypeOf(yield* shield(number())).toEqualTypeOf<number>();
      expectTypeOf(yield* fromPromise(Promise.resolve(1))).toEqualTypeOf<number>();
      expectTypeOf(yield* fromPromise(async (signal) => signal.aborted)).toEqualTypeOf<boolean>();
    });
  });

  test("group.start gives what started() takes", () => {
    taskGroup(function* (group) {
      const port = yield* group.start(function* (started: (port: number) => void) {
        started(8080);
        yield* sleep(1);
      });
      expectTypeOf(port).toEqualTypeOf<number>();
    });
  });

  test("queues give their elements", () => {
    run(function* () {
      expectTypeOf(yield* new Queue<string>().get()).toEqualTypeOf<string>();
      expectTypeOf(yield* new LifoQueue<number>().get()).toEqualTypeOf<number>();
      expectTypeOf(yield* new PriorityQueue<[number, string]>().get()).toEqualTypeOf<
        [number, string]
      >();
      expectTypeOf(yield* new Queue<string>().put("text")).toEqualTypeOf<void>();
      // @ts-expect-error the element's type is string
      new Queue<string>().putNowait(5);
      // @ts-expect-error options come second
      new Queue<string>({ name: "jobs" });
    });
  });

  test("synchronisation", () => {
    run(function* () {
      expectTypeOf(yield* new Lock().acquire()).toEqualTypeOf<Guard>();
      expectTypeOf(yield* new Semaphore().acquire()).toEqualTypeOf<Guard>();
      expectTypeOf(yield* new Event().wait()).toEqualTypeOf<true>();
      expectTypeOf(yield* new Barrier(2).wait()).toEqualTypeOf<number>();
      expectTypeOf(yield* new Condition().waitFor(() => "found" as string | null)).toEqualTypeOf<
        string | null
      >();
    });
  });

  test("wait and asCompleted", () => {
    run(function* () {
      const task = createTask(number());
      const { done, pending } = yield* wait([task]);
      expectTypeOf(done).toEqualTypeOf<Set<Task<number>>>();
      expectTypeOf(pending).toEqualTypeOf<Set<Task<number>>>();
      for (const next of asCompleted([number(), number()])) {
        expectTypeOf(yield* next).toEqualTypeOf<number>();
      }
      // @ts-expect-error coroutines are wrapped by createTask first
      wait([number()]);
    });
  });
});

describe("createTask and run", () => {
  test("infer from a coroutine, a coroutine function, an async function, an awaitable", () => {
    expectTypeOf(createTask(number())).toEqualTypeOf<Task<number>>();
    expectTypeOf(createTask(number)).toEqualTypeOf<Task<number>>();
    expectTypeOf(createTask(async () => "text")).toEqualTypeOf<Task<string>>();
    expectTypeOf(createTask(sleep(1, true))).toEqualTypeOf<Task<boolean>>();
    expectTypeOf(createTask(Promise.resolve(5))).toEqualTypeOf<Task<number>>();
    createTask(async (signal) => expectTypeOf(signal).toEqualTypeOf<AbortSignal>());

    expectTypeOf(run(number())).toEqualTypeOf<Promise<number>>();
    expectTypeOf(run(number)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(run(inferred)).toEqualTypeOf<Promise<"text">>();
    expectTypeOf(run(async () => "text")).toEqualTypeOf<Promise<string>>();
    expectTypeOf(
      run(function* () {
        return yield* number();
      }),
    ).toEqualTypeOf<Promise<number>>();
  });

  test("refuse what cannot be run", () => {
    // @ts-expect-error a number
    run(5);
    // @ts-expect-error a function that returns a number
    createTask(() => 5);
    // @ts-expect-error an array of coroutines
    run([number()]);
    // @ts-expect-error gather takes an array
    gather(number(), number());
    // @ts-expect-error a number is no awaitable
    gather([5]);
    // @ts-expect-error timeout needs a body
    timeout(5);
    // @ts-expect-error a coroutine is no callback
    timeout(5, number());
  });

  test("a body's value can be narrowed by an annotation", () => {
    const precise: Coroutine<"a" | "b"> = (function* () {
      yield* sleep(1);
      return Math.random() > 0.5 ? ("a" as const) : ("b" as const);
    })();
    expectTypeOf(given(precise)).toEqualTypeOf<"a" | "b">();
  });
});

describe("await", () => {
  test("gives the same types as yield*", () => {
    async function check() {
      expectTypeOf(await sleep(1, "text")).toEqualTypeOf<string>();
      expectTypeOf(await createTask(number())).toEqualTypeOf<number>();
      expectTypeOf(await gather([number(), inferred()])).toEqualTypeOf<[number, "text"]>();
      expectTypeOf(await new Queue<string>().get()).toEqualTypeOf<string>();
      expectTypeOf(await new Lock().acquire()).toEqualTypeOf<Guard>();
      expectTypeOf(await timeout(5, number)).toEqualTypeOf<number>();
      expectTypeOf(await waitFor(number(), 5)).toEqualTypeOf<number>();
      for await (const item of new Queue<boolean>()) expectTypeOf(item).toEqualTypeOf<boolean>();
    }
    expectTypeOf(check).returns.resolves.toBeVoid();
  });
});

describe("others", () => {
  test("isFuture narrows", () => {
    const something: unknown = null;
    if (isFuture(something)) expectTypeOf(something).toEqualTypeOf<Future<unknown>>();
  });

  test("a ContextVar's type comes from its default, or is given", () => {
    expectTypeOf(new ContextVar("n", { default: 5 }).get()).toEqualTypeOf<number>();
    expectTypeOf(new ContextVar<string>("s").get()).toEqualTypeOf<string>();
    // @ts-expect-error the value must be a string
    new ContextVar<string>("s").set(5);
  });

  test("a done callback gets the future that it was added to", () => {
    createTask(number()).addDoneCallback((task) => {
      expectTypeOf(task.getName()).toEqualTypeOf<string>();
      expectTypeOf(task.result()).toEqualTypeOf<number>();
    });
  });
});
