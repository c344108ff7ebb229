import { Context, ContextVar, copyContext, getRunningLoop, run, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { reportsOf } from "./reports-of.ts";

describe("Handle", () => {
  test("cancelled before its turn, it is not called", async () => {
    const { finish, never } = trace();
    await virtually(function* () {
      const handle = getRunningLoop().callSoon(() => never("it was cancelled"));
      expect(handle.cancelled()).toBe(false);
      handle.cancel();
      handle.cancel();
      expect(handle.cancelled()).toBe(true);
      yield* sleep(1);
      finish(1);
    });
  });

  test("cancelling after the call does nothing", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const handle = getRunningLoop().callSoon(() => step(1));
      yield* sleep(0);
      handle.cancel();
      yield* sleep(0);
      finish(2);
    });
  });

  test("a callback may cancel the next of the same iteration, and itself", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const loop = getRunningLoop();
      const self = loop.callSoon(() => {
        step(1);
        self.cancel();
        next.cancel();
        step(2);
      });
      const next = loop.callSoon(() => never("it was cancelled"));
      yield* sleep(1);
      finish(3);
    });
  });

  test("runs in a copy of the context that scheduled it", async () => {
    const user = new ContextVar("user", { default: "nobody" });
    const seen: string[] = [];
    await virtually(function* () {
      const loop = getRunningLoop();
      user.set("ada");
      loop.callSoon(() => {
        seen.push(user.get());
        user.set("changed in the callback");
      });
      user.set("grace");
      loop.callLater(1, () => seen.push(user.get()));
      yield* sleep(2);
      seen.push(user.get());
    });
    expect(seen).toEqual(["ada", "grace", "grace"]);
  });

  test("runs in a context that is given, and several may share one", async () => {
    const user = new ContextVar("user", { default: "nobody" });
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    const seen: string[] = [];
    await run(
      function* () {
        const context: Context = copyContext();
        loop.callSoonIn(context, (name: string) => user.set(name), "ada");
        loop.callSoonIn(context, () => seen.push(user.get()));
        loop.callLaterIn(context, 1, (suffix: string) => user.set(user.get() + suffix), "!");
        loop.callAtIn(context, 2, () => seen.push(user.get()));
        yield* sleep(3);
        expect(user.get()).toBe("nobody");
        expect(context.get(user)).toBe("ada!");
      },
      { loop },
    );
    expect(reports).toEqual([]);
    expect(seen).toEqual(["ada", "ada!"]);
  });

  test("shows its callback, and whether it is cancelled", () => {
    const loop = virtualLoop();
    const named = loop.callSoon(function rebuildIndex() {});
    const [nameless] = [() => {}];
    const timer = loop.callLater(1, nameless as () => void);
    const shown = [String(named), String(timer)];
    named.cancel();
    expect([...shown, String(named)]).toEqual([
      "<Handle rebuildIndex()>",
      "<TimerHandle (anonymous)()>",
      "<Handle cancelled>",
    ]);
    loop.close();
  });

  test("says which context it runs in", async () => {
    const user = new ContextVar("user", { default: "nobody" });
    await virtually(function* () {
      const context = copyContext();
      const loop = getRunningLoop();
      expect(loop.callSoonIn(context, () => {}).getContext()).toBe(context);
      const handle = loop.callSoon(() => user.set("set in it"));
      expect(handle.getContext()).toBe(handle.getContext());
      expect(handle.getContext()).toBeInstanceOf(Context);
      yield* sleep(1);
      expect(handle.getContext().get(user)).toBe("set in it");
    });
  });
});

describe("TimerHandle", () => {
  test("when() is its time on the loop's clock", async () => {
    await virtually(function* () {
      yield* sleep(10);
      const loop = getRunningLoop();
      expect(loop.callLater(5, () => {}).when()).toBe(15);
      expect(loop.callAt(99, () => {}).when()).toBe(99);
      expect(loop.callLaterIn(copyContext(), 5, () => {}).when()).toBe(15);
    });
  });

  test("a cancelled timer does not run and does not hold the clock", async () => {
    const { finish, never } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        const timer = loop.callLater(1000, () => never("it was cancelled"));
        yield* sleep(5);
        timer.cancel();
        timer.cancel();
        expect(timer.cancelled()).toBe(true);
        expect([[...loop.timers], loop.timers.alive]).toEqual([[], 0]);
        yield* sleep(5);
      },
      { loop },
    );
    expect(loop.time()).toBe(10);
    finish(1);
  });

  test("a timer that is due, cancelled in the same iteration, does not run", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const loop = getRunningLoop();
      loop.callAt(5, () => {
        step(1);
        second.cancel();
      });
      const second = loop.callAt(5, () => never("it was cancelled"));
      yield* sleep(10);
      expect(loop.timers.alive).toBe(0);
      finish(2);
    });
  });
});
