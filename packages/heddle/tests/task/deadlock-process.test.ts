/*
 * Deadlocks on Node, in a process of its own: one that can never go on is about to exit.
 */
import { expect, test } from "vitest";
import { runProgram } from "./program.ts";

const FIRST = "deadlock: nothing is scheduled, and nothing can wake these tasks any more:";

test("a lock acquired twice rejects, and the process ends", async () => {
  const ended = await runProgram(`
    import { Lock, run } from "heddle";
    const lock = new Lock({ name: "db" });
    try {
      await run(function* () {
        yield* lock.acquire();
        try { yield* lock.acquire(); } finally { console.log("cleaned up"); }
      }, { name: "main" });
    } catch (error) {
      console.log(error.name + ": " + error.message);
    }
    console.log("the program goes on");
  `);
  expect(ended.lines).toEqual([
    "cleaned up",
    `DeadlockError: ${FIRST}`,
    '  <Task "main" pending> waits for <Future Lock "db" held by main pending>',
    "the program goes on",
  ]);
  expect(ended.status).toBe(0);
});

test("two tasks awaiting each other's events, and an async main that never settles", async () => {
  const ended = await runProgram(`
    import { createTask, Event, gather, run, sleep } from "heddle";
    const [ready, done] = [new Event({ name: "ready" }), new Event({ name: "done" })];
    function* wait(mine, others) { yield* mine.wait(); others.set(); }
    const runs = [
      run(function* () {
        createTask(wait(ready, done), { name: "first" });
        createTask(wait(done, ready), { name: "second" });
        yield* sleep(Infinity);
      }, { name: "main" }),
      run(async () => { await new Promise(() => {}); }, { name: "async main" }),
    ];
    for (const { reason } of await Promise.allSettled(runs)) {
      console.log(reason.name);
      for (const line of reason.message.split("\\n").slice(1)) console.log(line.trim());
    }
  `);
  expect(ended.lines.slice(0, 5)).toEqual([
    "DeadlockError",
    '<Task "main" pending> waits for sleep(Infinity)',
    '<Task "first" pending> waits for <Future Event "ready" (not set) pending>',
    '<Task "second" pending> waits for <Future Event "done" (not set) pending>',
    "DeadlockError",
  ]);
  expect(ended.lines[5]).toContain('<Task "async main" pending> waits for');
  expect(ended.status).toBe(0);
});

test("main that swallows the cancellation and waits for ever again", async () => {
  const ended = await runProgram(`
    import { Event, run } from "heddle";
    const outcome = await run(function* () {
      for (;;) { try { yield* new Event().wait(); } catch {} }
    }).catch((error) => error.name);
    console.log(outcome);
  `);
  expect([ended.lines, ended.status]).toEqual([["DeadlockError"], 0]);
});
