// map's look-ahead, whatever the executor: by functions that take virtual time.
import * as fc from "fast-check";
import { type Coroutine, createTask, run, sleep } from "heddle";
import { mapOver } from "heddle/executor";
import { runVirtual } from "heddle/testing";
import { expect, test } from "vitest";

interface Item {
  /** Milliseconds from the item before, and of its job. */
  readonly after: number;
  readonly takes: number;
}

const items = fc.array(fc.record({ after: fc.nat({ max: 5 }), takes: fc.nat({ max: 9 }) }), {
  maxLength: 30,
});

async function* slowly(all: readonly Item[]) {
  for (const [index, item] of all.entries()) {
    if (item.after > 0) await sleep(item.after);
    yield { ...item, index };
  }
}

function* atOnce(all: readonly Item[]) {
  for (const [index, item] of all.entries()) yield { ...item, index };
}

test("each result comes once, in order if that is asked for, and no more is taken ahead than bufferSize", async () => {
  const sizes = fc.integer({ min: 1, max: 6 });
  await fc.assert(
    fc.asyncProperty(
      items,
      sizes,
      fc.boolean(),
      fc.boolean(),
      fc.nat({ max: 4 }),
      (all, bufferSize, ordered, isSlow, eats) =>
        runVirtual(function* () {
          let begun = 0;
          let given = 0;
          function* job({ index, takes }: Item & { index: number }): Coroutine<number> {
            if (takes > 0) yield* sleep(takes);
            return index;
          }
          const submit = (item: Item & { index: number }) => {
            begun++;
            expect(begun - given).toBeLessThanOrEqual(bufferSize);
            return createTask(job(item), { eagerStart: true });
          };
          const source = isSlow ? slowly(all) : atOnce(all);
          const results = mapOver("map", submit, source, { bufferSize, ordered });
          const seen: number[] = [];
          for (let next = yield* results.next(); !next.done; next = yield* results.next()) {
            given++;
            seen.push(next.value);
            if (eats > 0) yield* sleep(eats);
          }
          const whole = all.map((_, index) => index);
          if (ordered) expect(seen).toEqual(whole);
          else expect([...seen].sort((one, other) => one - other)).toEqual(whole);
        }),
    ),
    { numRuns: 300 },
  );
});

test("the first that ends comes first, where the order is not asked for", () =>
  runVirtual(function* () {
    const submit = (ms: number) => createTask(sleep(ms, ms));
    const results = mapOver("map", submit, [30, 10, 20], { bufferSize: 3, ordered: false });
    expect(yield* results).toEqual([10, 20, 30]);
  }));

test("an error of an item comes in its place, and ends the rest", () =>
  run(function* () {
    const cancelled: number[] = [];
    const submit = (n: number) =>
      createTask(
        (function* (): Coroutine<number> {
          if (n === 2) throw new RangeError("two");
          try {
            yield* sleep(n < 2 ? 5 : 10_000);
          } catch (error) {
            cancelled.push(n);
            throw error;
          }
          return n;
        })(),
      );
    const results = mapOver("map", submit, [0, 1, 2, 3, 4], { bufferSize: 5 });
    const seen: unknown[] = [];
    try {
      for (;;) seen.push((yield* results.next()).value);
    } catch (error) {
      seen.push(String(error));
    }
    expect(seen).toEqual([0, 1, "RangeError: two"]);
    expect(cancelled).toEqual([3, 4]);
  }));
