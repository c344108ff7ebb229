import {
  type CodePlace,
  type Coroutine,
  createTask,
  currentTask,
  EventLoop,
  Future,
  gather,
  Lock,
  Queue,
  run,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
} from "heddle";
import { VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { runProgram } from "../task/program.ts";
import { virtually } from "../trace.ts";
import { runUnbundled } from "./unbundled-program.ts";

const namesOf = (frames: readonly CodePlace[]) => frames.map((frame) => frame.functionName);

/** What `look` sees of a task that runs `body`, after 10 ms. */
function seenOf<T>(body: Coroutine<unknown>, look: (task: Task<unknown>) => T, debug = false) {
  return virtually(
    function* () {
      const task = createTask(body, { name: "seen" });
      yield* sleep(10);
      const seen = look(task);
      task.cancel();
      yield* wait([task]);
      return seen;
    },
    { debug },
  );
}

describe("on Node, the outermost coroutine", () => {
  test("is told with its function, file, line and column", async () => {
    const { lines } = await runUnbundled(`
      import { createTask, run, sleep } from "heddle";
      function* inner() {
        yield* sleep(10);
      }
      function* worker() {
        const n = 1;
        yield* inner(n);
      }
      await run(function* () {
        const task = createTask(worker());
        console.log(JSON.stringify(task.getStack()));
        yield* sleep(1);
        console.log(JSON.stringify(task.getStack()));
        yield* task;
        console.log(JSON.stringify(task.getStack()));
      });
    `);
    const frame = { functionName: "worker", file: "PROGRAM" };
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      // It was not begun yet: that is where it was written.
      [{ ...frame, line: 6, column: expect.any(Number) }],
      [{ ...frame, line: 8, column: 9 }],
      [],
    ]);
  });

  test("of a TypeScript program is told by its source map", async () => {
    const { lines } = await runUnbundled(
      `
      import { createTask, run, sleep } from "heddle";
      interface Long {
        n: number;
      }
      type Longer = Long & {
        m: string;
      };
      function* worker(given: Longer): Generator<never, void, unknown> {

        yield* sleep(given.n) as never;
      }
      await run(function* () {
        const task = createTask(worker({ n: 10, m: "" }) as never);
        yield* sleep(1);
        console.log(JSON.stringify(task.getStack()));
        yield* task;
      });
    `,
      { ending: ".mts" },
    );
    expect(JSON.parse(lines[0] as string)).toEqual([
      { functionName: "worker", file: "PROGRAM", line: 11, column: 9 },
    ]);
  });

  test("is told for methods and functions without a name, in a thread of its own too", async () => {
    const { lines } = await runProgram(`
      import { captureCallGraph, createTask, run, sleep } from "heddle";
      import { Worker, isMainThread, parentPort } from "node:worker_threads";
      export { captureCallGraph };
      class Service {
        *serve() { yield* sleep(10); }
      }
      const list = [function* () { yield* sleep(10); }];
      const said = await run(function* () {
        const tasks = [createTask(new Service().serve()), createTask(list[0]())];
        yield* sleep(1);
        return tasks.map((task) => task.getStack()[0].functionName).join(" ");
      });
      if (isMainThread) {
        console.log(said);
        const worker = new Worker(new URL(import.meta.url));
        worker.on("message", (said) => console.log("thread:", said));
      } else parentPort.postMessage(said);
    `);
    expect(lines).toEqual(["serve (anonymous)", "thread: serve (anonymous)"]);
  });

  test("may be heddle's own function", async () => {
    const { lines } = await runUnbundled(`
      import { createTask, Lock, run, sleep } from "heddle";
      await run(function* () {
        const lock = new Lock();
        yield* lock.acquire();
        const task = createTask(lock.acquire());
        yield* sleep(1);
        console.log(task.getStack()[0].functionName);
      });
    `);
    expect(lines).toEqual(["acquire"]);
  });

  test("cannot be told for what is no generator", async () => {
    const { lines, stderr } = await runUnbundled(`
      import { createTask, run, sleep } from "heddle";
      await run(function* () {
        const task = createTask(sleep(10), { name: "sleeper" });
        yield* sleep(1);
        console.log(task.getStack());
        task.printStack();
      });
    `);
    expect([lines, stderr]).toEqual([
      ["[]"],
      ['No stack for <Task "sleeper" pending>', "  waits for sleep(10)"],
    ]);
  });

  test("is looked at without disturbing anything", { timeout: 30_000 }, async () => {
    const { lines } = await runUnbundled(
      `
      import { createTask, run, sleep } from "heddle";
      const inspector = process.getBuiltinModule("node:inspector");
      const opened = [];
      const { connect, disconnect } = inspector.Session.prototype;
      inspector.Session.prototype.connect = function () { opened.push(this); connect.call(this); };
      inspector.Session.prototype.disconnect = function () {
        opened.splice(opened.indexOf(this), 1);
        disconnect.call(this);
      };
      const keys = () => Reflect.ownKeys(inspector).length + Reflect.ownKeys(globalThis).length;
      const before = keys();
      function* worker() {
        let sum = 0;
        for (let i = 0; i < 3; i++) {
          yield* sleep(1);
          sum += i;
        }
        return sum;
      }
      await run(function* () {
        let task = createTask(worker());
        const seen = new WeakRef(task.getCoro());
        const places = new Set();
        const heldAfterLooks = () => {
          for (let i = 0; i < 1000; i++) places.add(JSON.stringify(task.getStack()));
          globalThis.gc();
          return process.memoryUsage().heapUsed;
        };
        // A leak grows in every round; 100 bytes for each look would be seen.
        let [least, held] = [Infinity, heldAfterLooks()];
        for (let round = 0; round < 4; round++) {
          const now = heldAfterLooks();
          least = Math.min(least, now - held);
          held = now;
        }
        console.log("places", places.size);
        console.log("leaks", least > 100_000);
        console.log("result", yield* task);
        console.log("sessions", opened.length, "keys", keys() - before);
        console.log("port", inspector.url());
        task = null;
        yield* sleep(1);
        globalThis.gc();
        console.log("coroutine", seen.deref());
      });
    `,
      { nodeOptions: ["--expose-gc"] },
    );
    expect(lines).toEqual([
      "places 1",
      "leaks false",
      "result 3",
      "sessions 0 keys 0",
      "port undefined",
      "coroutine undefined",
    ]);
  });

  test("is looked at beside another session, whose coverage and debugger go on", async () => {
    const { lines } = await runUnbundled(`
      import { createTask, run, sleep } from "heddle";
      import { Session } from "node:inspector";
      const other = new Session();
      other.connect();
      const ask = (method, params) => {
        let answer;
        other.post(method, params, (error, result) => { answer = error ?? result; });
        return answer;
      };
      const seen = [];
      other.on("Debugger.paused", ({ params }) => seen.push(params.reason));
      ask("Debugger.enable");
      ask("Debugger.setPauseOnExceptions", { state: "all" });
      ask("Profiler.enable");
      ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
      function counted() {}
      await run(function* () {
        const task = createTask((function* worker() { yield* sleep(10); })());
        yield* sleep(1);
        for (let i = 0; i < 5; i++) counted();
        console.log(task.getStack()[0].functionName);
        for (let i = 0; i < 5; i++) counted();
        yield* task;
      });
      const { result } = ask("Profiler.takePreciseCoverage");
      const here = result.find(({ url }) => url.endsWith("program.mjs"));
      console.log(here.functions.find(({ functionName }) => functionName === "counted").ranges[0].count);
      console.log(seen.length, "pauses");
    `);
    expect(lines).toEqual(["worker", "10", "0 pauses"]);
  });

  test("where the inspector may not be used, there is none", async () => {
    const { lines } = await runUnbundled(`
      import { createTask, run, sleep } from "heddle";
      const inspector = process.getBuiltinModule("node:inspector");
      inspector.Session.prototype.connect = () => { throw new Error("not allowed"); };
      await run(function* () {
        const task = createTask((function* worker() { yield* sleep(10); })());
        yield* sleep(1);
        console.log(task.getStack());
      });
    `);
    expect(lines).toEqual(["[]"]);
  });

  test("is told in a bundle, if it uses introspection", async () => {
    const program = `
      import { createTask, run, sleep } from "heddle";
      function* worker() { yield* sleep(10); }
      const message = await run(function* () {
        const task = createTask(worker());
        yield* sleep(1);
        try { return task.getStack()[0].functionName; } catch (error) { return String(error); }
      });
      console.log(message);
    `;
    const without = await runProgram(program);
    expect(without.lines).toEqual([
      "RuntimeError: stacks are not in this bundle: use captureCallGraph(task), which brings them",
    ]);
    const using = `import { captureCallGraph } from "heddle"; export { captureCallGraph };`;
    expect((await runProgram(using + program)).lines).toEqual(["worker"]);
  });
});

