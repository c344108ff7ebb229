import { createTask, Future, isCancelled, run, shield, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { virtualLoop, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

describe("shield", () => {
  test("gives the result or throws the error", async () => {
    await virtually(function* () {
      expect(yield* shield(sleep(5, "kept"))).toBe("kept");
      const error = new Error("own");
      const failing = createTask(function* () {
        yield* sleep(1);
        throw error;
      });
      expect((yield* errorOf(shield(failing))) === error).toBe(true);
    });
  });

  test("of what is done is that itself", async () => {
    await virtually(function* () {
      const future = new Future<number>();
      future.setResult(1);
      expect(shield(future) === future).toBe(true);
    });
  });

  test("a cancellation of who waits does not reach what is shielded", async () => {
    await virtually(function* () {
      const inner = createTask(sleep(50, "saved"));
      const outer = shield(inner);
      yield* sleep(1);
      expect(outer.cancel()).toBe(true);
      expect([outer.cancelled(), inner.done()]).toEqual([true, false]);
      expect(yield* inner).toBe("saved");
    });
  });

  test("a cancellation of what is shielded reaches who waits", async () => {
    await virtually(function* () {
      const inner = createTask(sleep(50));
      const outer = shield(inner);
      yield* sleep(1);
      inner.cancel();
      expect(isCancelled(yield* errorOf(outer))).toBe(true);
      expect(outer.cancelled()).toBe(true);
    });
  });

  test("an error after the wait was cancelled goes to the exception handler, once for many shields", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    const error = new RangeError("late");
    await run(
      function* () {
        const inner = createTask(function* () {
          yield* sleep(50);
          throw error;
        });
        const shields = [shield(inner), shield(inner), shield(inner)];
        yield* sleep(1);
        for (const each of shields) each.cancel();
        yield* sleep(100);
        expect(reports).toHaveLength(1);
        expect(reports[0]?.message).toBe("RangeError exception in shielded future");
        expect([reports[0]?.exception === error, reports[0]?.future === inner]).toEqual([
          true,
          true,
        ]);
      },
      { loop },
    );
    expect(reports).toHaveLength(1);
  });

  test("an error that somebody else awaits is still reported by the shield, as in asyncio 3.14", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        const inner = createTask(function* () {
          yield* sleep(50);
          throw new Error("late");
        });
        const outer = shield(inner);
        yield* sleep(1);
        outer.cancel();
        yield* errorOf(inner);
        yield* sleep(1);
      },
      { loop },
    );
    expect(reports.map((report) => report.message)).toEqual(["Error exception in shielded future"]);
  });
});
