/*
 * When capturing begins: in processes of their own, since it never ends.
 */
import { expect, test } from "vitest";
import { runProgram } from "../task/program.ts";

test("a program without a store captures nothing; the first store begins it for all tasks", async () => {
  const { lines } = await runProgram(`
    import { AsyncLocalStorage } from "node:async_hooks";
    import { createTask, Event, getEventLoop, run, sleep } from "heddle";
    const { run: original } = AsyncLocalStorage.prototype;
    const context = getEventLoop().asyncContext;
    console.log("before:", context.inUse);
    const storage = new AsyncLocalStorage();
    const event = new Event();
    const early = run(function* () {
      yield* event.wait();
      return storage.getStore();
    });
    setTimeout(() => {
      storage.run("waker", () => {
        event.set();
        run(function* () {
          yield* sleep(1);
          console.log("late:", storage.getStore());
        });
      });
      console.log("after:", context.inUse, AsyncLocalStorage.prototype.run !== original);
    }, 5);
    early.then((seen) => console.log("early:", seen));
  `);
  expect(lines.sort()).toEqual([
    "after: true true",
    "before: false",
    "early: undefined",
    "late: waker",
  ]);
});

test("stores that were set before heddle was loaded are seen", async () => {
  const { lines } = await runProgram(`
    import { AsyncLocalStorage } from "node:async_hooks";
    const storage = new AsyncLocalStorage();
    const { getEventLoop, run, sleep } = await storage.run("first", () => import("heddle"));
    const seen = storage.run("kept", () => run(function* () {
      yield* sleep(1);
      return storage.getStore();
    }));
    const none = run(function* () {
      yield* sleep(1);
      return storage.getStore();
    });
    console.log(await seen, await none);
    getEventLoop();
  `);
  expect(lines).toEqual(["kept undefined"]);
});