describe("in debug mode, all coroutines of a task that waits", () => {
  function* wrapper(wait: () => Coroutine<unknown>) {
    yield* wait();
  }

  test("are told from the oldest to the innermost", async () => {
    function* leaf() {
      yield* sleep(100);
    }
    function* branch() {
      yield* leaf();
    }
    const frames = await seenOf(wrapper(branch), (task) => task.getStack(), true);
    expect(namesOf(frames)).toEqual(["wrapper", "branch", "leaf"]);
    for (const { file } of frames) expect(file).toMatch(/get-stack\.test\.ts$/);
    expect(frames[0]?.line).toBeLessThan(frames[2]?.line as number);
  });

  test.each<[string, () => Coroutine<unknown>]>([
    [
      "a future",
      function* here() {
        yield* new Future();
      },
    ],
    [
      "a task",
      function* here() {
        yield* createTask(sleep(100));
      },
    ],
    [
      "gather",
      function* here() {
        yield* gather([sleep(100), sleep(200)]);
      },
    ],
    [
      "wait",
      function* here() {
        yield* wait([createTask(sleep(100))]);
      },
    ],
    [
      "Queue.get",
      function* here() {
        yield* new Queue().get();
      },
    ],
    [
      "Queue.put",
      function* here() {
        const queue = new Queue(1);
        yield* queue.put(1);
        yield* queue.put(2);
      },
    ],
    [
      "Lock.acquire",
      function* here() {
        const lock = new Lock();
        yield* lock.acquire();
        yield* lock.acquire();
      },
    ],
    [
      "the end of a group",
      function* here() {
        yield* taskGroup(function* (group) {
          group.createTask(sleep(100));
        });
      },
    ],
  ])("without heddle's own frames, at %s", async (_what, body) => {
    const frames = await seenOf(wrapper(body), (task) => task.getStack(), true);
    expect(namesOf(frames)).toEqual(["wrapper", "here"]);
  });

  test("with those in the blocks of heddle's helpers", async () => {
    function* inside() {
      yield* sleep(100);
    }
    function* outside() {
      yield* timeout(500, function* block() {
        yield* inside();
      });
    }
    const frames = await seenOf(wrapper(outside), (task) => task.getStack(), true);
    expect(namesOf(frames)).toEqual(["wrapper", "outside", "block", "inside"]);
  });

  test("however deep they are", async () => {
    function* deep(depth: number): Coroutine<void> {
      if (depth > 0) yield* deep(depth - 1);
      else yield* sleep(100);
    }
    const frames = await seenOf(deep(80), (task) => task.getStack(), true);
    expect(frames).toHaveLength(81);
  });

  test("as they are at the wait it is in, not at one before", async () => {
    function* first() {
      yield* sleep(1);
    }
    function* second() {
      yield* sleep(100);
    }
    function* both() {
      yield* first();
      yield* second();
    }
    const frames = await seenOf(both(), (task) => task.getStack(), true);
    expect(namesOf(frames)).toEqual(["both", "second"]);
  });

  test("of two tasks that wait for one future are each task's own", async () => {
    const names = await virtually(
      function* () {
        const future = new Future<void>();
        const tasks = [
          createTask(function* left() {
            yield* future;
          }),
          createTask(function* right() {
            yield* future;
          }),
        ];
        yield* sleep(1);
        const stacks = tasks.map((task) => namesOf(task.getStack()));
        future.setResult();
        yield* gather(tasks);
        return stacks;
      },
      { debug: true },
    );
    expect(names).toEqual([["left"], ["right"]]);
  });

  test("the newest of them, with a limit", async () => {
    function* leaf() {
      yield* sleep(100);
    }
    const names = await seenOf(
      wrapper(leaf),
      (task) => [0, 1, 2, 3, null].map((limit) => namesOf(task.getStack({ limit }))),
      true,
    );
    const all = ["wrapper", "leaf"];
    expect(names).toEqual([[], ["leaf"], all, all, all]);
  });

  test("are not told of waits that began outside of it", async () => {
    const frames = await virtually(function* () {
      const loop = currentTask()?.getLoop() as EventLoop;
      function* waiter() {
        yield* sleep(100);
      }
      const task = createTask(waiter());
      yield* sleep(10);
      loop.setDebug(true);
      const seen = task.getStack();
      loop.setDebug(false);
      yield* task;
      return seen;
    });
    expect(frames).toEqual([]);
  });

  test("nor are those of a wait that is over", async () => {
    const stacks = await virtually(function* () {
      const loop = currentTask()?.getLoop() as EventLoop;
      loop.setDebug(true);
      function* waiter() {
        yield* sleep(1);
        loop.setDebug(false);
        yield* sleep(100);
      }
      const task = createTask(waiter());
      yield* sleep(0.5);
      const seen = [namesOf(task.getStack())];
      yield* sleep(1);
      seen.push(namesOf(task.getStack()));
      yield* task;
      return seen;
    });
    expect(stacks).toEqual([["waiter"], []]);
  });

  test("other loops are left alone", async () => {
    const names: string[][] = [];
    const debugged = new EventLoop({ host: new VirtualClock() });
    debugged.setDebug(true);
    await virtually(function* () {
      function* waiter() {
        yield* sleep(100);
      }
      const task = createTask(waiter());
      yield* sleep(10);
      names.push(namesOf(task.getStack()));
      yield* task;
    });
    debugged.setDebug(false);
    debugged.close();
    expect(names).toEqual([[]]);
  });
});

