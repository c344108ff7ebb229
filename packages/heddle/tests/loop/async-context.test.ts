import { AsyncLocalStorage } from "node:async_hooks";
import {
  createTask,
  Event,
  Future,
  getRunningLoop,
  run,
  scoped,
  sleep,
  type Task,
  taskGroup,
} from "heddle";
import { describe, expect, test } from "vitest";
import { virtually } from "../trace.ts";

const storage = new AsyncLocalStorage<string>();

describe("AsyncLocalStorage", () => {
  test("a task sees at every step the store of its creation", () =>
    virtually(function* () {
      const seen: (string | undefined)[] = [];
      function* look() {
        seen.push(storage.getStore());
        yield* sleep(1);
        seen.push(storage.getStore());
        yield* sleep(0);
        seen.push(storage.getStore());
      }
      const a = storage.run("a", () => createTask(look()));
      const b = storage.run("b", () => createTask(look()));
      const none = createTask(look());
      yield* a;
      yield* b;
      yield* none;
      expect(seen).toEqual(["a", "b", undefined, "a", "b", undefined, "a", "b", undefined]);
      expect(storage.getStore()).toBe(undefined);
    }));

  test("a task that is cancelled before it waits keeps its store", () =>
    virtually(function* () {
      const seen: unknown[] = [];
      const task: Task<void> = storage.run("a", () =>
        createTask(function* () {
          task.cancel();
          try {
            yield* sleep(1);
          } catch {
            seen.push(storage.getStore());
          }
          yield* sleep(1);
          seen.push(storage.getStore());
        }),
      );
      yield* task;
      expect(seen).toEqual(["a", "a"]);
    }));

  test("nobody sees the store of whoever woke the loop", async () => {
    const event = new Event();
    let seen: string | undefined = "nothing";
    const waiting = run(function* () {
      yield* event.wait();
      seen = storage.getStore();
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    storage.run("waker", () => event.set());
    await waiting;
    expect(seen).toBe(undefined);
  });

  test("run() takes the store along, and its own tasks inherit it", async () => {
    const seen = await storage.run("request", () =>
      run(function* () {
        yield* sleep(1);
        return yield* taskGroup(function* (group) {
          const child = group.createTask(function* () {
            yield* sleep(1);
            return storage.getStore();
          });
          return yield* child;
        });
      }),
    );
    expect(seen).toBe("request");
  });

  test("callbacks, timers and done callbacks run in the store of their registration", () =>
    virtually(function* () {
      const loop = getRunningLoop();
      const seen: unknown[] = [];
      const note = (what: string) => () => seen.push([what, storage.getStore()]);
      const future = new Future<void>();
      storage.run("x", () => {
        loop.callSoon(note("soon"));
        loop.callLater(1, note("later"));
        future.addDoneCallback(note("done"));
      });
      future.setResult(undefined);
      yield* sleep(2);
      expect(seen).toEqual([
        ["soon", "x"],
        ["done", "x"],
        ["later", "x"],
      ]);
    }));

  test("an async function that is run as a task keeps its store across its own awaits", async () => {
    const seen = await storage.run("async", () =>
      run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const before = storage.getStore();
        await sleep(1);
        return [before, storage.getStore()];
      }),
    );
    expect(seen).toEqual(["async", "async"]);
  });
});

describe("scoped", () => {
  test("the body sees the value across its waits, and its tasks do; the caller does not", () =>
    virtually(function* () {
      const seen = yield* scoped(
        (body) => storage.run("inner", body),
        function* () {
          const first = storage.getStore();
          yield* sleep(1);
          const task = createTask(function* () {
            yield* sleep(1);
            return storage.getStore();
          });
          return [first, storage.getStore(), yield* task];
        },
      );
      expect(seen).toEqual(["inner", "inner", "inner"]);
      expect(storage.getStore()).toBe(undefined);
    }));

  test("scopes nest, and two tasks do not see each other's", () =>
    virtually(function* () {
      const within = (value: string) =>
        scoped(
          (body) => storage.run(value, body),
          function* () {
            yield* sleep(1);
            const nested: string | undefined = yield* scoped(
              (body) => storage.run(`${value}/nested`, body),
              function* () {
                yield* sleep(1);
                return storage.getStore();
              },
            );
            return [storage.getStore(), nested];
          },
        );
      const a = createTask(within("a"));
      const b = createTask(within("b"));
      expect(yield* a).toEqual(["a", "a/nested"]);
      expect(yield* b).toEqual(["b", "b/nested"]);
    }));

  test("a cancellation reaches the body in its scope", () =>
    virtually(function* () {
      let seen: string | undefined;
      const task = createTask(
        scoped(
          (body) => storage.run("cancelled", body),
          function* () {
            try {
              yield* sleep(1000);
            } finally {
              seen = storage.getStore();
            }
          },
        ),
      );
      yield* sleep(1);
      task.cancel();
      yield* sleep(1);
      expect([task.cancelled(), seen]).toEqual([true, "cancelled"]);
    }));

  test("an async body, and await", () =>
    virtually(async () => {
      const seen = await scoped(
        (body) => storage.run("async", body),
        async () => {
          await Promise.resolve();
          return storage.getStore();
        },
      );
      expect(seen).toBe("async");
    }));

  test("an `enter` that does not call its function at once is told", async () => {
    await expect(
      virtually(() =>
        scoped(
          () => {},
          () => sleep(0),
        ),
      ),
    ).rejects.toThrow("its first argument did not call the function it was given, or not at once");
    expect(() => scoped(undefined as never, () => sleep(0))).toThrow(
      "scoped() needs two functions",
    );
  });
});
