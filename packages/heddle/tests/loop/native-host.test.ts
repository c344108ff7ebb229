/*
 * The host of this runtime: one native timer for the whole heap. Node's timers and clock are faked here,
 * so what is asserted is which native timers the loop asks for.
 */
import { createTask, EventLoop, getEventLoop, run, sleep } from "heddle";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { nativeTurn } from "../native-turn.ts";
import { errorOf } from "../task/error-of.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  // Before the real timers are back, since what is spied on is a faked one.
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Let the loop's microtasks run, and a turn of the native loop. */
const settle = () => new Promise<void>((resolve) => nativeTurn(resolve));

describe("timers", () => {
  test("a thousand sleeping tasks need one native timer, and none when they are over", async () => {
    const loop = new EventLoop();
    let awake = 0;
    const running = run(
      function* () {
        const tasks = Array.from({ length: 1000 }, (_, n) =>
          createTask(function* () {
            yield* sleep(1000 + n);
            awake++;
          }),
        );
        for (const task of tasks) yield* task;
      },
      { loop },
    );
    await settle();
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1500);
    await settle();
    expect(awake).toBeGreaterThanOrEqual(500);
    expect(awake).toBeLessThan(1000);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    await running;
    expect([awake, vi.getTimerCount()]).toEqual([1000, 0]);
  });

  test("an earlier one moves it", async () => {
    const loop = new EventLoop();
    const order: string[] = [];
    const running = run(
      function* () {
        const late = createTask(function* () {
          yield* sleep(10_000);
          order.push("late");
        });
        yield* sleep(0);
        yield* sleep(5);
        order.push("early");
        yield* late;
      },
      { loop },
    );
    await settle();
    await vi.advanceTimersByTimeAsync(5);
    await settle();
    expect(order).toEqual(["early"]);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    await running;
    expect(order).toEqual(["early", "late"]);
  });

  test("a cancelled one leaves no native timer", async () => {
    const loop = new EventLoop();
    const running = run(
      function* () {
        const task = createTask(sleep(30_000));
        yield* sleep(1);
        task.cancel();
        yield* errorOf(task);
      },
      { loop },
    );
    await settle();
    await vi.advanceTimersByTimeAsync(1);
    await running;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("delays above 2^31 - 1 ms, which setTimeout takes for 1, are taken in steps", async () => {
    const loop = new EventLoop();
    const longest = 2 ** 31 - 1;
    const native = vi.spyOn(globalThis, "setTimeout");
    let slept = false;
    const running = run(
      function* () {
        yield* sleep(longest + 5000);
        slept = true;
      },
      { loop },
    );
    await settle();
    await vi.advanceTimersByTimeAsync(longest);
    await settle();
    expect([slept, vi.getTimerCount()]).toEqual([false, 1]);
    await vi.advanceTimersByTimeAsync(4999);
    await settle();
    expect(slept).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await running;
    expect(slept).toBe(true);
    // The faked setTimeout would take longer ones.
    for (const [, delay] of native.mock.calls) expect(delay).toBeLessThanOrEqual(longest);
  });

  test("never fires early: a fraction of a millisecond is rounded up", async () => {
    const loop = new EventLoop();
    let slept = false;
    const running = run(
      function* () {
        yield* sleep(1.25);
        slept = true;
      },
      { loop },
    );
    await settle();
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(slept).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await running;
  });

  test("sleep(Infinity) needs no timer", async () => {
    const loop = new EventLoop();
    const controller = new AbortController();
    const running = run(sleep(Number.POSITIVE_INFINITY), { loop, signal: controller.signal });
    running.catch(() => {});
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    controller.abort();
    await expect(running).rejects.toMatchObject({ name: "CancelledError" });
  });

  test("a loop of one's own that nobody runs leaves none; the default loop keeps its own", async () => {
    const own = new EventLoop();
    let called = 0;
    own.callLater(30, () => called++);
    getEventLoop().close();
    getEventLoop().callLater(30, () => called++);
    const replies = [own, getEventLoop()].map((loop) => loop.createFuture<void>());
    const running = Promise.all(replies.map((reply) => run(reply, { loop: reply.getLoop() })));
    await settle();
    expect(vi.getTimerCount()).toBe(2);
    for (const reply of replies) reply.setResult();
    await running;
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    await settle();
    expect([called, vi.getTimerCount()]).toEqual([1, 0]);
    // What is left waits until somebody runs the loop again.
    await run(sleep(0), { loop: own });
    expect(called).toBe(2);
    getEventLoop().close();
  });

  test("a closed loop leaves none", async () => {
    const loop = new EventLoop();
    loop.callLater(30_000, () => {});
    loop.callLater(5, () => loop.stop());
    const running = loop.runForever();
    await settle();
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(5);
    await running;
    loop.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
