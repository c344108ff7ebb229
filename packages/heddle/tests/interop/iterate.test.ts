import {
  asCompleted,
  createTask,
  Future,
  type Iteration,
  iterate,
  openMemoryChannel,
  Queue,
  run,
  StreamReader,
  sleep,
  TimeoutError,
  timeout,
} from "heddle";
import { describe, expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { nativeTurn } from "../native-turn.ts";
import { errorOf, rejectionOf } from "../task/error-of.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";

const END = { done: true as const, value: undefined };
const item = <T>(value: T) => ({ done: false, value });

/** A promise and its outcome's switch. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** An async iterator whose results come when the test says so. */
class Manual<T> implements AsyncIterable<T> {
  readonly asked: ReturnType<typeof deferred<IteratorResult<T>>>[] = [];
  readonly calls: string[] = [];

  [Symbol.asyncIterator]() {
    return {
      next: () => {
        this.calls.push("next");
        const result = deferred<IteratorResult<T>>();
        this.asked.push(result);
        return result.promise;
      },
      return: async () => {
        this.calls.push("return");
        return END;
      },
    };
  }

  give(index: number, value: T): void {
    this.asked[index]?.resolve(item(value) as IteratorResult<T>);
  }
}

function* collect<T>(items: Iteration<T>) {
  const got: T[] = [];
  for (let next = yield* items.next(); !next.done; next = yield* items.next()) got.push(next.value);
  return got;
}

/** Let the promises of the moment settle: a turn of the native loop. */
const turn = () => new Promise<void>((resolve) => nativeTurn(resolve));

describe("of an async iterable", () => {
  test("gives its items, then the end with what it returned, then the end", async () => {
    await virtually(function* () {
      const items = iterate(
        (async function* () {
          yield "a";
          await null;
          yield "b";
          return "result";
        })(),
      );
      expect(yield* items.next()).toEqual(item("a"));
      expect(yield* items.next()).toEqual(item("b"));
      expect(yield* items.next()).toEqual({ done: true, value: "result" });
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("asks only while somebody waits", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      yield* sleep(0);
      expect(source.calls).toEqual([]);
      const task = createTask(items.next());
      yield* sleep(0);
      source.give(0, "a");
      expect(yield* task).toEqual(item("a"));
      yield* sleep(0);
      expect(source.calls).toEqual(["next"]);
    });
  });

  test("what it sends arrives", async () => {
    await virtually(function* () {
      const items = iterate(
        (async function* (): AsyncGenerator<string, string, string> {
          return yield `got ${yield "first"}`;
        })(),
      );
      yield* items.next("is lost, as always");
      expect(yield* items.next("A")).toEqual(item("got A"));
      expect(yield* items.next("B")).toEqual({ done: true, value: "B" });
    });
  });

  test("an error ends it", async () => {
    await virtually(function* () {
      const items = iterate(
        (async function* () {
          yield 1;
          throw new Error("own");
        })(),
      );
      yield* items.next();
      expect(yield* errorOf(items.next())).toEqual(new Error("own"));
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("whose next throws by itself, or gives no result", async () => {
    await virtually(function* () {
      const of = (next: () => unknown) =>
        iterate({ [Symbol.asyncIterator]: () => ({ next }) } as AsyncIterable<unknown>);
      const throwing = of(() => {
        throw new Error("by itself");
      });
      expect(yield* errorOf(throwing.next())).toEqual(new Error("by itself"));
      const wrong = new TypeError("an iterator's next() must give { done, value }, it gave 7");
      expect(yield* errorOf(of(() => 7).next())).toEqual(wrong);
      expect(yield* errorOf(of(async () => 7).next())).toEqual(wrong);
      const crooked = of(() => ({
        then(resolve: (result: unknown) => void) {
          resolve(item("told once"));
          resolve(item("and again"));
          throw new Error("and throws");
        },
      }));
      expect(yield* crooked.next()).toEqual(item("told once"));
      expect(yield* crooked.next()).toEqual(item("told once"));
    });
  });

  test("several tasks are served in turn, one next at a time", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      const tasks = [1, 2, 3].map(() => createTask(items.next()));
      yield* sleep(0);
      expect(source.calls).toEqual(["next"]);
      for (const [index, value] of ["a", "b", "c"].entries()) {
        source.give(index, value);
        expect(yield* tasks[index] as (typeof tasks)[0]).toEqual(item(value));
      }
      expect(source.calls).toEqual(["next", "next", "next"]);
    });
  });

  test("who was woken, and whose item a newcomer took, waits for another", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      const first = createTask(items.next());
      const opened = new Future<void>();
      const newcomer = createTask(function* () {
        yield* opened;
        return yield* items.next();
      });
      yield* sleep(0);
      // From outside of the loop: the item comes in a microtask, when the newcomer is ready already.
      nativeTurn(() => {
        source.give(0, "a");
        opened.setResult(undefined);
      });
      expect(yield* newcomer).toEqual(item("a"));
      source.give(1, "b");
      expect(yield* first).toEqual(item("b"));
    });
  });

  test("several tasks at the end: all get it", async () => {
    await virtually(function* () {
      const items = iterate(
        (async function* () {
          yield 1;
          return "result";
        })(),
      );
      const tasks = [1, 2, 3, 4].map(() => createTask(items.next()));
      const results = [];
      for (const task of tasks) results.push(yield* task);
      expect(results).toEqual([item(1), { done: true, value: "result" }, END, END]);
    });
  });
});

