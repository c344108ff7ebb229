import { ContextVar, run } from "heddle";
import { moduleFunction, registerContextVar } from "heddle/node";
import { describe, expect, test } from "vitest";
import { pools, program } from "./pools.ts";
import { requestId } from "./programs/state.mjs";

type State = typeof import("./programs/state.mjs");

describe.each(pools)("ContextVars in $kind", ({ Pool }) => {
  const readId = moduleFunction<State["readId"]>(program("state.mjs"), "readId");
  const setsId = moduleFunction<State["setsId"]>(program("state.mjs"), "setsId");

  test("the first job of a worker finds them, though its module registers them only then", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1 });
      requestId.set("first");
      expect(yield* pool.submit(readId)).toBe("first");
      requestId.set("second");
      expect(yield* pool.submit(readId)).toBe("second");
    }));

  test("none leaks into the next job, and what a job sets does not come back", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1 });
      const token = requestId.set("mine");
      expect(yield* pool.submit(setsId, "the job's")).toBe("the job's");
      expect(requestId.get()).toBe("mine");
      requestId.reset(token);
      expect(yield* pool.submit(readId)).toBe("none");
    }));

  test("those that the worker does not know are nobody's", () =>
    run(function* () {
      const pool = new Pool({ maxWorkers: 1 });
      const unknown = registerContextVar(new ContextVar<number>(`only here, ${pool.name}`));
      unknown.set(5);
      expect(yield* pool.submit((x: number) => x, 1)).toBe(1);
    }));
});

test("two variables of one name are refused", () => {
  const first = registerContextVar(new ContextVar("twice"));
  expect(registerContextVar(first)).toBe(first);
  expect(() => registerContextVar(new ContextVar("twice"))).toThrow(
    new RangeError(
      'registerContextVar(): another ContextVar is registered as "twice": give this one another name',
    ),
  );
});
