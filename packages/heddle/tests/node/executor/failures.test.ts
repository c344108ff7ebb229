import { gather, QueueEmpty, run, TimeoutError } from "heddle";
import { moduleFunction, registerErrorClass } from "heddle/node";
import { describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { pools, program, sharedPool } from "./pools.ts";
import { PaymentError } from "./programs/errors.ts";

type Errors = typeof import("./programs/errors.ts");

registerErrorClass(PaymentError);

describe.each(pools)("errors from $kind", ({ Pool }) => {
  const pool = sharedPool(Pool);
  const fails = (
    name: "failsToPay" | "failsUnknown" | "throwsWord" | "throwsNothing" | "throwsMany",
  ) =>
    pool.submit(moduleFunction<Errors[typeof name]>(program("errors.ts"), name) as () => unknown);

  test("class, message, fields, causes and the remote stack", () =>
    run(function* () {
      const error = (yield* caught(fails("failsToPay"))) as PaymentError;
      expect(error).toBeInstanceOf(PaymentError);
      expect(error.constructor).toBe(PaymentError);
      expect([error.name, error.message, error.cents]).toEqual(["PaymentError", "cannot pay", 250]);
      const middle = error.cause as Error;
      expect(middle).toBeInstanceOf(TypeError);
      expect(middle.cause).toBeInstanceOf(QueueEmpty);
      const lines = error.stack?.split("\n") ?? [];
      expect(lines[0]).toBe("PaymentError: cannot pay");
      expect(lines[1]).toMatch(/at failsToPay \(.*errors\.ts/);
      expect(lines.at(-1)).toBe(`    in ${pool.name}, worker 1`);
    }));

  test("a class that is unknown here comes as the nearest one, under its own name", () =>
    run(function* () {
      const error = (yield* caught(fails("failsUnknown"))) as Error;
      expect(error).toBeInstanceOf(TypeError);
      expect([error.name, error.constructor.name]).toEqual([
        "UnknownHereError",
        "UnknownHereError",
      ]);
    }));

  test("what is thrown and is no error", () =>
    run(function* () {
      expect(yield* caught(fails("throwsWord"))).toBe("a word");
      expect(yield* caught(fails("throwsNothing"))).toBe(undefined);
    }));

  test("an AggregateError brings its errors", () =>
    run(function* () {
      const error = (yield* caught(fails("throwsMany"))) as AggregateError;
      expect(error).toBeInstanceOf(AggregateError);
      expect(error.errors.map(String)).toEqual(["RangeError: one", "TimeoutError: two"]);
      expect(error.errors[1]).toBeInstanceOf(TimeoutError);
    }));

  test("an inline function's stack names it and its line", () =>
    run(function* () {
      const error = (yield* caught(
        pool.submit(function divide() {
          throw new RangeError("by zero");
        }),
      )) as Error;
      expect(error.stack).toMatch(/^RangeError: by zero\n {4}at divide \(heddle:inline\/divide:2:/);
    }));

  test("a failing job fails alone", () =>
    run(function* () {
      const results = yield* gather(
        [1, 2, 3].map((x) =>
          pool.submit((n: number) => {
            if (n === 2) throw new Error("two");
            return n;
          }, x),
        ),
        { returnExceptions: true },
      );
      expect(results.map(String)).toEqual(["1", "Error: two", "3"]);
    }));
});
