import {
  CancelledError,
  ContextVar,
  copyContext,
  createTask,
  EventLoop,
  getEventLoop,
  getRunningLoop,
  Runner,
  RuntimeError,
  sleep,
} from "heddle";
import { VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { virtualLoop } from "../trace.ts";
import { SignalledClock } from "./signalled-clock.ts";

describe("Runner", () => {
  test("runs one program after another, on one loop and in one context", async () => {
    await using runner = new Runner({ loop: virtualLoop() });
    const user = new ContextVar("user", { default: "nobody" });
    const first = await runner.run(function* () {
      user.set("ada");
      yield* sleep(10);
      return getRunningLoop();
    });
    const second = await runner.run(function* () {
      expect(user.get()).toBe("ada");
      expect(getRunningLoop().time()).toBe(10);
      yield* sleep(10);
      return getRunningLoop();
    });
    expect(first === second && first === runner.getLoop()).toBe(true);
    expect(user.get()).toBe("nobody");
  });

  test("what a run leaves behind is cancelled and awaited at its end", async () => {
    await using runner = new Runner({ loop: virtualLoop() });
    let cleaned = false;
    await runner.run(function* () {
      createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          yield* sleep(1);
          cleaned = true;
        }
      });
      yield* sleep(0);
    });
    expect(cleaned).toBe(true);
  });

  test("close ends what belongs to the loop alone, and the loop", async () => {
    const runner = new Runner({ loop: new EventLoop({ host: new VirtualClock() }) });
    const loop = runner.getLoop();
    let cleaned = false;
    loop.createTask(function* () {
      try {
        yield* sleep(1000);
      } finally {
        cleaned = true;
      }
    });
    await runner.run(() => sleep(1));
    expect(cleaned).toBe(false);
    await runner.close();
    await runner.close();
    expect([cleaned, loop.isClosed()]).toEqual([true, true]);
    expect(() => runner.getLoop()).toThrow("Runner is closed");
    await expect(runner.run(() => sleep(1))).rejects.toThrow(RuntimeError);
  });

  test("makes a loop of its own when none is given, and closes it", async () => {
    let loop: EventLoop;
    {
      await using runner = new Runner();
      loop = runner.getLoop();
      expect((await runner.run(async () => getRunningLoop())) === loop).toBe(true);
      expect(getEventLoop() === loop).toBe(false);
    }
    expect(loop.isClosed()).toBe(true);
  });

  test("close of one that has never run, of one whose loop is closed, and twice at once", async () => {
    await new Runner().close();
    const closed = new Runner({ loop: virtualLoop() });
    closed.getLoop().close();
    await closed.close();
    const twice = new Runner({ loop: virtualLoop() });
    twice.getLoop().createTask(sleep(1000));
    await Promise.all([twice.close(), twice.close()]);
    expect(() => twice.getLoop()).toThrow("Runner is closed");
  });

  test("SIGINT cancels the main task that is running, and nothing between two runs", async () => {
    const host = new SignalledClock();
    const runner = new Runner({ loop: new EventLoop({ host }) });
    const heard: number[] = [];
    const interrupted = runner.run(function* () {
      runner.getLoop().callLater(5, () => heard.push(host.raiseSignal("SIGINT")));
      yield* sleep(1000);
    });
    await expect(interrupted).rejects.toEqual(new CancelledError("SIGINT"));
    heard.push(host.raiseSignal("SIGINT"));
    await runner.run(async () => heard.push(host.raiseSignal("SIGINT")), { handleSigint: false });
    runner.getLoop().createTask(function* () {
      try {
        yield* sleep(1000);
      } finally {
        heard.push(host.raiseSignal("SIGINT"));
      }
    });
    await runner.run(() => sleep(1));
    await runner.close();
    expect([heard, host.exits]).toEqual([[1, 0, 0, 0], []]);
  });

  test("a context of one's own, a name, a signal", async () => {
    await using runner = new Runner({ loop: virtualLoop() });
    const user = new ContextVar("user", { default: "nobody" });
    const own = copyContext();
    await runner.run(
      function* () {
        user.set("bob");
      },
      { context: own },
    );
    expect([own.get(user), await runner.run(async () => user.get())]).toEqual(["bob", "nobody"]);
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(
      runner.run(() => sleep(1000), { signal: controller.signal, name: "main" }),
    ).rejects.toMatchObject({ name: "CancelledError", message: "enough" });
  });

  test("two runs at once are refused, and closing while one is in progress", async () => {
    await using runner = new Runner({ loop: virtualLoop() });
    const [first, second, closing] = await Promise.allSettled([
      runner.run(() => sleep(1, "ran")),
      runner.run(() => sleep(1)),
      runner.close(),
    ]);
    expect(first).toMatchObject({ value: "ran" });
    expect(second).toMatchObject({ reason: { message: expect.stringContaining("while it runs") } });
    expect(closing).toMatchObject({
      reason: { message: expect.stringContaining("while it runs") },
    });
  });

  test("debug mode", async () => {
    for (const [debug, before] of [
      [true, false],
      [false, true],
      [undefined, true],
    ]) {
      const loop = virtualLoop();
      loop.setDebug(before as boolean);
      await using runner = new Runner({ loop, ...(debug === undefined ? {} : { debug }) });
      expect(runner.getLoop().getDebug()).toBe(debug ?? before);
      runner.getLoop().setDebug(false);
    }
  });
});