describe("cancellation of next", () => {
  test("raises at once; what comes later, the next call gets", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      const task = createTask(items.next());
      yield* sleep(0);
      task.cancel();
      yield* errorOf(task);
      source.give(0, "late");
      yield* sleep(1);
      const { step, finish } = trace();
      createTask(function* () {
        finish(2);
      });
      // It is there already: no suspension.
      expect(yield* items.next()).toEqual(item("late"));
      step(1);
      yield* sleep(0);
      expect(source.calls).toEqual(["next"]);
    });
  });

  test("a next that follows waits for the same item, and asks for no other", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      expect(yield* errorOf(timeout(1, () => items.next()))).toBeInstanceOf(TimeoutError);
      const task = createTask(items.next());
      yield* sleep(0);
      source.give(0, "the first");
      expect(yield* task).toEqual(item("the first"));
      expect(source.calls).toEqual(["next"]);
    });
  });

  test("of the first of two: the second gets the first item", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      const [first, second] = [createTask(items.next()), createTask(items.next())];
      yield* sleep(0);
      first.cancel();
      yield* errorOf(first);
      source.give(0, "a");
      expect(yield* second).toEqual(item("a"));
    });
  });

  test("a late error is the next call's, and nobody's unhandled rejection", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      const task = createTask(items.next());
      yield* sleep(0);
      task.cancel();
      yield* errorOf(task);
      source.asked[0]?.reject(new Error("late"));
      yield* sleep(1);
      expect(yield* errorOf(items.next())).toEqual(new Error("late"));
    });
    const forgotten = new Manual<string>();
    await run(function* () {
      const task = createTask(iterate(forgotten).next());
      yield* sleep(0);
      task.cancel();
      yield* errorOf(task);
    });
    forgotten.asked[0]?.reject(new Error("nobody asks"));
    await turn();
  });
});

