/*
 * `yield` without its star, the mistake that every newcomer makes. TypeScript refuses it as soon as the
 * coroutine is run (missing-star.test-d.ts); these are the programs that it did not see.
 */
import {
  createTask,
  currentTask,
  Event,
  Future,
  fromPromise,
  Lock,
  Queue,
  run,
  sleep,
} from "heddle";
import { describe, expect, test } from "vitest";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { rejectionOf } from "./error-of.ts";

function* other() {
  yield* sleep(1);
  return "never";
}

function message(what: string): string {
  return `a coroutine of "main" yielded ${what} to its task. Use "yield*" to await: yield* …`;
}

/** What a coroutine is told that yields this. */
function toldFor(make: () => unknown): Promise<unknown> {
  return rejectionOf(
    virtually(function* () {
      currentTask()?.setName("main");
      yield make() as never;
    }),
  );
}

describe("yield without its star is a TypeError that says what was yielded", () => {
  const promise = "(await promises with: yield* fromPromise(promise))";
  test.each<[string, () => unknown, string]>([
    ["a coroutine", () => other(), "a Generator without the star"],
    ["a future", () => new Future(), "<Future pending> without the star"],
    [
      "a named future",
      () => new Future({ name: "reply" }),
      "<Future reply pending> without the star",
    ],
    [
      "a task",
      () => createTask(other(), { name: "other" }),
      '<Task "other" pending> without the star',
    ],
    ["sleep", () => sleep(5), "sleep(5) without the star"],
    [
      "queue.get",
      () => new Queue(0, { name: "jobs" }).get(),
      '<Get Queue "jobs" (0 items) pending> without the star',
    ],
    ["event.wait", () => new Event().wait(), "a Generator without the star"],
    ["lock.acquire", () => new Lock().acquire(), "a Generator without the star"],
    ["fromPromise", () => fromPromise(Promise.resolve()), "a Generator without the star"],
    ["a promise", () => Promise.resolve(5), `a Promise ${promise}`],
    ["a number", () => 5, "5"],
    ["a string", () => "text", "text"],
    ["null", () => null, "null"],
    ["a function", () => other, "the function other"],
    ["a function without a name", () => [() => {}][0], "the function (anonymous)"],
    ["an object", () => ({}), "a Object"],
    ["an array", () => [1, 2], "a Array without the star"],
  ])("%s", async (_what, make, described) => {
    expect(await toldFor(make)).toEqual(new TypeError(message(described)));
  });

  test("sleep(0), which is no object of its own, has a name too", async () => {
    expect(String(await toldFor(() => sleep(0)))).toMatch(/sleep.* without the star/);
  });
});

test("the error is thrown at the line of the yield: it can be caught there, and the task goes on", async () => {
  const { step, finish } = trace();
  const result = await virtually(function* () {
    step(1);
    try {
      yield other() as never;
      expect.unreachable();
    } catch (error) {
      step(2);
      expect(error).toBeInstanceOf(TypeError);
    } finally {
      step(3);
    }
    yield* sleep(1);
    finish(4);
    return "went on";
  });
  expect(result).toBe("went on");
});

test("the error passes the finally parts of every coroutine above", async () => {
  const { step, finish } = trace();
  function* helper() {
    try {
      yield 5 as never;
    } finally {
      step(1);
      yield* sleep(1);
      step(2);
    }
  }
  const error = await rejectionOf(
    virtually(function* () {
      try {
        yield* helper();
      } finally {
        step(3);
      }
    }),
  );
  expect(String(error)).toContain("yielded 5 to its task");
  finish(4);
});

test("a task that was yielded without its star goes on by itself, unharmed", async () => {
  const result = await virtually(function* () {
    const task = createTask(function* () {
      yield* sleep(5);
      return "unharmed";
    });
    try {
      yield task as never;
    } catch {}
    return yield* task;
  });
  expect(result).toBe("unharmed");
});

test("a bare yield gives way, as asyncio's does", async () => {
  const { step, finish } = trace();
  await virtually(function* () {
    createTask(function* () {
      step(2);
    });
    step(1);
    yield undefined as never;
    finish(3);
  });
});

test("a cancellation that meets the error takes precedence", async () => {
  const { step, finish } = trace();
  const loop = virtualLoop();
  await run(
    function* () {
      const task = createTask(function* () {
        step(1);
        task.cancel("both at once");
        yield 5 as never;
      });
      yield* sleep(1);
      expect(task.cancelled()).toBe(true);
      finish(2);
    },
    { loop },
  );
});
