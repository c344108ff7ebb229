import {
  asCompleted,
  createTask,
  Future,
  getRunningLoop,
  isCancelled,
  run,
  sleep,
  type Task,
  TimeoutError,
  wait,
} from "heddle";
import { describe, expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

function sleeper(ms: number, name = `${ms}`) {
  return createTask(sleep(ms, name), { name });
}

function failing(ms: number) {
  return createTask(
    function* () {
      yield* sleep(ms);
      throw new Error(`after ${ms}`);
    },
    { name: `fails after ${ms}` },
  );
}

const names = (tasks: Iterable<{ getName(): string }>) => [...tasks].map((task) => task.getName());

describe("wait", () => {
  test("ALL_COMPLETED: until all are done, in the order in which they were given", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        const { done, pending } = yield* wait([sleeper(30), sleeper(10), failing(20)]);
        expect([names(done), pending.size]).toEqual([["30", "10", "fails after 20"], 0]);
        expect(loop.time()).toBe(30);
        for (const task of done) if (task.getName().startsWith("fails")) task.exception();
      },
      { loop },
    );
  });

  test("FIRST_COMPLETED", async () => {
    await virtually(function* () {
      const { done, pending } = yield* wait([sleeper(30), sleeper(10), sleeper(20)], {
        returnWhen: "FIRST_COMPLETED",
      });
      expect([names(done), names(pending)]).toEqual([["10"], ["30", "20"]]);
    });
  });

  test("FIRST_EXCEPTION: a result or a cancellation is not enough", async () => {
    await virtually(function* () {
      const cancelled = sleeper(5);
      const waiting = createTask(
        wait([sleeper(10), cancelled, failing(20), sleeper(30)], { returnWhen: "FIRST_EXCEPTION" }),
      );
      yield* sleep(1);
      cancelled.cancel();
      const { done, pending } = yield* waiting;
      expect([names(done), names(pending)]).toEqual([["10", "5", "fails after 20"], ["30"]]);
      for (const task of done) if (task.getName().startsWith("fails")) task.exception();
    });
  });

  test("a timeout gives what is done, throws nothing and cancels nothing", async () => {
    await virtually(function* () {
      const slow = sleeper(100);
      const { done, pending } = yield* wait([slow, sleeper(10)], { timeout: 50 });
      expect([names(done), names(pending), slow.cancelling()]).toEqual([["10"], ["100"], 0]);
      expect(yield* slow).toBe("100");
    });
  });

  test("cancelling the wait cancels none of them, and it stops listening", async () => {
    await virtually(function* () {
      const [one, two] = [sleeper(50), sleeper(60)];
      const waiting = createTask(wait(new Set([one, two])));
      yield* sleep(1);
      waiting.cancel();
      yield* errorOf(waiting);
      expect([one.cancelling(), two.cancelling()]).toEqual([0, 0]);
      expect([yield* one, yield* two]).toEqual(["50", "60"]);
    });
  });

  test("of futures that are done already gives them", async () => {
    await virtually(function* () {
      const future = new Future<number>();
      future.setResult(1);
      const { done, pending } = yield* wait([future]);
      expect([done.has(future), pending.size]).toEqual([true, 0]);
    });
  });
});

describe("what wait leaves behind", () => {
  test("after its timeout, others that wait for the same future wake", async () => {
    await virtually(function* () {
      const future = new Future<string>();
      const other = createTask(function* () {
        return yield* future;
      });
      yield* sleep(0);
      yield* wait([future], { timeout: 10 });
      future.setResult("set");
      expect(yield* other).toBe("set");
    });
  });

  test("cancelled in the iteration in which a future is done, it reports nothing", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        const future = new Future<void>();
        const waiting = createTask(wait([future], { timeout: 10 }));
        yield* sleep(1);
        future.setResult();
        waiting.cancel();
        expect(isCancelled(yield* errorOf(waiting))).toBe(true);
        yield* sleep(20);
      },
      { loop },
    );
    expect(reports).toEqual([]);
  });
});

