import { EventEmitter, getEventListeners } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { createTask, once, run, sleep, TimeoutError, timeout } from "heddle";
import { describe, expect, test } from "vitest";
import { errorOf, rejectionOf } from "../task/error-of.ts";
import { trace, virtually } from "../trace.ts";

describe("of an emitter", () => {
  test("gives the arguments, and leaves no listener", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const emitter = new EventEmitter();
      createTask(function* () {
        yield* sleep(10);
        step(2);
        expect([emitter.listenerCount("data"), emitter.listenerCount("error")]).toEqual([1, 1]);
        emitter.emit("data", 1, "two");
        expect(emitter.eventNames()).toEqual([]);
        // Nobody hears this one.
        emitter.emit("data", 3);
        step(3);
      });
      step(1);
      expect(yield* once(emitter, "data")).toEqual([1, "two"]);
      finish(4);
    });
  });

  test("without arguments gives an empty array; names may be symbols", async () => {
    await virtually(function* () {
      const emitter = new EventEmitter();
      const name = Symbol("closed");
      createTask(function* () {
        emitter.emit(name);
      });
      expect(yield* once(emitter, name)).toEqual([]);
    });
  });

  test("an error event is thrown, unless it is what is waited for", async () => {
    await virtually(function* () {
      const emitter = new EventEmitter();
      const error = new Error("broken");
      const waiting = createTask(once(emitter, "data"));
      yield* sleep(0);
      emitter.emit("error", error);
      expect((yield* errorOf(waiting)) === error).toBe(true);
      expect(emitter.eventNames()).toEqual([]);

      const awaited = createTask(once(emitter, "error"));
      yield* sleep(0);
      emitter.emit("error", error);
      expect(yield* awaited).toEqual([error]);
      expect(emitter.eventNames()).toEqual([]);
    });
  });

  test("an error event without an error throws undefined", async () => {
    await virtually(function* () {
      const emitter = new EventEmitter();
      const waiting = createTask(once(emitter, "data"));
      yield* sleep(0);
      emitter.emit("error", undefined);
      expect(yield* errorOf(waiting)).toBeUndefined();
    });
  });

  test("of several events of one turn the first counts", async () => {
    await virtually(function* () {
      const emitter = new EventEmitter();
      const waiting = createTask(once(emitter, "data"));
      yield* sleep(0);
      emitter.emit("data", "first");
      emitter.on("error", () => {});
      emitter.emit("error", new Error("second"));
      expect(yield* waiting).toEqual(["first"]);
    });
  });

  test("does not listen before it is awaited", () => {
    const emitter = new EventEmitter();
    void once(emitter, "data");
    expect(emitter.eventNames()).toEqual([]);
  });

  test("the listeners go in the moment of the cancellation", async () => {
    await virtually(function* () {
      const emitter = new EventEmitter();
      const task = createTask(once(emitter, "data"));
      yield* sleep(0);
      task.cancel();
      expect(emitter.eventNames()).toEqual([]);
      yield* errorOf(task);
      expect(yield* errorOf(timeout(5, () => once(emitter, "data")))).toBeInstanceOf(TimeoutError);
      expect(emitter.eventNames()).toEqual([]);
    });
  });

  test("an event in the moment of the cancellation does no harm", async () => {
    await virtually(function* () {
      const emitter = new EventEmitter();
      const task = createTask(once(emitter, "data"));
      yield* sleep(0);
      emitter.emit("data");
      task.cancel();
      yield* errorOf(task);
      expect(task.cancelled()).toBe(true);
    });
  });

  test("is enough with on and removeListener", async () => {
    await virtually(function* () {
      const listeners = new Map<unknown, (...args: unknown[]) => void>();
      const emitter = {
        on: (name: unknown, listener: (...args: unknown[]) => void) =>
          listeners.set(name, listener),
        removeListener: (name: unknown) => listeners.delete(name),
      };
      createTask(function* () {
        listeners.get("data")?.("heard");
      });
      expect(yield* once(emitter, "data")).toEqual(["heard"]);
      expect(listeners.size).toBe(0);
    });
  });

  test("that calls its listener at once, while it is added", async () => {
    await virtually(function* () {
      const listeners: unknown[] = [];
      const replaying = {
        on(name: string | symbol, listener: (...args: unknown[]) => void) {
          if (name === "ready") listener("already");
          listeners.push(name);
        },
        off: (name: string | symbol) => {
          const at = listeners.indexOf(name);
          if (at >= 0) listeners.splice(at, 1);
        },
      };
      expect(yield* once(replaying, "ready")).toEqual(["already"]);
      expect(listeners).toEqual([]);
    });
  });

  test("that refuses a listener leaves none", async () => {
    await virtually(function* () {
      const emitter = new EventEmitter();
      const refusing = {
        on(name: string | symbol, listener: (...args: unknown[]) => void) {
          if (name === "data") throw new Error("no such event");
          emitter.on(name, listener);
        },
        off: (name: string | symbol, listener: (...args: unknown[]) => void) =>
          emitter.off(name, listener),
      };
      expect(yield* errorOf(once(refusing, "data"))).toEqual(new Error("no such event"));
      expect(emitter.eventNames()).toEqual([]);
    });
  });
});

describe("of an EventTarget", () => {
  test("gives the event, and leaves no listener", async () => {
    await virtually(function* () {
      const target = new EventTarget();
      const event = new Event("ready");
      createTask(function* () {
        expect(getEventListeners(target, "ready")).toHaveLength(1);
        target.dispatchEvent(event);
        expect(getEventListeners(target, "ready")).toHaveLength(0);
      });
      expect((yield* once(target, "ready")) === event).toBe(true);
    });
  });

  test("an error event is an event like any other", async () => {
    await virtually(function* () {
      const target = new EventTarget();
      const waiting = createTask(once(target, "ready"));
      yield* sleep(0);
      target.dispatchEvent(new Event("error"));
      target.dispatchEvent(new Event("ready"));
      expect((yield* waiting).type).toBe("ready");
    });
  });

  test("the listener goes in the moment of the cancellation", async () => {
    await virtually(function* () {
      const target = new EventTarget();
      const task = createTask(once(target, "ready"));
      yield* sleep(0);
      expect(getEventListeners(target, "ready")).toHaveLength(1);
      task.cancel();
      expect(getEventListeners(target, "ready")).toHaveLength(0);
      yield* errorOf(task);
    });
  });

  test("what is an emitter too is taken for one, as by Node's once", async () => {
    // real: messages between ports take the platform's time
    await run(function* () {
      const { port1, port2 } = new MessageChannel();
      try {
        port2.postMessage("hello");
        expect(yield* once(port1, "message")).toEqual(["hello"]);
      } finally {
        port1.close();
      }
    });
  });
});

test("in an async function", async () => {
  const emitter = new EventEmitter();
  setImmediate(() => emitter.emit("data", 1));
  expect(await once(emitter, "data")).toEqual([1]);
});

test("refuses what is neither", () => {
  const wrong = new TypeError(
    "once() needs an EventTarget (addEventListener and removeEventListener) or an emitter (on, and " +
      "off or removeListener), got [object Object]",
  );
  expect(() => once({} as never, "data")).toThrow(wrong);
  expect(() => once({ on() {} } as never, "data")).toThrow(wrong);
  expect(() => once(null as never, "data")).toThrow(TypeError);
});

test("a deadlock report tells of it", async () => {
  const deadlock = await rejectionOf(virtually(() => once(new EventEmitter(), "data")));
  expect((deadlock as Error).message).toContain('waits for once("data")');
});
