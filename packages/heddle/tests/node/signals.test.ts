import { createTask, Event, isCancelled, run, sleep } from "heddle";
import { addSignalHandler, removeSignalHandler, signals } from "heddle/node";
import { expect, test } from "vitest";
import { caught } from "../caught.ts";

const send = (signal: string) => process.kill(process.pid, signal);

test("a handler is called until it is removed", () =>
  run(function* () {
    const calls: unknown[] = [];
    const called = new Event();
    const handle = (...args: unknown[]) => {
      calls.push(args);
      called.set();
    };
    addSignalHandler("SIGUSR2", handle, 1, "two");
    send("SIGUSR2");
    yield* called.wait();
    expect(calls).toEqual([[1, "two"]]);
    expect(removeSignalHandler("SIGUSR2")).toBe(true);
    expect(removeSignalHandler("SIGUSR2")).toBe(false);
    expect(process.listenerCount("SIGUSR2")).toBe(0);
  }));

test("signals come in the order of their first, and several of one kind are one", () =>
  run(function* () {
    using received = signals("SIGUSR2", "SIGHUP", "SIGWINCH");
    send("SIGHUP");
    send("SIGHUP");
    yield* sleep(20);
    send("SIGUSR2");
    yield* sleep(20);
    send("SIGHUP");
    yield* sleep(20);
    expect(yield* received.next()).toBe("SIGHUP");
    expect(yield* received.next()).toBe("SIGUSR2");
    const waiting = createTask(received.next());
    yield* sleep(20);
    expect(waiting.done()).toBe(false);
    send("SIGWINCH");
    expect(yield* waiting).toBe("SIGWINCH");
  }));

test("a wait that is cancelled loses nothing", () =>
  run(function* () {
    using received = signals("SIGUSR2");
    const task = createTask(received.next());
    yield* sleep(0);
    task.cancel();
    expect(isCancelled(yield* caught(task))).toBe(true);
    send("SIGUSR2");
    yield* sleep(20);
    expect(yield* received.next()).toBe("SIGUSR2");
  }));

test("several receivers get each signal, several waits of one share it", () =>
  run(function* () {
    using one = signals("SIGUSR2");
    using other = signals("SIGUSR2");
    const first = createTask(one.next());
    const second = createTask(one.next());
    yield* sleep(0);
    send("SIGUSR2");
    expect(yield* first).toBe("SIGUSR2");
    expect(yield* other.next()).toBe("SIGUSR2");
    expect(second.done()).toBe(false);
    send("SIGUSR2");
    expect(yield* second).toBe("SIGUSR2");
  }));

test("closing ends waits and the iteration, and the signal does what it did before", async () => {
  await run(async () => {
    const received = signals("SIGUSR2");
    const got: string[] = [];
    const iterating = (async () => {
      for await (const signal of received) {
        got.push(signal);
        received.close();
      }
    })();
    send("SIGUSR2");
    await iterating;
    expect(got).toEqual(["SIGUSR2"]);
    await expect(received.next()).rejects.toMatchObject({ name: "ClosedResourceError" });
    expect(process.listenerCount("SIGUSR2")).toBe(0);
  });
});

test("it ends with the run", async () => {
  await run(function* () {
    signals("SIGUSR2");
    addSignalHandler("SIGHUP", () => {});
    expect(process.listenerCount("SIGUSR2")).toBe(1);
  });
  expect(process.listenerCount("SIGUSR2")).toBe(0);
  expect(process.listenerCount("SIGHUP")).toBe(0);
});

test("what is no signal, and what cannot be caught", () =>
  run(function* () {
    expect(() => signals("SIGNONE")).toThrow(RangeError);
    expect(() => signals("SIGUSR2", "SIGKILL")).toThrow("SIGKILL cannot be caught");
    expect(() => signals()).toThrow(TypeError);
    expect(() => addSignalHandler("SIGNONE", () => {})).toThrow(RangeError);
    expect(process.listenerCount("SIGUSR2")).toBe(0);
  }));