describe("asCompleted", () => {
  test("gives the outcomes in the order in which they end", async () => {
    await virtually(function* () {
      const order: string[] = [];
      for (const next of asCompleted([sleep(30, "c"), sleep(10, "a"), sleep(20, "b")])) {
        order.push(yield* next);
      }
      expect(order).toEqual(["a", "b", "c"]);
    });
  });

  test("an error is thrown where its turn comes; the others can still be had", async () => {
    await virtually(function* () {
      const order: string[] = [];
      for (const next of asCompleted([sleep(30, "c"), failing(10), sleep(20, "b")])) {
        try {
          order.push(String(yield* next));
        } catch (error) {
          order.push((error as Error).message);
        }
      }
      expect(order).toEqual(["after 10", "b", "c"]);
    });
  });

  test("a timeout throws TimeoutError for each that is left, and cancels nothing", async () => {
    await virtually(function* () {
      const slow = sleeper(100);
      const order: string[] = [];
      for (const next of asCompleted([slow, sleep(10, "quick"), sleep(90, "late")], {
        timeout: 50,
      })) {
        try {
          order.push(yield* next);
        } catch (error) {
          order.push((error as Error).name);
        }
      }
      expect(order).toEqual(["quick", "TimeoutError", "TimeoutError"]);
      expect(new TimeoutError()).toBeInstanceOf(Error);
      expect(yield* slow).toBe("100");
    });
  });

  test("those that are overdue wake who else waits for them, and no timer is left", async () => {
    await virtually(function* () {
      const slow = sleeper(100);
      const other = createTask(function* () {
        return yield* slow;
      });
      yield* sleep(0);
      const [next] = [...asCompleted([slow], { timeout: 10 })];
      expect(yield* errorOf(next as NonNullable<typeof next>)).toBeInstanceOf(TimeoutError);
      expect(yield* other).toBe("100");
      for (const each of asCompleted([sleep(1)], { timeout: 1000 })) yield* each;
      expect([...asCompleted([], { timeout: 1000 })]).toEqual([]);
      expect([...getRunningLoop().timers]).toEqual([]);
    });
  });

  test("a future of another loop is refused", async () => {
    const future = virtualLoop().createFuture<void>();
    await virtually(function* () {
      expect(() => asCompleted([future])).toThrow("belongs to a different loop");
    });
  });

  test("a cancelled next leaves the outcome for the one behind it", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const [first, second] = [...asCompleted([sleep(10, "a"), sleep(20, "b")])];
      const one = createTask(first as NonNullable<typeof first>);
      const two = createTask(function* () {
        const got = yield* second as NonNullable<typeof second>;
        step(1);
        return got;
      });
      yield* sleep(5);
      one.cancel();
      expect(isCancelled(yield* errorOf(one))).toBe(true);
      expect(yield* two).toBe("a");
      finish(2);
    });
  });

  test("a next that is cancelled after it was woken wakes the one behind it", async () => {
    await virtually(function* () {
      const reply = new Future<string>();
      const nexts = [...asCompleted([reply, sleep(1000, "much later")])];
      const [one, two] = nexts.map((next) => createTask(next)) as [Task<string>, Task<string>];
      const loop = getRunningLoop();
      yield* sleep(1);
      // In one iteration: the outcome wakes the first, and then the first is cancelled.
      reply.addDoneCallback(() => one.cancel());
      reply.setResult("the outcome");
      yield* sleep(1);
      expect([one.cancelled(), two.done(), loop.time()]).toEqual([true, true, 2]);
      expect(two.result()).toBe("the outcome");
    });
  });

  test("for await gives the futures themselves", async () => {
    const order: string[] = [];
    // On the default loop: an async function is of no virtual one after its first await. 1 and 2 ms.
    await run(async () => {
      const tasks = [sleeper(2, "second"), sleeper(1, "first")];
      for await (const task of asCompleted(tasks)) {
        order.push(String(tasks.indexOf(task as (typeof tasks)[number])), await task);
      }
    });
    expect(order).toEqual(["1", "first", "0", "second"]);
  });
});
