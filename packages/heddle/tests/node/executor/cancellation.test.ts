import {
  CancelledError,
  type Coroutine,
  createTask,
  fromPromise,
  gather,
  moveOnAfter,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
} from "heddle";
import { moduleFunction } from "heddle/node";
import { describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { openDiary } from "./diary.ts";
import { pools, program, sharedPool, work } from "./pools.ts";

const LONG = 60_000;

describe.each(pools)("cancellation in $kind", ({ Pool }) => {
  const pool = sharedPool(Pool, 2);

  /** What runs in `test` replaces no worker: nothing here needs the grace. */
  function* unharmed(test: () => Coroutine<void>): Coroutine<void> {
    const { replaced, died } = pool.statistics();
    yield* test();
    expect(pool.statistics()).toMatchObject({ replaced, died, busy: 0, waiting: 0 });
    expect(yield* gather([pool.submit(work("add"), 1, 2), pool.submit(work("add"), 3, 4)])).toEqual(
      [3, 7],
    );
  }

  test("the finally of the coroutine runs in the worker before the waiter goes on", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const task = createTask(function* () {
          yield* pool.submit(work("unwindsSlowly"), diary.path, 50);
        });
        yield* diary.until("begun");
        task.cancel();
        expect(yield* caught(task)).toBeInstanceOf(CancelledError);
        expect(diary.lines()).toEqual(["begun", "unwound"]);
      }),
    ));

  test("future.cancel() with a reason; twice does no harm", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const job = pool.submit(work("saysWhyCancelled"), diary.path);
        yield* diary.until("begun");
        expect(job.cancel("not wanted")).toBe(true);
        expect([job.cancel("again"), job.done(), job.cancelled()]).toEqual([true, false, false]);
        const error = (yield* caught(job)) as Error;
        expect([error.name, error.message]).toEqual(["CancelledError", "not wanted"]);
        expect([job.cancel(), job.done(), job.cancelled()]).toEqual([false, true, true]);
        expect(diary.lines()).toEqual(["begun", "CancelledError: not wanted"]);
      }),
    ));

  test("a reason that cannot be cloned does no harm", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const job = pool.submit(work("waits"), diary.path, LONG);
        yield* diary.until("begun");
        Reflect.apply(job.cancel, job, [() => 1]);
        expect(yield* caught(job)).toBeInstanceOf(CancelledError);
        expect(diary.lines()).toEqual(["begun", "unwound"]);
      }),
    ));

  test.each<
    [what: string, scope: (body: () => Coroutine<unknown>) => Coroutine<unknown>, said: string]
  >([
    [
      "timeout",
      (body) => timeout(80, body)[Symbol.iterator]() as Coroutine<unknown>,
      "TimeoutError",
    ],
    [
      "moveOnAfter",
      (body) => moveOnAfter(80, body)[Symbol.iterator]() as Coroutine<unknown>,
      "undefined",
    ],
  ])("%s ends the job, and waits until it is unwound", (_, scope, said) =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        yield* pool.submit(work("add"), 1, 2);
        let result: unknown;
        try {
          result = yield* scope(function* () {
            yield* pool.submit(work("waits"), diary.path, LONG);
          });
        } catch (error) {
          result = error;
        }
        expect(String(result)).toMatch(new RegExp(`^${said}`));
        expect(diary.lines()).toEqual(["begun", "unwound"]);
      }),
    ),
  );

  test("a failing sibling in a group", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const error = yield* caught(
          taskGroup(function* (group) {
            group.createTask(function* () {
              yield* pool.submit(work("waits"), diary.path, LONG);
            });
            yield* diary.until("begun");
            throw new RangeError("sibling");
          }),
        );
        expect(String(error)).toContain("ExceptionGroup");
        expect(diary.lines()).toEqual(["begun", "unwound"]);
      }),
    ));

  test("the end of the run that left a job behind", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const inner = run(function* () {
          pool.submit(work("waits"), diary.path, LONG);
          yield* diary.until("begun");
          return "over";
        });
        expect(yield* fromPromise(inner)).toBe("over");
        expect(diary.lines()).toEqual(["begun", "unwound"]);
      }),
    ));

  test("the AbortSignal of a run", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const controller = new AbortController();
        const inner = run(
          function* () {
            yield* pool.submit(work("waits"), diary.path, LONG);
          },
          { signal: controller.signal },
        ).then(
          () => "ended",
          () => diary.lines().join(),
        );
        yield* diary.until("begun");
        controller.abort();
        expect(yield* fromPromise(inner)).toBe("begun,unwound");
      }),
    ));

  test("jobs that wait never start, and those behind them do", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const first = [1, 2].map(() => pool.submit(work("waits"), diary.path, 60));
        const waiting = [1, 2, 3].map(() => pool.submit(work("spins"), diary.path));
        const last = pool.submit(work("add"), 1, 2);
        for (const job of waiting) {
          expect(job.cancel()).toBe(true);
          expect(job.cancelled()).toBe(true);
        }
        expect(pool.statistics().waiting).toBe(1);
        expect(yield* last).toBe(3);
        yield* gather(first);
        expect(diary.lines().filter((line) => line === "begun").length).toBe(2);
      }),
    ));

  test("children of the job are cancelled with it", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const job = pool.submit(work("hasChildren"), diary.path);
        yield* diary.until("begun");
        job.cancel();
        yield* caught(job);
        expect(diary.lines()).toEqual(["has children", "begun", "begun", "unwound", "unwound"]);
      }),
    ));

  test("an error thrown while unwinding arrives instead", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const job = pool.submit(work("failsUnwinding"), diary.path);
        yield* diary.until("begun");
        job.cancel();
        const error = (yield* caught(job)) as Error;
        expect([error.name, error.message]).toEqual(["RangeError", "the cellar is flooded"]);
      }),
    ));

  test("a result that comes although the job was cancelled does not save the waiter", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const job = pool.submit(work("swallowsCancellation"), diary.path);
        yield* diary.until("begun");
        job.cancel();
        expect(yield* caught(job)).toBeInstanceOf(CancelledError);
        expect(diary.lines()).toEqual(["begun", "swallowed"]);
      }),
    ));

  test("an async function hears of it by jobSignal()", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const job = pool.submit(work("hearsSignal"), diary.path);
        yield* diary.until("begun, aborted: false");
        job.cancel();
        expect(yield* caught(job)).toBeInstanceOf(CancelledError);
        expect(diary.lines()).toEqual(["begun, aborted: false", "aborted: CancelledError"]);
      }),
    ));

  test("an async function that does not listen is waited for within the grace", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const job = pool.submit(work("isDeaf"), diary.path, 100);
        yield* diary.until("begun");
        job.cancel();
        expect(yield* caught(job)).toBeInstanceOf(CancelledError);
        expect(diary.lines()).toEqual(["begun", "ended"]);
      }),
    ));

  test("while its module loads", () =>
    run(() =>
      unharmed(function* () {
        const text =
          "await new Promise((go) => setTimeout(go, 150)); export const work = () => 'never'";
        const job = pool.submit(
          moduleFunction<() => string>(`data:text/javascript,${text}`, "work"),
        );
        yield* sleep(50);
        job.cancel();
        expect(yield* caught(job)).toBeInstanceOf(CancelledError);
      }),
    ));

  test("shield: the waiter leaves, the job goes on", () =>
    run(() =>
      unharmed(function* () {
        const diary = openDiary();
        const job = pool.submit(work("waits"), diary.path, 100);
        const result = yield* moveOnAfter(20, function* () {
          return yield* shield(job);
        });
        expect(result).toBeUndefined();
        expect(yield* job).toBe("slept");
      }),
    ));

  test("in the turn in which it was submitted, and while the worker starts", () =>
    run(function* () {
      for (const pause of [undefined, 0, 20]) {
        const diary = openDiary();
        const cold = new Pool({ maxWorkers: 1 });
        const job = cold.submit(work("waits"), diary.path, LONG);
        if (pause !== undefined) yield* sleep(pause);
        job.cancel();
        expect(yield* caught(job)).toBeInstanceOf(CancelledError);
        expect(yield* cold.submit(work("add"), 1, 2)).toBe(3);
        expect(cold.statistics()).toMatchObject({ replaced: 0, died: 0, cancelled: 1, done: 1 });
        // If it has begun at all, it was unwound.
        expect(["", "begun,unwound"]).toContain(diary.lines().join());
        yield* cold.shutdown();
      }
    }));

  test("at the moment at which it ends: none is lost, no worker is replaced", () =>
    run(() =>
      unharmed(function* () {
        const echo = (x: number) => x;
        yield* pool.submit(echo, 0);
        const outcomes = new Set<unknown>();
        const begin = performance.now();
        for (let i = 0; i < 300; i++) {
          const job = pool.submit(echo, i);
          // A real moment somewhere in the way of the answer, which takes some 20 to 300 µs.
          const until = performance.now() + (i % 30) / 100;
          while (performance.now() < until);
          if (i % 3 === 0) yield* sleep(0);
          if (job.cancel()) outcomes.add(((yield* caught(job)) as Error).name);
          else expect(yield* job).toBe(i);
        }
        expect([...outcomes]).toEqual(["CancelledError"]);
        // A lost answer costs the grace, a second.
        expect(performance.now() - begin).toBeLessThan(1000);
      }),
    ));

  test("a job that computes is killed after the grace, and no other is disturbed", () =>
    run(function* () {
      const diary = openDiary();
      const quick = new Pool({ maxWorkers: 2, grace: 100 });
      const other = quick.submit(work("waits"), openDiary().path, 700);
      const job = quick.submit(work("spins"), diary.path);
      yield* diary.until("begun");
      const next = quick.submit(work("add"), 1, 2);
      const begin = performance.now();
      job.cancel();
      expect(yield* caught(job)).toBeInstanceOf(CancelledError);
      expect(performance.now() - begin).toBeGreaterThan(90);
      expect(quick.statistics()).toMatchObject({ replaced: 1, died: 0, cancelled: 1 });
      expect(yield* next).toBe(3);
      expect(yield* other).toBe("slept");
      yield* quick.shutdown();
    }));

  test("a job that is killed while the pool shuts down is over before the pool is", () =>
    run(function* () {
      const diary = openDiary();
      const quick = new Pool({ maxWorkers: 1, grace: 50 });
      const job = quick.submit(work("spins"), diary.path);
      yield* diary.until("begun");
      job.cancel();
      yield* quick.shutdown();
      expect(job.cancelled()).toBe(true);
      expect(quick.statistics()).toMatchObject({ workers: 0, busy: 0, replaced: 1 });
    }));

  test("a CancelledError of the function's own cancels the waiter", () =>
    run(() =>
      unharmed(function* () {
        const cancels = moduleFunction<() => never>(program("cancels-itself.mjs"), "cancels");
        const job = pool.submit(cancels);
        const error = (yield* caught(job)) as Error;
        expect([error.name, error.message, job.cancelled()]).toEqual([
          "CancelledError",
          "by itself",
          true,
        ]);
      }),
    ));
});
