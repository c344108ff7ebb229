import {
  asCompleted,
  type Coroutine,
  captureCallGraph,
  createTask,
  currentTask,
  EventLoop,
  Future,
  formatCallGraph,
  gather,
  getRunningLoop,
  printCallGraph,
  RuntimeError,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "heddle";
import { VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { hasProcess } from "../has-process.ts";
import { virtually } from "../trace.ts";
import { graphOf, namesIn } from "./graph-of.ts";

/** What the graph of `inner`, a task that sleeps, says while a task "outer" runs `body(inner)`. */
async function graphWhile(body: (inner: Task<string>) => Coroutine<unknown>): Promise<string[]> {
  let graph: string[] = [];
  await virtually(function* () {
    const inner = createTask(sleep(100, "slept"), { name: "inner" });
    const outer = createTask(body(inner), { name: "outer" });
    yield* sleep(10);
    graph = graphOf(inner);
    outer.cancel();
    yield* wait([inner, outer]);
  });
  return graph;
}

const INNER = '* Task(name="inner", id=1)';
const BY = "  + Awaited by:";
const OUTER = '    * Task(name="outer", id=2)';

describe("who waits for a task", () => {
  test("nobody", async () => {
    expect(await graphWhile(function* () {})).toEqual([INNER]);
  });

  test("a task that awaits it", async () => {
    const graph = await graphWhile(function* (inner) {
      yield* inner;
    });
    expect(graph).toEqual([INNER, BY, OUTER]);
  });

  test("a task that awaits it deep in its coroutines", async () => {
    const graph = await graphWhile(function* (inner) {
      yield* (function* () {
        yield* inner;
      })();
    });
    expect(graph).toEqual([INNER, BY, OUTER]);
  });

  test.each<[string, (inner: Task<string>) => Coroutine<unknown>]>([
    [
      "gather",
      function* (inner) {
        yield* gather([sleep(50), inner]);
      },
    ],
    [
      "gather of a gather",
      function* (inner) {
        yield* gather([sleep(50), gather([inner])]);
      },
    ],
    [
      "wait",
      function* (inner) {
        yield* wait([inner, createTask(sleep(50))], { timeout: 500 });
      },
    ],
    [
      "asCompleted",
      function* (inner) {
        for (const next of asCompleted([inner, createTask(sleep(50))])) yield* next;
      },
    ],
    [
      "shield",
      function* (inner) {
        yield* shield(inner);
      },
    ],
    [
      "waitFor",
      function* (inner) {
        yield* waitFor(inner, 500);
      },
    ],
    [
      "waitFor of a shield",
      function* (inner) {
        yield* waitFor(shield(inner), 500);
      },
    ],
    [
      "timeout",
      function* (inner) {
        yield* timeout(500, () => inner);
      },
    ],
    [
      "gather in a shield in a timeout",
      function* (inner) {
        yield* timeout(500, () => shield(gather([inner])));
      },
    ],
  ])("a task that awaits it by %s", async (_call, body) => {
    expect(await graphWhile(body)).toEqual([INNER, BY, OUTER]);
  });

  test("a task that cancels it by waitFor(…, 0) and waits for its end", async () => {
    const graph = await virtually(function* () {
      const stubborn = createTask(
        function* () {
          try {
            yield* sleep(100);
          } finally {
            yield* sleep(100);
          }
        },
        { name: "inner" },
      );
      const outer = createTask(
        function* () {
          yield* waitFor(stubborn, 0);
        },
        { name: "outer" },
      );
      yield* sleep(10);
      const text = graphOf(stubborn);
      yield* wait([outer]);
      outer.exception();
      return text;
    });
    expect(graph).toEqual([INNER, BY, OUTER]);
  });

  test("the task of its group, whatever that does meanwhile", async () => {
    const graph = await virtually(
      function* () {
        return yield* taskGroup(function* (group) {
          const inner = group.createTask(sleep(100), { name: "inner" });
          yield* sleep(10);
          return graphOf(inner);
        });
      },
      { name: "outer" },
    );
    expect(graph.slice(0, 3)).toEqual([INNER, BY, OUTER]);
  });

  test("the task that waits at the end of its group", async () => {
    const graph = await virtually(function* () {
      let inner: Task<unknown> | null = null;
      const outer = createTask(
        taskGroup(function* (group) {
          inner = group.createTask(sleep(50), { name: "inner" });
        }),
        { name: "outer" },
      );
      yield* sleep(10);
      const text = graphOf(inner);
      yield* outer;
      return text;
    });
    expect(graph).toEqual([INNER, BY, OUTER]);
  });

  test("the task that waits in group.start() for it to begin", async () => {
    const graph = await virtually(function* () {
      let child: Task<unknown> | null = null;
      const outer = createTask(
        taskGroup(function* (group) {
          yield* group.start(
            function* (started) {
              child = currentTask();
              yield* sleep(50);
              started();
            },
            { name: "inner" },
          );
        }),
        { name: "outer" },
      );
      yield* sleep(10);
      const text = graphOf(child);
      yield* outer;
      return text;
    });
    expect(graph).toEqual([INNER, BY, OUTER]);
  });

  test("callbacks and promises are nobody", async () => {
    const graph = await graphWhile(function* (inner) {
      inner.addDoneCallback(() => {});
      void inner.then();
      yield* sleep(1);
    });
    expect(graph).toEqual([INNER]);
  });

  test("a gather that nobody awaits stands for itself", async () => {
    const graph = await graphWhile(function* (inner) {
      const all = gather([inner, sleep(10)]);
      yield* sleep(50);
      yield* all;
    });
    expect(graph).toEqual([INNER, BY, "    * Future(gather() of 2, 2 pending, id=2)"]);
  });

  test("several, each with its own waiters, in the order of their coming", async () => {
    const graph = await virtually(
      function* () {
        const inner = createTask(sleep(100), { name: "inner" });
        const first = createTask(gather([inner, sleep(20)]), { name: "first" });
        const second = createTask(
          function* () {
            yield* inner;
          },
          { name: "second" },
        );
        const both = createTask(wait([first, second]), { name: "both" });
        yield* sleep(10);
        const text = graphOf(inner);
        yield* both;
        return text;
      },
      { name: "main" },
    );
    expect(graph).toEqual([
      '* Task(name="inner", id=1)',
      "  + Awaited by:",
      '    * Task(name="second", id=2)',
      "      + Awaited by:",
      '        * Task(name="both", id=3)',
      '    * Task(name="first", id=4)',
      "      + Awaited by:",
      '        * Task(name="both", id=3) (see above)',
    ]);
  });

  test("one that is done is awaited by nobody", async () => {
    const names = await virtually(function* () {
      const done = createTask(sleep(1), { name: "done" });
      yield* done;
      return namesIn(captureCallGraph(done));
    });
    expect(names).toEqual(["done", []]);
  });
});

describe("who waits for a future", () => {
  test("futures are shown by their name, or by what they are about", async () => {
    const texts = await virtually(function* () {
      const named = new Future({ name: "the reply" });
      const nameless = new Future();
      const waiting = createTask(gather([named, nameless]), { name: "outer" });
      yield* sleep(1);
      const both = [graphOf(named), graphOf(nameless)];
      waiting.cancel();
      yield* wait([waiting]);
      return both;
    });
    expect(texts).toEqual([
      ['* Future(Future "the reply", id=1)', BY, OUTER],
      ["* Future(id=1)", BY, OUTER],
    ]);
  });
});

describe("circles", () => {
  test("two tasks that await each other are shown once each", async () => {
    const graph = await virtually(function* () {
      const first: Task<void> = createTask(
        function* () {
          yield* second;
        },
        { name: "first" },
      );
      const second: Task<void> = createTask(
        function* () {
          yield* first;
        },
        { name: "second" },
      );
      yield* sleep(1);
      const captured = captureCallGraph(first);
      const text = [namesIn(captured), graphOf(captured)];
      first.cancel();
      second.cancel();
      yield* wait([first, second]);
      return text;
    });
    expect(graph).toEqual([
      ["first", [["second", [["first", []]]]]],
      [
        '* Task(name="first", id=1)',
        "  + Awaited by:",
        '    * Task(name="second", id=2)',
        "      + Awaited by:",
        '        * Task(name="first", id=1) (see above)',
      ],
    ]);
  });

  test("what is reached on two ways is the same object", async () => {
    await virtually(function* () {
      const inner = createTask(sleep(10));
      const ways = [1, 2].map((n) => createTask(gather([inner]), { name: `way ${n}` }));
      const both = createTask(gather(ways), { name: "both" });
      yield* sleep(1);
      const [first, second] = captureCallGraph(inner).awaitedBy;
      expect(first?.awaitedBy[0]?.future === both).toBe(true);
      expect(first?.awaitedBy[0] === second?.awaitedBy[0]).toBe(true);
      yield* both;
    });
  });

  test("a chain of 20,000 waits", async () => {
    await virtually(function* () {
      const bottom = new Future<void>();
      let last: Future<unknown> = bottom;
      for (let i = 0; i < 20_000; i++) {
        const before = last;
        last = createTask(function* () {
          yield* before;
        });
      }
      yield* sleep(1);
      let depth = 0;
      let graph = captureCallGraph(bottom);
      for (; graph.awaitedBy.length > 0; graph = graph.awaitedBy[0] as typeof graph) depth++;
      expect(depth).toBe(20_000);
      bottom.setResult();
      yield* last;
    });
  });
});

// In a bundle heddle's own frames cannot be told from the program's.
const bundled = !hasProcess || "Bun" in globalThis || "Deno" in globalThis;

describe.skipIf(bundled)("the current task (skipped in a bundle)", () => {
  function innermost(options?: Parameters<typeof captureCallGraph>[1]) {
    return captureCallGraph(null, options);
  }

  function* middle(options?: Parameters<typeof captureCallGraph>[1]) {
    return innermost(options);
  }

  function* outermost(options?: Parameters<typeof captureCallGraph>[1]) {
    return yield* middle(options);
  }

  test.each<[string, Parameters<typeof captureCallGraph>[1], string[]]>([
    ["all frames, the innermost first", undefined, ["innermost", "middle", "outermost"]],
    ["from its caller", { depth: 2 }, ["middle", "outermost"]],
    ["the outermost two", { limit: 2 }, ["middle", "outermost"]],
    ["the innermost two", { limit: -2 }, ["innermost", "middle"]],
    ["none", { limit: 0 }, []],
    ["no limit", { limit: null }, ["innermost", "middle", "outermost"]],
  ])("%s", async (_what, options, names) => {
    const graph = await virtually(outermost(options));
    expect(graph?.callStack.map((frame) => frame.functionName)).toEqual(names);
    for (const { file, line, column } of graph?.callStack ?? []) {
      expect(file).toMatch(/call-graph\.test\.ts$/);
      expect(line).toBeGreaterThan(0);
      expect(column).toBeGreaterThan(0);
    }
  });

  test("is what is captured if no future is given, and who waits for it", async () => {
    const text = await virtually(
      function* main() {
        return yield* createTask(
          function* child() {
            yield* sleep(1);
            return graphOf();
          },
          { name: "child" },
        );
      },
      { name: "main" },
    );
    expect(text.map((line) => line.replace(/ \(.*\.ts:\d+:\d+\)$/, ""))).toEqual([
      '* Task(name="child", id=1)',
      "  + Call stack:",
      "  |   at graphOf",
      "  |   at child",
      "  + Awaited by:",
      '    * Task(name="main", id=2)',
    ]);
  });

  test("in a callback there is none", async () => {
    const seen = await virtually(function* () {
      const future = new Future<unknown[]>();
      getRunningLoop().callSoon(() => {
        future.setResult([captureCallGraph(), formatCallGraph(), printCallGraph()]);
      });
      return yield* future;
    });
    expect(seen).toEqual([null, "", undefined]);
  });

  test("a task that is started at once by another has its own frames only", async () => {
    const names = await virtually(function* outer() {
      let frames: string[] = [];
      createTask(
        function* eager() {
          frames = captureCallGraph()?.callStack.map((frame) => frame.functionName) ?? [];
        },
        { eagerStart: true },
      );
      return frames;
    });
    expect(names).toEqual(["eager"]);
  });

  test("the program's stack limit is left alone", async () => {
    const before = Error.stackTraceLimit;
    await virtually(outermost());
    expect(Error.stackTraceLimit).toBe(before);
  });
});

describe("printCallGraph", () => {
  class Writing extends VirtualClock {
    readonly written: string[] = [];

    override report(text: string): void {
      this.written.push(text);
    }
  }

  test("writes to the host's report, or to what is given", async () => {
    const host = new Writing();
    const loop = new EventLoop({ host });
    const given: string[] = [];
    await virtually(
      function* () {
        const task = createTask(sleep(10), { name: "inner" });
        yield* sleep(1);
        printCallGraph(task);
        printCallGraph(task, { file: (text) => given.push(text) });
        yield* task;
      },
      { loop },
    );
    expect(host.written).toHaveLength(1);
    expect(host.written[0]).toMatch(/^\* Task\(name="inner", id=\d+\)$/);
    expect(given).toEqual(host.written);
  });
});

describe("wrong arguments", () => {
  test("outside of a loop a future is needed", () => {
    for (const call of [captureCallGraph, formatCallGraph, printCallGraph]) {
      expect(() => call()).toThrow(
        new RuntimeError(`${call.name}() needs a future or task when no event loop is running`),
      );
    }
  });

  test.each([
    ["a coroutine", sleep(1), "captureCallGraph() needs a future or task, got sleep(1)"],
    ["a name", "Task-1", "captureCallGraph() needs a future or task, got Task-1"],
  ])("%s is no future", (_what, given, message) => {
    expect(() => captureCallGraph(given as never)).toThrow(new TypeError(message));
  });

  test.each([
    [{ limit: "3" }, "captureCallGraph(): limit must be a number of frames or null, got 3"],
    [
      { limit: Number.NaN },
      "captureCallGraph(): limit must be a number of frames or null, got NaN",
    ],
    [{ depth: "2" }, "captureCallGraph(): depth must be a number of frames, got 2"],
  ])("options %j", (options, message) => {
    expect(() => captureCallGraph(new Future(), options as never)).toThrow(new TypeError(message));
  });

  test("a stream is no writer", () => {
    expect(() => printCallGraph(new Future(), { file: {} as never })).toThrow(
      new TypeError(
        "printCallGraph(): file must be a function that takes the text, got object. " +
          "For a stream: (text) => stream.write(text)",
      ),
    );
  });
});
