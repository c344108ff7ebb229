/*
 * Errors that nobody collects are reported exactly once; what somebody has looked at, never. What only
 * a whole process shows (its exit, its garbage) stands in lost-errors-process.test.ts.
 */
import {
  type Coroutine,
  createTask,
  EventLoop,
  Future,
  gather,
  getRunningLoop,
  type Host,
  run,
  shield,
  sleep,
  taskGroup,
  wait,
} from "heddle";
import { VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { virtualLoop } from "../trace.ts";
import { errorOf, rejectionOf } from "./error-of.ts";

const error = new Error("lost");

function* failing() {
  yield* sleep(1);
  throw error;
}

function messages(loop: EventLoop): () => string[] {
  const reports = reportsOf(loop);
  return () => reports.map((report) => report.message);
}

describe("reported once, before run() resolves", () => {
  test("a task that nobody awaited", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        createTask(failing(), { name: "careless" });
        yield* sleep(10);
        expect(reports).toEqual([]);
      },
      { loop },
    );
    expect(reports).toEqual([
      { message: 'Task exception was never retrieved: <Task "careless" raised>', exception: error },
    ]);
  });

  test("a future whose error nobody fetched", async () => {
    const loop = virtualLoop();
    const reported = messages(loop);
    await run(
      function* () {
        new Future({ name: "reply" }).setException(error);
        yield* sleep(1);
      },
      { loop },
    );
    expect(reported()).toEqual(["Future exception was never retrieved: <Future reply raised>"]);
  });

  test("a gather, and not its children too", async () => {
    const loop = virtualLoop();
    const reported = messages(loop);
    await run(
      function* () {
        gather([failing(), failing()]);
        yield* sleep(10);
      },
      { loop },
    );
    expect(reported()).toHaveLength(1);
    expect(reported()[0]).toMatch(/exception was never retrieved: <.*gather raised>$/);
  });

  test("also if main fails itself", async () => {
    const loop = virtualLoop();
    const reported = messages(loop);
    const failed = run(
      function* () {
        createTask(failing(), { name: "careless" });
        yield* sleep(10);
        throw new Error("main's own");
      },
      { loop },
    );
    expect(await rejectionOf(failed)).toEqual(new Error("main's own"));
    expect(reported()).toEqual(['Task exception was never retrieved: <Task "careless" raised>']);
  });

  test("several, in the order in which they happened", async () => {
    const loop = virtualLoop();
    const reported = messages(loop);
    await run(
      function* () {
        for (const [name, delay] of [
          ["second", 2],
          ["first", 1],
          ["third", 3],
        ] as const) {
          createTask(
            function* () {
              yield* sleep(delay);
              throw error;
            },
            { name },
          );
        }
        yield* sleep(10);
      },
      { loop },
    );
    expect(reported().map((message) => /"(.*)"/.exec(message)?.[1])).toEqual([
      "first",
      "second",
      "third",
    ]);
  });

  test("a task that fails while main's end cancels it", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        createTask(
          function* () {
            try {
              yield* sleep(100);
            } catch {
              throw error;
            }
          },
          { name: "stubborn" },
        );
        yield* sleep(1);
      },
      { loop },
    );
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({
      message: "unhandled exception during run() shutdown",
      exception: error,
    });
    expect(String(reports[0]?.task)).toBe('<Task "stubborn" raised>');
  });
});

describe("not reported", () => {
  async function reportedBy(body: () => Coroutine<unknown>): Promise<string[]> {
    const loop = virtualLoop();
    const reported = messages(loop);
    await run(body, { loop });
    return reported();
  }

  test.each<[string, () => Coroutine<unknown>]>([
    [
      "awaited",
      function* () {
        yield* errorOf(createTask(failing()));
      },
    ],
    [
      "awaited long after it failed",
      function* () {
        const task = createTask(failing());
        yield* sleep(10);
        yield* errorOf(task);
      },
    ],
    [
      "exception() was called",
      function* () {
        const task = createTask(failing());
        yield* sleep(10);
        expect(task.exception()).toBe(error);
      },
    ],
    [
      "result() was called",
      function* () {
        const task = createTask(failing());
        yield* sleep(10);
        expect(() => task.result()).toThrow(error);
      },
    ],
    [
      "cancelled before it could fail",
      function* () {
        createTask(failing()).cancel();
        yield* sleep(10);
      },
    ],
    [
      "cancel() was called after it failed, as in asyncio",
      function* () {
        const task = createTask(failing());
        yield* sleep(10);
        expect(task.cancel()).toBe(false);
      },
    ],
    [
      "a future whose cancel() was called after it failed",
      function* () {
        const future = new Future();
        future.setException(error);
        expect(future.cancel()).toBe(false);
      },
    ],
    [
      "a gather that was cancelled",
      function* () {
        const whole = gather([sleep(100)]);
        yield* sleep(1);
        whole.cancel();
        yield* sleep(1);
      },
    ],
    [
      "awaited through gather with returnExceptions",
      function* () {
        expect(yield* gather([failing()], { returnExceptions: true })).toEqual([error]);
      },
    ],
    [
      "thrown by a group",
      function* () {
        yield* errorOf(
          taskGroup(function* (group) {
            group.createTask(failing());
          }),
        );
      },
    ],
    [
      "awaited through a shield",
      function* () {
        yield* errorOf(shield(failing()));
      },
    ],
    [
      "awaited by a promise",
      function* () {
        createTask(failing()).then(null, () => {});
        yield* sleep(10);
      },
    ],
  ])("%s", async (_case, body) => {
    expect(await reportedBy(body)).toEqual([]);
  });

  test("a promise waits for it, and the run ends in the same iteration", async () => {
    const loop = virtualLoop();
    const reported = messages(loop);
    let caught: unknown;
    await run(
      function* () {
        const task = createTask(function* () {
          yield* sleep(0);
          throw error;
        });
        task.then(null, (reason) => {
          caught = reason;
        });
        // Main is stepped before the task, so the run is told first that it is over.
        yield* sleep(0);
      },
      { loop },
    );
    await null;
    expect([caught, reported()]).toEqual([error, []]);
  });
});