describe("a task that runs", () => {
  test("has its native stack, down to its coroutine", async () => {
    const names = await virtually(function* main() {
      function plain() {
        return currentTask()?.getStack() ?? [];
      }
      function* inner() {
        return plain();
      }
      return namesOf(yield* inner());
    });
    expect(names).toEqual(["main", "inner", "plain"]);
  });
});

describe("a task that is done", () => {
  function fail(): never {
    throw new RangeError("out of it");
  }

  function* failing() {
    yield* sleep(1);
    fail();
  }

  test("has the stack of its error, and nobody has fetched that error by this", async () => {
    const [frames, oldest] = await seenOf(failing(), (task) => {
      const both = [task.getStack(), task.getStack({ limit: 1 })];
      task.exception();
      return both;
    });
    expect(namesOf(frames ?? [])).toEqual(["failing", "fail"]);
    expect(namesOf(oldest ?? [])).toEqual(["failing"]);

    const reports: string[] = [];
    const loop = new EventLoop({ host: new VirtualClock() });
    loop.setExceptionHandler((_loop, { message }) => reports.push(message));
    await run(
      function* () {
        const task = createTask(failing(), { name: "lost" });
        yield* sleep(10);
        task.getStack();
      },
      { loop },
    );
    expect(reports).toEqual(['Task exception was never retrieved: <Task "lost" raised>']);
  });

  test("is not misled by a message with lines like frames", async () => {
    function* failing() {
      yield* sleep(1);
      throw new Error("it was\n    at elsewhere (/srv/app.ts:1:2)");
    }
    const frames = await seenOf(failing(), (task) => {
      task.exception();
      return task.getStack();
    });
    expect(namesOf(frames)).toEqual(["failing"]);
  });

  test("has none if it returned, was cancelled, or threw what has no stack", async () => {
    const stacks = await virtually(function* () {
      const tasks = [
        createTask(function* () {}),
        createTask(sleep(100)),
        createTask(function* () {
          throw "a string";
        }),
      ];
      yield* sleep(1);
      tasks[1]?.cancel();
      yield* wait(tasks);
      tasks[2]?.exception();
      return tasks.map((task) => task.getStack());
    });
    expect(stacks).toEqual([[], [], []]);
  });
});

