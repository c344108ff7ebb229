import { createTask, EventLoop, type ExceptionContext, run, sleep } from "heddle";
import { VirtualClock } from "heddle/testing";
import { describe, expect, test } from "vitest";
import { virtualLoop } from "../trace.ts";

/** A clock that keeps what the loop writes, instead of writing it to stderr. */
class Quiet extends VirtualClock {
  readonly written: string[] = [];
  override report(text: string): void {
    this.written.push(text);
  }
}

describe("the default handler", () => {
  test("writes the message, what it is about, and the error with its causes", () => {
    const host = new Quiet();
    const loop = new EventLoop({ host });
    const cause = new TypeError("the cause");
    cause.stack = "TypeError: the cause\n    at there";
    const error = new Error("the error", { cause });
    error.stack = "Error: the error\n    at here";
    loop.callExceptionHandler({
      message: "Something failed",
      exception: error,
      future: loop.createFuture(),
      creationStack: "    at maker",
    });
    expect(host.written).toEqual([
      "Something failed\n" +
        "  future: <Future pending>\n" +
        "Error: the error\n    at here\n" +
        "caused by TypeError: the cause\n    at there\n" +
        "created at:\n    at maker",
    ]);
  });

  test("writes whatever was thrown", () => {
    const host = new Quiet();
    const loop = new EventLoop({ host });
    loop.callExceptionHandler({ message: "No error", exception: undefined });
    loop.callExceptionHandler({ message: "Only a message" });
    loop.callExceptionHandler({ message: "Text", exception: "just text" });
    expect(host.written).toEqual(["No error\nundefined", "Only a message", "Text\njust text"]);
  });

  test("writes the members of a group, and an error that is its own cause once", () => {
    const host = new Quiet();
    const loop = new EventLoop({ host });
    const withStack = (error: Error, stack: string) => Object.assign(error, { stack });
    const circular = withStack(new Error("circular"), "Error: circular\n    at there");
    circular.cause = circular;
    const group = new AggregateError([circular, "just text"], "both", { cause: null });
    withStack(group, "AggregateError: both\n    at here");
    loop.callExceptionHandler({ message: "Failed", exception: group });
    const bare = new Error("without a stack");
    Object.assign(bare, { stack: undefined });
    loop.callExceptionHandler({ message: "Failed", exception: bare });
    expect(host.written).toEqual([
      "Failed\nAggregateError: both\n    at here\n" +
        "  Error: circular\n      at there\n  caused by (the same error again)\n" +
        "  just text\n" +
        "caused by null",
      "Failed\nError: without a stack",
    ]);
    // Members are those of a group.
    const noGroup = withStack(new Error("no group"), "Error: no group");
    const noMembers = withStack(new AggregateError([]), "AggregateError");
    Object.assign(noGroup, { errors: ["a member"] });
    Object.assign(noMembers, { errors: undefined });
    for (const exception of [noGroup, noMembers]) {
      loop.callExceptionHandler({ message: "Failed", exception });
    }
    expect(host.written.slice(2)).toEqual(["Failed\nError: no group", "Failed\nAggregateError"]);
  });

  test("names the callback that failed", async () => {
    const host = new Quiet();
    const loop = new EventLoop({ host });
    await run(
      function* () {
        loop.callSoon(function careless() {
          throw new Error("own");
        });
        yield* sleep(1);
      },
      { loop },
    );
    expect(host.written).toHaveLength(1);
    expect(host.written[0]).toMatch(/^Exception in callback careless\(\)\n/);
    expect(host.written[0]).not.toContain("[object Object]");
  });
});

describe("setExceptionHandler", () => {
  test("the handler gets the loop and the context; null restores the default", () => {
    const host = new Quiet();
    const loop = new EventLoop({ host });
    const calls: [EventLoop, ExceptionContext][] = [];
    const handler = (who: EventLoop, context: ExceptionContext) => void calls.push([who, context]);
    expect(loop.getExceptionHandler()).toBeNull();
    loop.setExceptionHandler(handler);
    expect(loop.getExceptionHandler()).toBe(handler);
    const context = { message: "m", exception: new Error("e") };
    loop.callExceptionHandler(context);
    expect(calls).toEqual([[loop, context]]);
    expect(host.written).toEqual([]);
    loop.setExceptionHandler(null);
    loop.callExceptionHandler({ message: "to stderr" });
    expect(calls).toHaveLength(1);
    expect(host.written).toEqual(["to stderr"]);
  });

  test("a handler that throws is reported by the default one, and nothing is lost", async () => {
    const host = new Quiet();
    const loop = new EventLoop({ host });
    loop.setExceptionHandler(() => {
      throw new Error("the handler's own");
    });
    const error = new Error("the callback's");
    error.stack = "Error: the callback's";
    const done = await run(
      function* () {
        loop.callSoon(() => {
          throw error;
        });
        yield* sleep(1);
        return "main goes on";
      },
      { loop },
    );
    expect(done).toBe("main goes on");
    expect(host.written).toEqual([
      "The exception handler failed (Error: the handler's own) while it handled: " +
        "Exception in callback (anonymous)()\nError: the callback's",
    ]);
  });

  test("refuses what is no handler", () => {
    expect(() => virtualLoop().setExceptionHandler("log" as never)).toThrow(
      new TypeError("an exception handler is a function or null, got string"),
    );
  });

  test("a handler may use the loop: what it starts runs", async () => {
    const loop = virtualLoop();
    const order: string[] = [];
    loop.setExceptionHandler(() => {
      loop.callSoon(() => order.push("started by the handler"));
    });
    await run(
      function* () {
        loop.callSoon(() => {
          throw new Error("own");
        });
        yield* sleep(1);
      },
      { loop },
    );
    expect(order).toEqual(["started by the handler"]);
  });
});

test("a done callback that throws is reported with its future", async () => {
  const host = new Quiet();
  const loop = new EventLoop({ host });
  await run(
    function* () {
      const task = createTask(function* () {}, { name: "worker" });
      task.addDoneCallback(function careless() {
        throw new Error("own");
      });
      yield* task;
      yield* sleep(0);
    },
    { loop },
  );
  expect(host.written).toHaveLength(1);
  expect(host.written[0]).toMatch(
    /^Exception in callback careless\(\)\n {2}future: <Task "worker" returned>\nError: own\n/,
  );
});