test("wait() does not look at errors: they stay unseen", async () => {
  const loop = virtualLoop();
  const reported = messages(loop);
  await run(
    function* () {
      yield* wait([createTask(failing(), { name: "waited for" })]);
    },
    { loop },
  );
  expect(reported()).toEqual(['Task exception was never retrieved: <Task "waited for" raised>']);
});

describe("several runs at once on one loop", () => {
  test("each reports its own, at its own end", async () => {
    const loop = virtualLoop();
    const reported = messages(loop);
    const running = (name: string, ms: number) =>
      run(
        function* () {
          createTask(failing(), { name: `of ${name}` });
          yield* sleep(ms);
          return [...reported()];
        },
        { loop },
      );
    const [byLong, byShort] = await Promise.all([
      running("the long one", 20),
      running("the short one", 10),
    ]);
    const lost = (name: string) => `Task exception was never retrieved: <Task "of ${name}" raised>`;
    expect(byShort).toEqual([]);
    expect(byLong).toEqual([lost("the short one")]);
    expect(reported()).toEqual([lost("the short one"), lost("the long one")]);
  });

  test("a gather's and a shield's error belong to the run that made them", async () => {
    const loop = virtualLoop();
    const reported = messages(loop);
    const bystander = run(
      function* () {
        // It steps between the child's end and the moment in which gather hears of it.
        for (let i = 0; i < 20; i++) yield* sleep(1);
        return reported().length;
      },
      { loop },
    );
    await run(
      function* () {
        gather([failing()]);
        shield(failing());
        yield* sleep(10);
      },
      { loop },
    );
    expect(await bystander).toBe(2);
    expect(reported()).toHaveLength(2);
  });
});

describe("of no run", () => {
  test("when their loop is closed, and none of another loop's", () => {
    const [mine, other] = [virtualLoop(), virtualLoop()];
    const [reported, others] = [messages(mine), messages(other)];
    new Future({ loop: mine, name: "mine" }).setException(error);
    new Future({ loop: other, name: "other" }).setException(error);
    mine.close();
    expect([reported(), others()]).toEqual([
      ["Future exception was never retrieved: <Future mine raised>"],
      [],
    ]);
    other.close();
    expect(others()).toHaveLength(1);
  });

  test("just before the process exits, once, and it is not held up", () => {
    const listeners: (() => boolean)[] = [];
    class Stalling extends VirtualClock implements Host {
      onStall(listener: () => boolean): () => void {
        listeners.push(listener);
        return () => {};
      }
    }
    const loop = new EventLoop({ host: new Stalling() });
    const reported = messages(loop);
    for (const name of ["one", "two"]) new Future({ loop, name }).setException(error);
    expect(listeners).toHaveLength(1);
    expect([reported().length, listeners[0]?.(), reported().length]).toEqual([0, false, 2]);
    expect([listeners[0]?.(), reported().length]).toEqual([false, 2]);
    loop.close();
  });
});

test("errors outside of runs that were collected leave no listener behind", async () => {
  let listening = 0;
  const clock = new VirtualClock();
  const host: Host = {
    virtual: true,
    debug: false,
    now: () => clock.now(),
    random: () => clock.random(),
    wakeSoon: (turn) => clock.wakeSoon(turn),
    wakeAfterOthers: (turn) => clock.wakeAfterOthers(turn),
    park: (when) => clock.park(when),
    report: (text) => clock.report(text),
    onStall() {
      listening++;
      return () => listening--;
    },
  };
  const loop = new EventLoop({ host });
  for (let i = 0; i < 100; i++) {
    expect(await rejectionOf(loop.runUntilComplete(failing()))).toBe(error);
  }
  expect(listening).toBeLessThanOrEqual(1);
});

test("what belongs to a run is created by it, wherever the code stands", async () => {
  const loop = virtualLoop();
  const reported = messages(loop);
  await run(
    function* () {
      getRunningLoop().callLater(5, () => createTask(failing(), { name: "made by a timer" }));
      yield* sleep(10);
    },
    { loop },
  );
  expect(reported()).toEqual([
    'Task exception was never retrieved: <Task "made by a timer" raised>',
  ]);
});
