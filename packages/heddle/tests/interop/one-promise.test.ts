/*
 * One promise, awaited many times: a wait that was cancelled must leave nothing behind.
 */
import { createTask, fromPromise, gather, run, sleep, waitFor } from "heddle";
import { expect, test } from "vitest";
import { errorOf } from "../task/error-of.ts";

/** A promise that counts its reactions. */
function counted<T>(): { promise: Promise<T>; resolve(value: T): void; reactions(): number } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  let reactions = 0;
  const then = promise.then.bind(promise);
  promise.then = ((...callbacks: Parameters<typeof then>) => {
    reactions++;
    return then(...callbacks);
  }) as typeof promise.then;
  return { promise, resolve: (value) => resolve(value), reactions: () => reactions };
}

test("a thousand cancelled waits for one promise leave one reaction", async () => {
  const { promise, resolve, reactions } = counted<string>();
  await run(function* () {
    for (let i = 0; i < 1000; i++) {
      const waiting = createTask(fromPromise(promise));
      yield* sleep(0);
      waiting.cancel();
      yield* errorOf(waiting);
      expect(waiting.cancelled()).toBe(true);
    }
    expect(reactions()).toBe(1);
    const last = createTask(fromPromise(promise));
    yield* sleep(0);
    resolve("settled");
    expect(yield* last).toBe("settled");
    expect(reactions()).toBe(1);
    // Who comes after it has settled gets the outcome, too.
    expect(yield* fromPromise(promise)).toBe("settled");
  });
});

test("as many reactions as there are waits at once, however often they are cancelled", async () => {
  const { promise, resolve, reactions } = counted<number>();
  await run(function* () {
    for (let round = 0; round < 10; round++) {
      const waiting = [1, 2, 3].map(() => createTask(waitFor(promise, 10_000)));
      yield* sleep(0);
      for (const each of waiting) each.cancel();
      yield* gather(waiting, { returnExceptions: true });
    }
    expect(reactions()).toBe(3);
    const waiting = gather([1, 2, 3, 4].map(() => createTask(fromPromise(promise))));
    yield* sleep(0);
    resolve(7);
    expect(yield* waiting).toEqual([7, 7, 7, 7]);
    expect(reactions()).toBe(4);
  });
});

test("a rejection after the last wait was cancelled is nobody's, and not unhandled", async () => {
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<never>((_, settle) => {
    reject = settle;
  });
  await run(function* () {
    const waiting = createTask(fromPromise(promise));
    yield* sleep(0);
    waiting.cancel();
    yield* errorOf(waiting);
    reject(new Error("late"));
    yield* sleep(5);
  });
});
