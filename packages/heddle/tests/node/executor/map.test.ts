import {
  CancelledError,
  type Coroutine,
  createTask,
  failAfter,
  fromPromise,
  iterate,
  RuntimeError,
  run,
  sleep,
} from "heddle";
import { describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { pools, sharedPool } from "./pools.ts";

/** Numbers from 1 without end, of which it is known how many were taken and whether it was closed. */
function source() {
  const state = { taken: 0, closed: false };
  const numbers = (function* () {
    try {
      for (;;) yield ++state.taken;
    } finally {
      state.closed = true;
    }
  })();
  return { state, numbers };
}

describe.each(pools)("map over $kind", ({ Pool }) => {
  const pool = sharedPool(Pool, 2);
  const twice = (n: number) => n * 2;
  /** Milliseconds of real time: workers live in the world. */
  const pause = async (ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return ms;
  };

  test("in order, whatever ends first; by yield* and by await", () =>
    run(function* () {
      expect(yield* pool.map(pause, [60, 1, 30, 2])).toEqual([60, 1, 30, 2]);
      expect(yield* fromPromise((async () => await pool.map(twice, [1, 2, 3]))())).toEqual([
        2, 4, 6,
      ]);
    }));

  test("ordered: false gives what ends first", () =>
    run(function* () {
      expect(yield* pool.map(pause, [150, 1, 40], { ordered: false })).toEqual([1, 40, 150]);
    }));

  test("nothing; one; by for await; from an async source", () =>
    run(function* () {
      expect(yield* pool.map(twice, [])).toEqual([]);
      async function* later(): AsyncGenerator<number> {
        yield 1;
        await Promise.resolve();
        yield 2;
      }
      const all = (async () => {
        const results: number[] = [];
        for await (const each of pool.map(twice, later())) results.push(each);
        return results;
      })();
      expect(yield* fromPromise(all)).toEqual([2, 4]);
    }));

  test.each([1, 3, 4])("takes %i items ahead and no more", (bufferSize) =>
    run(function* () {
      const { state, numbers } = source();
      const results = iterate(pool.map(twice, numbers, { bufferSize }));
      yield* sleep(5);
      expect(state.taken).toBe(0);
      for (const n of [1, 2, 3]) {
        expect((yield* results.next()).value).toBe(n * 2);
        yield* sleep(5);
        expect(state.taken).toBe(n - 1 + bufferSize);
      }
      yield* results.close();
      expect(state.closed).toBe(true);
      expect(pool.statistics()).toMatchObject({ busy: 0, waiting: 0 });
    }),
  );

  test("as they come it takes no more ahead either", () =>
    run(function* () {
      const { state, numbers } = source();
      const results = iterate(pool.map(twice, numbers, { bufferSize: 2, ordered: false }));
      yield* results.next();
      yield* sleep(20);
      expect(state.taken).toBeLessThanOrEqual(3);
      yield* results.close();
      expect(state.closed).toBe(true);
    }));

  test("leaving a for await early closes the source and ends what was taken ahead", () =>
    run(function* () {
      const { state, numbers } = source();
      const left = (async () => {
        for await (const each of pool.map(twice, numbers)) if (each === 6) return each;
        return 0;
      })();
      expect(yield* fromPromise(left)).toBe(6);
      expect(state).toEqual({ taken: 6, closed: true });
      expect(pool.statistics()).toMatchObject({ busy: 0, waiting: 0 });
    }));

  test.each([true, false])("results come while an async source is quiet (ordered: %s)", (ordered) =>
    run(function* () {
      let goOn = () => {};
      const quiet = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      async function* live(): AsyncGenerator<number> {
        yield 1;
        yield 2;
        await quiet;
        yield 3;
      }
      const results = iterate(pool.map(twice, live(), { bufferSize: 4, ordered }));
      const early = yield* failAfter(4000, function* () {
        return [(yield* results.next()).value, (yield* results.next()).value];
      });
      // Two workers: whoever is first.
      expect(early.sort()).toEqual([2, 4]);
      goOn();
      expect(yield* results.next()).toEqual({ done: false, value: 6 });
      expect((yield* results.next()).done).toBe(true);
    }),
  );

  test("awaited twice: an error", () =>
    run(function* () {
      const results = pool.map(twice, [1, 2]);
      expect(yield* results).toEqual([2, 4]);
      const error = yield* caught(results);
      expect(error).toBeInstanceOf(RuntimeError);
      expect(String(error)).toContain("cannot reuse an awaited coroutine");
      expect(() => results.then()).toThrow(RuntimeError);
    }));

  test("for … of, as in Python, is told what to say; so many results by yield* are none", () =>
    run(function* () {
      const own = new Pool({ maxWorkers: 1 });
      expect(() => {
        for (const _ of own.map(twice, [1])) {
          // Never.
        }
      }).toThrow(
        /^what pool\.map\(\) gives comes later, .* for \(const x of yield\* pool\.map\(…\)\)/,
      );
      const many = Array.from({ length: 30_000 }, (_, i) => i);
      expect(yield* own.map((n: number) => n, many)).toEqual(many);
    }));

  test.each([true, false])("an error ends it in its place (ordered: %s)", (ordered) =>
    run(function* () {
      const { state, numbers } = source();
      const fussy = (n: number) => {
        if (n === 3) throw new RangeError("three");
        return n;
      };
      const seen: number[] = [];
      const error = yield* caught(
        (function* (): Coroutine<void> {
          const results = iterate(pool.map(fussy, numbers, { ordered }));
          for (let next = yield* results.next(); !next.done; next = yield* results.next()) {
            seen.push(next.value);
          }
        })(),
      );
      expect(String(error)).toBe("RangeError: three");
      if (ordered) expect(seen).toEqual([1, 2]);
      expect(state.closed).toBe(true);
      expect(pool.statistics()).toMatchObject({ busy: 0, waiting: 0 });
    }),
  );

  test("an error of the source comes after the results before it were wanted", () =>
    run(function* () {
      const error = yield* caught(
        pool.map(
          twice,
          (function* () {
            yield 1;
            throw new TypeError("the source is dry");
          })(),
        ),
      );
      expect(String(error)).toBe("TypeError: the source is dry");
      expect(pool.statistics()).toMatchObject({ busy: 0, waiting: 0 });
    }));

  test("cancelling who waits for it cancels what was taken ahead", () =>
    run(function* () {
      const { state, numbers } = source();
      const slow = async () => await new Promise<void>((resolve) => setTimeout(resolve, 150));
      const task = createTask(function* () {
        yield* pool.map(slow, numbers, { bufferSize: 4 });
      });
      yield* sleep(50);
      task.cancel();
      expect(yield* caught(task)).toBeInstanceOf(CancelledError);
      expect(state).toEqual({ taken: 4, closed: true });
      expect(pool.statistics()).toMatchObject({ busy: 0, waiting: 0 });
    }));

  test("one that nobody iterates does nothing", () =>
    run(function* () {
      const { state, numbers } = source();
      pool.map(twice, numbers);
      yield* sleep(5);
      expect(state.taken).toBe(0);
    }));

  test("bad arguments are refused at once", () =>
    run(function* () {
      const bad =
        (...args: unknown[]) =>
        () =>
          Reflect.apply(pool.map, pool, args);
      expect(bad(twice, [1], { bufferSize: 0 })).toThrow(
        new RangeError("pool.map(): bufferSize must be a whole number from 1, got 0"),
      );
      expect(bad(twice, [1], { bufferSize: 1.5 })).toThrow(RangeError);
      expect(bad(twice, [1], { ordered: "yes" })).toThrow(
        new TypeError("pool.map(): ordered must be true or false, got yes"),
      );
      expect(bad(twice, [1], { buffersize: 2 })).toThrow(
        new TypeError('pool.map(): there is no option "buffersize"; there are bufferSize, ordered'),
      );
      expect(bad(twice, 5)).toThrow(TypeError);
      expect(bad(5, [])).toThrow(TypeError);
      yield* sleep(0);
    }));
});
