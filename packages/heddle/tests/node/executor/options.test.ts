import { run, sleep } from "heddle";
import { ProcessPoolExecutor, ThreadPoolExecutor } from "heddle/node";
import { describe, expect, test } from "vitest";
import { pools } from "./pools.ts";

describe.each(pools)("options of $kind", ({ Pool }) => {
  const make = (options: unknown) => () => Reflect.construct(Pool, [options]);
  const { name: className } = Pool;

  test.each<[option: string, value: unknown, expected: string, shown: string]>([
    ["maxWorkers", 0, "a whole number from 1", "0"],
    ["maxWorkers", 1.5, "a whole number from 1", "1.5"],
    ["maxWorkers", "2", "a whole number from 1", '"2"'],
    ["maxQueue", -1, "a whole number from 0, or Infinity", "-1"],
    ["maxQueue", Number.NaN, "a whole number from 0, or Infinity", "NaN"],
    ["maxQueue", null, "a whole number from 0, or Infinity", "null"],
    ["grace", -1, "milliseconds from 0, or Infinity", "-1"],
    ["grace", Number.NaN, "milliseconds from 0, or Infinity", "NaN"],
    ["grace", "5", "milliseconds from 0, or Infinity", '"5"'],
    ["grace", null, "milliseconds from 0, or Infinity", "null"],
    ["idleTimeout", -1, "milliseconds from 0, or Infinity", "-1"],
    ["idleTimeout", true, "milliseconds from 0, or Infinity", "true"],
    ["name", 5, "a string", "5"],
  ])("%s: %o", (option, value, expected, shown) => {
    expect(make({ [option]: value })).toThrow(
      new RangeError(`new ${className}(): ${option} must be ${expected}, got ${shown}`),
    );
  });

  test("what is no option, and no options", () => {
    expect(make({ maxWorker: 2 })).toThrow(
      new RegExp(
        `^new ${className}\\(\\): there is no option "maxWorker"; there are maxWorkers, maxQueue, grace, `,
      ),
    );
    for (const options of [5, null, "two"]) {
      expect(make(options)).toThrow(
        new TypeError(
          `new ${className}() takes an object of options, such as { maxWorkers: 2 }, got ${options}`,
        ),
      );
    }
  });

  test("undefined is as good as not given", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: undefined, name: undefined } as object);
      expect(pool.name).toMatch(new RegExp(`^${className}-\\d+$`));
      expect(`${pool}`).toBe(`<${pool.name}>`);
      yield* sleep(0);
    }));

  test("what is no function", () =>
    run(function* () {
      const pool = new Pool();
      for (const [fn, said] of [
        [undefined, "got undefined"],
        [null, "got null"],
        ["f", "got string"],
      ] as const) {
        expect(() => Reflect.apply(pool.submit, pool, [fn])).toThrow(
          new TypeError(`pool.submit() needs a function to run, ${said}`),
        );
      }
      expect(() => pool.submit(Math.max, 1)).toThrow(/"max" is a native function/);
      expect(() => Reflect.apply(pool.submit, pool, [class Account {}])).toThrow(/is a class/);
      yield* sleep(0);
      expect(pool.statistics()).toMatchObject({ workers: 0, failed: 0 });
    }));
});

test.each([
  [ThreadPoolExecutor, { execArgv: "abc" }, /^new ThreadPoolExecutor\(\): execArgv/],
  [ThreadPoolExecutor, { resourceLimits: 5 }, /^new ThreadPoolExecutor\(\): resourceLimits/],
  [ProcessPoolExecutor, { execArgv: "abc" }, /^new ProcessPoolExecutor\(\): execArgv/],
  [ProcessPoolExecutor, { env: 5 }, /^new ProcessPoolExecutor\(\): env/],
  [ProcessPoolExecutor, { cwd: 5 }, /^new ProcessPoolExecutor\(\): cwd/],
])("%o refuses %o", (Pool, options, message) => {
  expect(() => Reflect.construct(Pool, [options])).toThrow(message);
});

test("processes get their environment, folder and options", () =>
  run(function* () {
    const pool = new ProcessPoolExecutor({
      maxWorkers: 1,
      env: { ...process.env, HEDDLE_COLOUR: "green" },
      cwd: "/",
      execArgv: ["--expose-gc"],
    });
    const seen = yield* pool.submit(() => [
      process.env.HEDDLE_COLOUR,
      process.cwd(),
      typeof globalThis.gc,
    ]);
    expect(seen).toEqual(["green", "/", "function"]);
  }));

test("threads get options of Node's", () =>
  run(function* () {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1, execArgv: ["--no-warnings"] });
    expect(yield* pool.submit(() => process.execArgv)).toEqual(["--no-warnings"]);
  }));
