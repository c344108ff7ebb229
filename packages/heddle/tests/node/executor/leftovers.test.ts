import { fromPromise, gather, run, sleep } from "heddle";
import { describe, expect, onTestFinished, test } from "vitest";
import { caught } from "../../caught.ts";
import { eventually, leavesNothing } from "../process/census.ts";
import { openDiary } from "./diary.ts";
import { pools, work } from "./pools.ts";

/** What keeps this process alive, and how often; without what vitest has. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) {
    if (/MessagePort|Worker|Process|Pipe/.test(name)) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Messages of all warnings that Node gives during the test. */
function warnings(): string[] {
  const messages: string[] = [];
  const hear = (warning: Error) => messages.push(warning.message);
  process.on("warning", hear);
  onTestFinished(() => {
    process.off("warning", hear);
  });
  return messages;
}

const listeners = () =>
  ["SIGINT", "SIGTERM", "SIGHUP", "exit"].map((name) => process.listenerCount(name));

describe.each(pools)("after the end of pools of $kind", ({ kind, Pool }) => {
  test("nothing is left: threads, processes, descriptors, listeners", async () => {
    await run(() => new Pool({ maxWorkers: 1 }).submit(work("add"), 1, 2));
    leavesNothing();
    const before = { resources: resources(), listeners: listeners() };
    await run(function* () {
      const diary = openDiary();
      const pool = new Pool({ maxWorkers: 2, grace: 50 });
      yield* gather([pool.submit(work("add"), 1, 2), pool.submit(work("add"), 1, 2)]);
      yield* caught(pool.submit(() => process.exit(3)));
      const spinning = pool.submit(work("spins"), diary.path);
      yield* diary.until("begun");
      spinning.cancel();
      yield* caught(spinning);
      pool.submit(work("waits"), diary.path, 60_000);
      yield* sleep(20);
    });
    expect(listeners()).toEqual(before.listeners);
    // Node closes ports in a later turn of its loop.
    await eventually(() => JSON.stringify(resources()) === JSON.stringify(before.resources));
  });

  test("many pools at once: no warning of too many listeners", async () => {
    const heard = warnings();
    const many = kind === "threads" ? 24 : 12;
    await run(function* () {
      const some = Array.from({ length: many }, () => new Pool({ maxWorkers: 1 }));
      const all = yield* gather(some.map((pool, n) => pool.submit((x: number) => x, n)));
      expect(all.length).toBe(many);
      yield* fromPromise(Promise.all(some.map((pool) => pool.shutdown())));
    });
    expect(heard).toEqual([]);
  });

  test("1,000 jobs, failures and cancellations on one worker: no warning, no listener left", async () => {
    const heard = warnings();
    await run(function* () {
      const pool = new Pool({ maxWorkers: 1 });
      yield* pool.submit(work("add"), 1, 2);
      const before = listeners();
      for (let n = 0; n < 100; n++) {
        const jobs = Array.from({ length: 10 }, (_, i) =>
          pool.submit((x: number) => {
            if (x === 3) throw new Error("three");
            return x;
          }, i),
        );
        jobs[0]?.cancel();
        jobs[9]?.cancel();
        yield* gather(jobs, { returnExceptions: true });
      }
      expect(listeners()).toEqual(before);
      expect(pool.statistics()).toMatchObject({ replaced: 0, died: 0, failed: 100 });
    });
    expect(heard).toEqual([]);
  });
});
