/*
 * What only a process shows of run(): that it ends by itself, and how it is interrupted.
 */
import { expect, test } from "vitest";
import { runProgram } from "./program.ts";

test("the process ends by itself after a run, and soon: no handle is left", async () => {
  const ended = await runProgram(`
    import { createTask, EventLoop, Event, getRunningLoop, run, sleep, timeout, waitFor } from "heddle";
    // Timers of half a minute, left in every way there is. Any of them would hold the process.
    function* main() {
      yield* timeout(30_000, () => sleep(1));
      yield* waitFor(sleep(1), 30_000);
      const cancelled = createTask(sleep(30_000));
      yield* sleep(1);
      cancelled.cancel();
      createTask(sleep(30_000));
      getRunningLoop().callLater(30_000, () => {});
      for (let i = 0; i < 300; i++) getRunningLoop().callLater(30_000 + i, () => {});
      createTask(new Event().wait());
      return "done";
    }
    console.log(await run(main));
    const loop = new EventLoop();
    console.log(await run(main, { loop }), "on a loop that is not closed");
    process.on("exit", () => console.log(performance.now() < 20_000 ? "soon" : "late"));
  `);
  expect(ended.lines).toEqual(["done", "done on a loop that is not closed", "soon"]);
  expect([ended.status, ended.stderr]).toEqual([0, ""]);
});

test("a loop of one's own that stopped does not hold the process by what it left", async () => {
  const ended = await runProgram(`
    import { EventLoop } from "heddle";
    const loop = new EventLoop();
    loop.callLater(30_000, () => {});
    loop.callLater(1, () => loop.stop());
    await loop.runForever();
    console.log("stopped");
  `);
  expect([ended.lines, ended.status]).toEqual([["stopped"], 0]);
});

test("a timer that is alive does hold it", async () => {
  const ended = await runProgram(`
    import { createTask, sleep } from "heddle";
    createTask(function* () { yield* sleep(20); console.log("slept"); });
  `);
  expect([ended.lines, ended.status]).toEqual([["slept"], 0]);
});

test("SIGINT cancels main once, which cleans up", async () => {
  const ended = await runProgram(
    `
    import { run, sleep } from "heddle";
    const outcome = await run(function* () {
      console.log("ready");
      try { yield* sleep(30_000); } finally {
        yield* sleep(1);
        console.log("cleaned up");
      }
    }, { handleSigint: true }).catch((error) => error.name + ": " + error.message);
    console.log(outcome, process.listenerCount("SIGINT"));
    `,
    { onLine: (line, child) => void (line === "ready" && child.kill("SIGINT")) },
  );
  expect(ended.lines).toEqual(["ready", "cleaned up", "CancelledError: SIGINT 0"]);
  expect([ended.status, ended.signal]).toEqual([0, null]);
});

test("a second SIGINT ends the process with status 130", async () => {
  const ended = await runProgram(
    `
    import { run, sleep } from "heddle";
    await run(function* () {
      console.log("ready");
      try { yield* sleep(30_000); } finally {
        console.log("cleaning up");
        yield* sleep(30_000);
      }
    }, { handleSigint: true });
    `,
    { onLine: (_line, child) => void child.kill("SIGINT") },
  );
  expect(ended.lines).toEqual(["ready", "cleaning up"]);
  expect(ended.status).toBe(130);
});

test("without handleSigint a SIGINT is the program's own matter", async () => {
  const ended = await runProgram(
    `
    import { run, sleep } from "heddle";
    await run(function* () {
      console.log("ready", process.listenerCount("SIGINT"));
      yield* sleep(30_000);
    });
    `,
    { onLine: (_line, child) => void child.kill("SIGINT") },
  );
  expect(ended.lines).toEqual(["ready 0"]);
  expect(ended.signal).toBe("SIGINT");
});

test("HEDDLE_DEBUG=1 is debug mode for every loop", async () => {
  const ended = await runProgram(
    `
    import { getEventLoop, run } from "heddle";
    console.log(getEventLoop().getDebug());
    await run(function* () {
      const end = performance.now() + 120; // real time: only that is reported as slow
      while (performance.now() < end);
    }, { name: "main" });
    console.log(getEventLoop().getDebug());
    `,
    { env: { HEDDLE_DEBUG: "1" } },
  );
  expect(ended.lines).toEqual(["true", "true"]);
  expect(ended.stderr).toMatch(
    /^Executing <Task "main" returned> took \d+ ms: it blocked the loop that long\n$/,
  );
});