describe("printStack", () => {
  const printed = (task: Task<unknown>, options = {}) => {
    const texts: string[] = [];
    task.printStack({ ...options, file: (text) => texts.push(text) });
    expect(texts).toHaveLength(1);
    return texts[0]?.replace(/\(.*\.ts:\d+:\d+\)/g, "(PLACE)").split("\n");
  };

  test("of one that waits", async () => {
    function* leaf() {
      yield* sleep(100);
    }
    function* root() {
      yield* leaf();
    }
    expect(await seenOf(root(), printed, true)).toEqual([
      'Stack for <Task "seen" pending> (most recent call last):',
      "  at root (PLACE)",
      "  at leaf (PLACE)",
      "  waits for sleep(100)",
    ]);
    expect(await seenOf(root(), (task) => printed(task, { limit: 1 }), true)).toEqual([
      'Stack for <Task "seen" pending> (most recent call last):',
      "  at leaf (PLACE)",
      "  waits for sleep(100)",
    ]);
  });

  test("of one that has failed", async () => {
    function* failing() {
      yield* sleep(1);
      throw new RangeError("out of it");
    }
    const text = await seenOf(failing(), (task) => {
      const lines = printed(task);
      task.exception();
      return lines;
    });
    expect(text).toEqual([
      'Traceback for <Task "seen" raised> (most recent call last):',
      "  at failing (PLACE)",
      "RangeError: out of it",
    ]);
  });

  test("of one without a stack", async () => {
    expect(await seenOf(sleepForEver(), printed)).toEqual([
      'No stack for <Task "seen" pending>',
      "  waits for sleep(Infinity)",
    ]);
  });

  function* sleepForEver() {
    yield* sleep(Number.POSITIVE_INFINITY);
  }

  test("writes to the host's report if no file is given", async () => {
    const written: string[] = [];
    class Writing extends VirtualClock {
      override report(text: string): void {
        written.push(text);
      }
    }
    await run(
      function* () {
        const task = createTask(sleep(1), { name: "seen" });
        task.printStack();
        yield* task;
      },
      { loop: new EventLoop({ host: new Writing() }) },
    );
    expect(written).toEqual(['No stack for <Task "seen" pending>']);
  });
});

describe("wrong arguments", () => {
  test("a limit that is no number, a file that is no function", async () => {
    await seenOf(sleepForEver(), (task) => {
      expect(() => task.getStack({ limit: "1" as never })).toThrow(
        new TypeError("getStack(): limit must be a number of frames or null, got 1"),
      );
      expect(() => task.printStack({ limit: Number.NaN })).toThrow(
        new TypeError("printStack(): limit must be a number of frames or null, got NaN"),
      );
      expect(() => task.printStack({ file: process.stderr as never })).toThrow(
        new TypeError(
          "printStack(): file must be a function that takes the text, got object. " +
            "For a stream: (text) => stream.write(text)",
        ),
      );
    });
  });

  function* sleepForEver() {
    yield* sleep(Number.POSITIVE_INFINITY);
  }
});
