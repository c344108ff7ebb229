/*
 * Cancellation through helpers: whatever a task waits for, and however deep, the `finally` of each
 * coroutine on the way out runs and may await, and no line after the interrupted await runs.
 *
 * Libraries that cancel by `iterator.return()` lose the return mode at the first `yield*` inside of a
 * finally; these tests are the reason why heddle throws.
 */
import {
  asCompleted,
  Barrier,
  BoundedSemaphore,
  Condition,
  type Coroutine,
  createTask,
  Event,
  Future,
  fromPromise,
  gather,
  getEventLoop,
  Lock,
  Queue,
  run,
  Semaphore,
  shield,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "heddle";
import { describe, expect, test } from "vitest";
import { trace, virtualLoop } from "../trace.ts";
import { errorOf } from "./error-of.ts";

/** Everything that a task can wait for, endlessly. */
const endlessWaits: Record<string, () => Coroutine<unknown>> = {
  *sleep() {
    return yield* sleep(100_000);
  },
  *"sleep(Infinity)"() {
    return yield* sleep(Number.POSITIVE_INFINITY);
  },
  *future() {
    return yield* new Future();
  },
  *task() {
    return yield* createTask(sleep(100_000));
  },
  *gather() {
    return yield* gather([sleep(100_000), new Event().wait(), sleep(1)]);
  },
  *"gather with returnExceptions"() {
    return yield* gather([sleep(100_000), sleep(100_000)], { returnExceptions: true });
  },
  *taskGroup() {
    return yield* taskGroup(function* (group) {
      group.createTask(sleep(100_000));
    });
  },
  *"the body of a taskGroup"() {
    return yield* taskGroup(function* (group) {
      group.createTask(sleep(100_000));
      yield* sleep(100_000);
    });
  },
  *"group.start"() {
    return yield* taskGroup(function* (group) {
      yield* group.start(() => sleep(100_000));
    });
  },
  *timeout() {
    return yield* timeout(200_000, () => sleep(100_000));
  },
  *"timeout without a deadline"() {
    return yield* timeout(null, () => sleep(100_000));
  },
  *shield() {
    return yield* shield(sleep(1000));
  },
  *waitFor() {
    return yield* waitFor(sleep(100_000), 200_000);
  },
  *wait() {
    return yield* wait([createTask(sleep(1000))]);
  },
  *asCompleted() {
    for (const next of asCompleted([sleep(100_000)])) yield* next;
  },
  *"event.wait"() {
    return yield* new Event().wait();
  },
  *"lock.acquire"() {
    const lock = new Lock();
    yield* lock.acquire();
    return yield* lock.acquire();
  },
  *"condition.wait"() {
    const condition = new Condition();
    yield* condition.acquire();
    try {
      return yield* condition.wait();
    } finally {
      condition.release();
    }
  },
  *"semaphore.acquire"() {
    return yield* new Semaphore(0).acquire();
  },
  *"boundedSemaphore.acquire"() {
    return yield* new BoundedSemaphore(0).acquire();
  },
  *"barrier.wait"() {
    return yield* new Barrier(2).wait();
  },
  *"queue.get"() {
    return yield* new Queue().get();
  },
  *"queue.put"() {
    const queue = new Queue(1);
    queue.putNowait(1);
    return yield* queue.put(2);
  },
  *"queue.join"() {
    const queue = new Queue();
    queue.putNowait(1);
    return yield* queue.join();
  },
};

/** A virtual clock stands still while somebody waits for the outside: these need the real one. */
const foreignWaits: Record<string, () => Coroutine<unknown>> = {
  *fromPromise() {
    return yield* fromPromise(new Promise(() => {}));
  },
  *"fromPromise with a signal"() {
    return yield* fromPromise((signal) => new Promise(() => void signal));
  },
  *"a timeout's async body"() {
    return yield* timeout(100_000, () => new Promise(() => {}));
  },
};

const cases = [
  ...Object.entries(endlessWaits).map(([name, endless]) => ({ name, endless, loop: virtualLoop })),
  ...Object.entries(foreignWaits).map(([name, endless]) => ({ name, endless, loop: getEventLoop })),
];

describe.each(cases)("cancelled in $name", ({ endless, loop: loopFor }) => {
  test("a helper's finally completes, and no line after the await runs", async () => {
    const { step, finish, never } = trace();
    const loop = loopFor();
    function* helper(): Coroutine<void> {
      try {
        step(1);
        yield* endless();
        never("the await was cancelled");
      } finally {
        step(3);
        yield* sleep(5);
        step(4);
      }
      never("after the helper's finally");
    }
    function* middle(): Coroutine<void> {
      try {
        yield* helper();
        never("after the helper");
      } finally {
        step(5);
        yield* sleep(5);
        step(6);
      }
    }
    await run(
      function* () {
        const task = createTask(function* () {
          try {
            yield* middle();
            never("after the middle one");
          } finally {
            step(7);
          }
        });
        yield* sleep(10);
        step(2);
        expect(task.cancel("through all of it")).toBe(true);
        const error = yield* errorOf(task);
        expect(task.cancelled()).toBe(true);
        expect((error as Error).name).toBe("CancelledError");
        if (loop.host.virtual) expect(loop.time()).toBe(20);
        finish(8);
      },
      { loop },
    );
  });

  test("the task that swallows the error goes on and can wait again", async () => {
    const result = await run(
      function* () {
        const task = createTask(function* () {
          try {
            yield* endless();
            expect.unreachable();
          } catch {}
          return yield* sleep(5, "went on");
        });
        yield* sleep(10);
        task.cancel();
        return yield* task;
      },
      { loop: loopFor() },
    );
    expect(result).toBe("went on");
  });

  test("while the finally awaits, a second cancellation reaches it", async () => {
    const { step, finish, never } = trace();
    await run(
      function* () {
        const task = createTask(function* () {
          try {
            yield* endless();
          } finally {
            step(1);
            try {
              yield* endless();
              never("the clean-up was cancelled");
            } finally {
              step(2);
              yield* sleep(5);
              step(3);
            }
          }
        });
        yield* sleep(10);
        task.cancel();
        yield* sleep(10);
        task.cancel();
        yield* errorOf(task);
        expect(task.cancelled()).toBe(true);
        finish(4);
      },
      { loop: loopFor() },
    );
  });
});

test("through a chain of all of them at once, inside out", async () => {
  const { step, finish, never } = trace();
  const lock = new Lock();
  const jobs = new Queue<string>();
  function* cleaned(n: number, body: Coroutine<unknown>): Coroutine<void> {
    try {
      yield* body;
      never("everything was cancelled");
    } finally {
      yield* sleep(1);
      step(n);
    }
  }
  await run(
    function* () {
      function* taking() {
        using _guard = yield* lock.acquire();
        yield* jobs.get();
      }
      function* grouped() {
        yield* taskGroup(function* (group) {
          group.createTask(cleaned(1, taking()));
        });
      }
      function* gathered() {
        yield* gather([cleaned(2, grouped())]);
      }
      function* timed() {
        yield* timeout(1000, () => cleaned(3, gathered()));
      }
      function* waited() {
        yield* waitFor(cleaned(4, timed()), 1000);
      }
      const task = createTask(cleaned(5, waited()));
      yield* sleep(10);
      expect(lock.locked()).toBe(true);
      task.cancel();
      yield* errorOf(task);
      expect(task.cancelled()).toBe(true);
      expect([lock.locked(), jobs.statistics().getters]).toEqual([false, 0]);
      finish(6);
    },
    { loop: virtualLoop() },
  );
});

test("shield: what is shielded goes on, and who waited for it does not", async () => {
  const { step, finish, never } = trace();
  await run(
    function* () {
      const saving = createTask(function* () {
        yield* sleep(100);
        step(3);
        return "saved";
      });
      const task = createTask(function* () {
        try {
          yield* shield(saving);
          never("the wait was cancelled");
        } finally {
          step(2);
        }
      });
      yield* sleep(10);
      step(1);
      task.cancel();
      yield* errorOf(task);
      expect([task.cancelled(), saving.done()]).toEqual([true, false]);
      expect(yield* saving).toBe("saved");
      finish(4);
    },
    { loop: virtualLoop() },
  );
});