describe("closing", () => {
  test("ends the source, and waits for its clean-up", async () => {
    const { step, finish } = trace();
    await run(function* () {
      const items = iterate(
        (async function* () {
          try {
            yield 1;
          } finally {
            await turn();
            step(1);
          }
        })(),
      );
      yield* items.next();
      yield* items.close();
      finish(2);
      expect(yield* items.next()).toEqual(END);
      yield* items.close();
    });
  });

  test("a source that was never asked, or has ended, has nothing to clean up", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      const task = createTask(items.next());
      yield* sleep(0);
      source.asked[0]?.resolve(END);
      yield* task;
      yield* items.close();
      expect(source.calls).toEqual(["next"]);
    });
    await virtually(function* () {
      let closed = 0;
      const items = iterate({
        [Symbol.asyncIterator]: () => ({
          next: async () => END,
          return: async () => {
            closed++;
            return END;
          },
        }),
      });
      yield* items.close();
      yield* items.close();
      expect(closed).toBe(1);
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("tasks that wait get the end, and a late item is dropped", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      const tasks = [createTask(items.next()), createTask(items.next())];
      yield* sleep(0);
      yield* items.close();
      for (const task of tasks) expect(yield* task).toEqual(END);
      source.give(0, "late");
      yield* sleep(1);
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("drops what was kept", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      yield* errorOf(timeout(1, () => items.next()));
      source.asked[0]?.resolve(END);
      yield* sleep(1);
      yield* items.close();
      // It had ended by itself.
      expect(source.calls).toEqual(["next"]);
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("drops an error that was kept", async () => {
    const source = new Manual<string>();
    await run(function* () {
      const items = iterate(source);
      yield* errorOf(timeout(1, () => items.next()));
      source.asked[0]?.reject(new Error("late"));
      yield* sleep(1);
      yield* items.close();
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("an error of the clean-up is thrown", async () => {
    await virtually(function* () {
      const items = iterate(
        (async function* () {
          try {
            yield 1;
          } finally {
            // biome-ignore lint/correctness/noUnsafeFinally: that is the case under test
            throw new Error("disk full");
          }
        })(),
      );
      yield* items.next();
      expect(yield* errorOf(items.close())).toEqual(new Error("disk full"));
    });
  });

  test("is not waited for any more when it is cancelled", async () => {
    // JavaScript lets an async generator's return() wait for what the generator waits for.
    const never = new Promise<never>(() => {});
    await run(function* () {
      const items = iterate(
        (async function* () {
          yield await never;
        })(),
      );
      yield* errorOf(timeout(1, () => items.next()));
      expect(yield* errorOf(timeout(1, () => items.close()))).toBeInstanceOf(TimeoutError);
    });
  });

  test("using closes when the block is left; what goes wrong there is reported", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    let cleaned = false;
    await run(
      function* () {
        {
          using items = iterate(
            (async function* () {
              try {
                yield 1;
              } finally {
                cleaned = true;
                // biome-ignore lint/correctness/noUnsafeFinally: that is the case under test
                throw new Error("disk full");
              }
            })(),
          );
          yield* items.next();
        }
        expect(cleaned).toBe(false);
        yield* sleep(1);
        expect(cleaned).toBe(true);
      },
      { loop },
    );
    expect(reports.map(({ exception }) => exception)).toEqual([new Error("disk full")]);
  });

  test("using does nothing after the end", async () => {
    await virtually(function* () {
      const source = new Manual<string>();
      {
        using items = iterate(source);
        const task = createTask(items.next());
        yield* sleep(0);
        source.asked[0]?.resolve(END);
        yield* task;
      }
      yield* sleep(1);
      expect(source.calls).toEqual(["next"]);
    });
  });

  test("await using waits", async () => {
    let cleaned = false;
    {
      await using items = iterate(
        (async function* () {
          try {
            yield 1;
          } finally {
            await turn();
            cleaned = true;
          }
        })(),
      );
      await items.next();
    }
    expect(cleaned).toBe(true);
  });
});

describe("return and throw", () => {
  test("return gives what the source says to it", async () => {
    await virtually(function* () {
      const numbers = async function* () {
        try {
          yield 1;
          return "never";
        } finally {
          yield 2;
        }
      };
      const stubborn = iterate(numbers());
      yield* stubborn.next();
      expect(yield* stubborn.return("value")).toEqual(item(2));
      const willing = iterate(numbers());
      expect(yield* willing.return("value")).toEqual({ done: true, value: "value" });
      expect(yield* willing.return("again")).toEqual({ done: true, value: "again" });
    });
  });

  test("throw throws into the source, which may go on, or end", async () => {
    await virtually(function* () {
      const items = iterate(
        (async function* () {
          try {
            yield 1;
          } catch (error) {
            yield String(error);
          }
          return "result";
        })(),
      );
      yield* items.next();
      expect(yield* items.throw(new Error("own"))).toEqual(item("Error: own"));
      expect(yield* items.next()).toEqual({ done: true, value: "result" });
      expect(yield* errorOf(items.throw(new Error("late")))).toEqual(new Error("late"));
    });
  });

  test("throw that ends the source is its end, whatever it would give", async () => {
    await virtually(function* () {
      let asked = 0;
      const items = iterate({
        [Symbol.asyncIterator]: () => ({
          next: async () => item(++asked) as IteratorResult<number>,
          throw: async () => END,
        }),
      });
      expect(yield* items.next()).toEqual(item(1));
      expect(yield* items.throw(new Error("own"))).toEqual(END);
      expect(yield* items.next()).toEqual(END);
      expect(asked).toBe(1);
    });
  });

  test("throw that nobody catches ends it", async () => {
    await virtually(function* () {
      const items = iterate(
        (async function* () {
          yield 1;
        })(),
      );
      yield* items.next();
      expect(yield* errorOf(items.throw(new Error("own")))).toEqual(new Error("own"));
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("a source without throw is closed, and the error thrown here", async () => {
    await virtually(function* () {
      const source = new Manual<string>();
      const items = iterate(source);
      expect(yield* errorOf(items.throw(new Error("own")))).toEqual(new Error("own"));
      expect(source.calls).toEqual(["return"]);
      expect(yield* items.next()).toEqual(END);
    });
  });
});

describe("of synchronous iterables", () => {
  test("gives the items without a suspension; promises are awaited", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      createTask(function* () {
        step(2);
      });
      const items = iterate([1, 2, Promise.resolve(3)]);
      expect(yield* items.next()).toEqual(item(1));
      expect(yield* items.next()).toEqual(item(2));
      step(1);
      expect(yield* items.next()).toEqual(item(3));
      step(3);
      expect(yield* items.next()).toEqual(END);
      finish(4);
    });
  });

  test("closes them, at the end of the block and when a promise rejects", async () => {
    await virtually(function* () {
      let closed = 0;
      const numbers = function* () {
        try {
          yield 1;
          yield Promise.reject(new Error("own"));
          yield 3;
        } finally {
          closed++;
        }
      };
      const left = iterate(numbers());
      yield* left.next();
      yield* left.close();
      expect(closed).toBe(1);
      const rejected = iterate(numbers());
      yield* rejected.next();
      expect(yield* errorOf(rejected.next())).toEqual(new Error("own"));
      expect(closed).toBe(2);
      expect(yield* rejected.next()).toEqual(END);
    });
  });

  test("throws into generators", async () => {
    await virtually(function* () {
      const items = iterate(
        (function* () {
          try {
            yield "first";
          } catch (error) {
            yield String(error);
          }
        })(),
      );
      yield* items.next();
      expect(yield* items.throw(new Error("own"))).toEqual(item("Error: own"));
    });
  });
});

describe("of heddle's own", () => {
  test("a queue, until it is shut down; a cancelled next leaves the item there", async () => {
    await virtually(function* () {
      const queue = new Queue<string>();
      const items = iterate(queue);
      const task = createTask(items.next());
      yield* sleep(0);
      task.cancel();
      queue.putNowait("a");
      yield* errorOf(task);
      expect(queue.qsize()).toBe(1);
      queue.shutdown();
      expect(yield* collect(items)).toEqual(["a"]);
    });
  });

  test("a channel, until the last sender is closed", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<number>(0);
      createTask(function* () {
        using closing = sender;
        for (const n of [1, 2, 3]) yield* closing.send(n);
      });
      expect(yield* collect(iterate(receiver))).toEqual([1, 2, 3]);
      expect(receiver.statistics().openReceiveChannels).toBe(1);
    });
  });

  test("a StreamReader, by line", async () => {
    await virtually(function* () {
      const reader = new StreamReader();
      reader.feedData(new TextEncoder().encode("one\ntwo"));
      reader.feedEof();
      const lines = yield* collect(iterate(reader));
      expect(lines.map((line) => new TextDecoder().decode(line))).toEqual(["one\n", "two"]);
    });
  });

  test("after close there is nothing more, and the source is as it was", async () => {
    await virtually(function* () {
      const queue = new Queue<number>();
      queue.putNowait(1);
      queue.putNowait(2);
      const items = iterate(queue);
      yield* items.next();
      yield* items.close();
      expect(yield* items.next()).toEqual(END);
      expect(queue.qsize()).toBe(1);
      const others = iterate(queue);
      expect(yield* errorOf(others.throw(new Error("own")))).toEqual(new Error("own"));
      expect(yield* others.return()).toEqual(END);
      expect(queue.qsize()).toBe(1);
    });
  });

  test("asCompleted", async () => {
    await virtually(function* () {
      const finished = yield* collect(iterate(asCompleted([sleep(20, "b"), sleep(10, "a")])));
      expect(finished.map((future) => future.result())).toEqual(["a", "b"]);
    });
  });

  test("an iteration is its own", async () => {
    await virtually(function* () {
      const items = iterate([1]);
      expect(iterate(items) === items).toBe(true);
      yield* items.close();
    });
  });
});

describe("in async functions", () => {
  test("for await closes it when it is left", async () => {
    let closed = false;
    const source = async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        closed = true;
      }
    };
    for await (const n of iterate(source())) {
      expect(n).toBe(1);
      break;
    }
    expect(closed).toBe(true);
  });

  test("yield* in an async generator passes everything through", async () => {
    const outer = async function* () {
      return yield* iterate(
        (async function* (): AsyncGenerator<string, string, string> {
          try {
            return yield `got ${yield "first"}`;
          } catch (error) {
            return String(error);
          }
        })(),
      );
    };
    const all = outer();
    expect(await all.next("lost")).toEqual(item("first"));
    expect(await all.next("A")).toEqual(item("got A"));
    expect(await all.throw("thrown")).toEqual({ done: true, value: "thrown" });
    const left = outer();
    await left.next();
    expect(await left.return("value")).toEqual({ done: true, value: "value" });
  });

  test("next, return, throw and close can be awaited", async () => {
    const items = iterate([1, 2]);
    expect(await items.next()).toEqual(item(1));
    expect(await rejectionOf(items.throw(new Error("own")))).toEqual(new Error("own"));
    expect(await items.return()).toEqual(END);
    expect(await items.close()).toBeUndefined();
  });

  test("their tasks belong to the run that made it", async () => {
    const never = new Manual<number>();
    let ended: Promise<unknown> | undefined;
    await run(function* () {
      const items = iterate(never);
      // As in a callback of some library, where nobody knows of the run.
      ended = Promise.resolve().then(() => rejectionOf(items.next()));
      yield* sleep(1);
    });
    expect(((await ended) as Error).name).toBe("CancelledError");
  });
});

test("on a virtual clock, time does not pass while a promise is awaited", async () => {
  const loop = virtualLoop();
  await run(
    function* () {
      const source = (async function* () {
        for (let i = 0; i < 20; i++) await null;
        yield loop.time();
        await turn();
        yield loop.time();
      })();
      expect(yield* timeout(10, () => collect(iterate(source)))).toEqual([0, 0]);
    },
    { loop },
  );
});

test("refuses what cannot be iterated", () => {
  const wrong = (got: string) =>
    new TypeError(
      "iterate() needs something to iterate: an async iterable (what `for await` takes) or an " +
        `iterable, got ${got}`,
    );
  expect(() => iterate({} as never)).toThrow(wrong("[object Object]"));
  expect(() => iterate(null as never)).toThrow(wrong("null"));
  expect(() => iterate(5 as never)).toThrow(wrong("5"));
});
