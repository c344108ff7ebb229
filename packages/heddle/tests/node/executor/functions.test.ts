import { gather, run, sleep } from "heddle";
import { moduleFunction } from "heddle/node";
import { describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { openDiary } from "./diary.ts";
import { pools, program, sharedPool, work } from "./pools.ts";

/** A module that is nothing but its text. */
const inline = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

describe.each(pools)("functions for $kind", ({ Pool }) => {
  const pool = sharedPool(Pool);

  test("plain, arrow, method, async and generator functions", () =>
    run(function* () {
      function plain(this: undefined, ...args: number[]) {
        return [args.length, typeof this];
      }
      const object = {
        method: (x: number) => x + 1,
        async later(x: number) {
          return x + 2;
        },
      };
      expect(
        yield* gather([
          pool.submit(plain, 1, 2),
          pool.submit((a: number, b?: number) => a + (b ?? 5), 1),
          pool.submit(object.method, 1),
          pool.submit(object.later, 1),
          pool.submit(async () => {
            const { basename } = await import("node:path");
            return basename("/a/b");
          }),
          pool.submit(function* (n: number): Generator<never, number, unknown> {
            return n * 2;
          }, 21),
        ]),
      ).toEqual([[2, "undefined"], 6, 2, 3, "b", 42]);
    }));

  test("a coroutine function waits in the worker", () =>
    run(function* () {
      const diary = openDiary();
      expect(yield* pool.submit(work("waits"), diary.path, 5)).toBe("slept");
      expect(diary.lines()).toEqual(["begun", "slept", "unwound"]);
    }));

  test("a generator's object, which is no coroutine, cannot be sent back", () =>
    run(function* () {
      const error = yield* caught(pool.submit(() => [1, 2][Symbol.iterator]()));
      expect(error).toBeInstanceOf(TypeError);
    }));

  test("a TypeScript module with what Node cannot parse", () =>
    run(function* () {
      const paint = moduleFunction<typeof import("./programs/typescript.ts").paint>(
        program("typescript.ts"),
        "paint",
      );
      expect(yield* pool.submit(paint, "Green")).toEqual(["2", "inside", "disposed"]);
    }));

  test("functions of .ts, .mjs and .cjs modules, of Node's own, and default exports", () =>
    run(function* () {
      const of = (file: string, name?: string) =>
        moduleFunction<(...args: unknown[]) => unknown>(program(file), name);
      expect(
        yield* gather([
          pool.submit(work("add"), 1, 2),
          pool.submit(of("typescript.ts")),
          pool.submit(of("plain.mjs", "times"), 6, 7),
          pool.submit(of("plain.mjs"), "you"),
          pool.submit(of("plain.cjs", "minus"), 6, 7),
          pool.submit(of("whole.cjs"), 4),
          pool.submit(
            moduleFunction<typeof import("node:path").basename>("node:path", "basename"),
            "/a/b",
          ),
        ]),
      ).toEqual([3, "the default export", 42, "hello, you", -1, 8, "b"]);
    }));

  test("a module is loaded once for a worker, and keeps its state", () =>
    run(function* () {
      const count = moduleFunction<() => number>(program("plain.mjs"), "countCalls");
      const first = yield* pool.submit(count);
      expect(yield* pool.submit(count)).toBe(first + 1);
    }));

  test.each([
    ["is not there", `${program("nowhere.mjs")}`, Error, /Cannot find module '.*nowhere\.mjs'/],
    [
      "is a package that is not there",
      "no-such-package-anywhere",
      Error,
      /there is no package "no-such-package-anywhere"/,
    ],
    ["throws on import", inline("throw new RangeError('no luck')"), RangeError, /^no luck$/],
    ["throws no error on import", inline("throw 'a word'"), undefined, /^a word$/],
    ["cannot be parsed", inline("export const = 4"), SyntaxError, /Unexpected token/],
    [
      "does not export it",
      `${program("plain.mjs")}`,
      TypeError,
      /plain\.mjs does not export "work"; it exports the functions countCalls, default, times$/,
    ],
    ["exports nothing", inline("1"), TypeError, /does not export "work"; it exports no functions$/],
    [
      "exports what is no function",
      inline("export const work = 42"),
      TypeError,
      /has no function as "work"; it exports no functions$/,
    ],
  ])("a module that %s fails its own job alone", (_, url, errorClass, message) =>
    run(function* () {
      const { died } = pool.statistics();
      const fn = moduleFunction<() => void>(url, "work");
      for (let i = 0; i < 2; i++) {
        const error = yield* caught(pool.submit(fn));
        if (errorClass === undefined) expect(error).toMatch(message);
        else {
          expect(error).toBeInstanceOf(errorClass);
          expect((error as Error).message).toMatch(message);
        }
        // An error that nobody has heard in the worker would end it a little later.
        expect(yield* pool.submit(() => "goes on")).toBe("goes on");
        yield* sleep(1);
      }
      expect(pool.statistics()).toMatchObject({ died, busy: 0 });
    }),
  );

  test("the tasks that a job has left are cancelled before its result comes", () =>
    run(function* () {
      const diary = openDiary();
      expect(yield* pool.submit(work("leavesTask"), diary.path)).toBe("done");
      expect(diary.lines()).toEqual(["begun", "unwound"]);
    }));

  test("a job uses other threads", () =>
    run(function* () {
      expect(yield* pool.submit(work("asksAnotherThread"))).toBe(42);
    }));
});
