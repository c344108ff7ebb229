/*
 * Errors that nobody collects, as a process sees them: its garbage collector, its exit, its
 * unhandledRejection.
 */
import { expect, test } from "vitest";
import { runProgram } from "./program.ts";

test("a task that was collected is reported then, once, while the run goes on", async () => {
  const ended = await runProgram(
    `
    import { createTask, fromPromise, getEventLoop, run, sleep } from "heddle";
    getEventLoop().setExceptionHandler((_loop, { message, exception }) => {
      console.log(message, String(exception));
    });
    // Not in main itself: an engine may keep what a suspended generator has computed last.
    function launch() {
      createTask(function* () { throw new Error("lost"); }, { name: "careless" });
    }
    await run(function* () {
      launch();
      const kept = createTask(function* () { throw new Error("still wanted"); }, { name: "kept" });
      yield* sleep(1);
      for (let i = 0; i < 20; i++) {
        gc();
        yield* fromPromise(new Promise((resolve) => setImmediate(resolve)));
      }
      console.log("main ends");
      kept.exception();
    });
    console.log("the run is over");
    `,
    { nodeOptions: ["--expose-gc"] },
  );
  expect(ended.lines).toEqual([
    'Task exception was never retrieved: <Task "careless" raised> Error: lost',
    "main ends",
    "the run is over",
  ]);
  expect([ended.status, ended.stderr]).toEqual([0, ""]);
});

test("without a run it is reported just before the process exits, once, on stderr", async () => {
  const ended = await runProgram(`
    import { createTask, gather } from "heddle";
    createTask(function* () { throw new Error("lost"); }, { name: "careless" });
    const collected = createTask(function* () { throw new Error("collected"); });
    collected.then(null, (error) => console.log("caught", error.message));
    globalThis.keptFromCollection = gather([(function* () { throw new TypeError("in gather"); })()]);
    process.on("unhandledRejection", (reason) => console.log("unhandled", String(reason)));
  `);
  expect(ended.lines).toEqual(["caught collected"]);
  expect(ended.status).toBe(0);
  expect(ended.stderr.match(/exception was never retrieved/g)).toHaveLength(2);
  expect(ended.stderr).toMatch(
    /^Task exception was never retrieved: <Task "careless" raised>\nError: lost\n/,
  );
  expect(ended.stderr).toContain("TypeError: in gather");
});

test("a loop on a virtual clock does not keep the process from hearing of the others", async () => {
  const ended = await runProgram(`
    import { createTask, EventLoop } from "heddle";
    import { VirtualClock } from "heddle/testing";
    const loop = new EventLoop({ host: new VirtualClock() });
    const first = loop.createTask(function* () { throw new Error("on the virtual clock"); });
    globalThis.kept = first;
    loop.callSoon(() => loop.stop());
    await loop.runForever();
    globalThis.second = createTask(function* () { throw new Error("on the real one"); });
  `);
  expect(ended.stderr).toContain("Error: on the real one");
});

test("rejections of thenables that nobody listens to are no unhandledRejection", async () => {
  // Everything that heddle's calls return, made to fail and then left alone.
  const ended = await runProgram(`
    import { createTask, Event, Future, gather, getEventLoop, Lock, Queue, shield, sleep, taskGroup, timeout, waitFor } from "heddle";
    process.on("unhandledRejection", (reason) => console.log("unhandled", String(reason)));
    getEventLoop().setExceptionHandler((_loop, { message }) => console.log("reported", message.split(":")[0]));
    function* failing() { throw new Error("lost"); }
    const future = new Future();
    future.setException(new Error("lost"));
    const things = [
      future, createTask(failing()), gather([failing()]), shield(failing()),
      timeout(5, failing), taskGroup(failing), waitFor(failing(), 5),
      sleep(1), new Lock().acquire(), new Event().wait(), new Queue().get(),
    ];
    setTimeout(() => console.log(things.length, "things were left alone"), 20);
  `);
  const [summary, ...others] = [...ended.lines].sort();
  expect(summary).toBe("11 things were left alone");
  // Those that start by themselves failed; those that start when they are awaited never did.
  expect(others).toEqual([
    "reported Future exception was never retrieved",
    "reported GatheringFuture exception was never retrieved",
    "reported ShieldingFuture exception was never retrieved",
    "reported Task exception was never retrieved",
  ]);
  expect(ended.status).toBe(0);
});

test("a rejected promise that was given to heddle is heddle's: no unhandledRejection, however late", async () => {
  // The tasks of gather, createTask and waitFor take their first step an iteration later. When the
  // loop's slice ends in between, the process looks at its rejections before that.
  const ended = await runProgram(`
    import { createTask, gather, run, sleep, waitFor } from "heddle";
    process.on("unhandledRejection", (reason) => console.log("unhandled", String(reason)));
    function spendTheSlice() {
      const end = performance.now() + 5; // real time: a slice is measured by the clock
      while (performance.now() < end);
    }
    for (const give of [
      (promise) => gather([promise]),
      (promise) => createTask(promise),
      (promise) => waitFor(promise, 0),
    ]) {
      await run(function* () {
        const given = give(Promise.reject(new Error("given")));
        spendTheSlice();
        try { yield* given; } catch (error) { console.log("caught", error.message || error.name); }
      }, { debug: true }); // in debug mode the clock is read in each iteration
    }
  `);
  expect(ended.lines).toEqual([
    "caught given",
    "caught given",
    "caught the deadline of waitFor(0 ms) has passed",
  ]);
});
