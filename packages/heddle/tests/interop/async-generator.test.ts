import { setImmediate as turn } from "node:timers/promises";
import {
  allTasks,
  asyncGenerator,
  CancelledError,
  CancelScope,
  ContextVar,
  createTask,
  currentTask,
  type Emit,
  EventLoop,
  Future,
  fromPromise,
  getEventLoop,
  getRunningLoop,
  type Iteration,
  isCancelled,
  iterate,
  moveOnAfter,
  openMemoryChannel,
  RuntimeError,
  run,
  sleep,
  type Task,
  TimeoutError,
  taskGroup,
  timeout,
} from "heddle";
import { describe, expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { errorOf, rejectionOf } from "../task/error-of.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";

const END = { done: true as const, value: undefined };
const item = <T>(value: T) => ({ done: false, value });

/** 1, 2, 3, each a millisecond after it was asked for. */
const numbers = () =>
  asyncGenerator<number>(function* (emit) {
    for (const n of [1, 2, 3]) {
      yield* sleep(1);
      yield* emit(n);
    }
  });

/** Counts for ever, and tells when it is over. */
const counting = (ended: () => void, cleanup = 0) =>
  asyncGenerator<number>(function* (emit) {
    try {
      for (let n = 1; ; n++) yield* emit(n);
    } finally {
      if (cleanup > 0) yield* sleep(cleanup);
      ended();
    }
  });

describe("iterating", () => {
  test("by iterate, in a coroutine", async () => {
    await virtually(function* () {
      const items = iterate(numbers());
      const got: number[] = [];
      for (let next = yield* items.next(); !next.done; next = yield* items.next()) {
        got.push(next.value);
      }
      expect(got).toEqual([1, 2, 3]);
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("by for await, in an async function, on the loop of the run", async () => {
    const loop = virtualLoop();
    await run(
      async () => {
        const got: number[] = [];
        for await (const n of numbers()) got.push(n);
        expect(got).toEqual([1, 2, 3]);
        expect(loop.time()).toBe(3);
      },
      { loop },
    );
  });

  test("outside of any run, on the default loop", async () => {
    const got: number[] = [];
    for await (const n of numbers()) got.push(n);
    expect(got).toEqual([1, 2, 3]);
    expect(allTasks().size).toBe(0);
  });

  test("the producer runs only while somebody waits for it", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<string>(function* (emit) {
          step(2);
          yield* emit("a");
          step(4);
          yield* emit("b");
          step(7);
        }),
      );
      yield* sleep(10);
      step(1);
      expect(yield* items.next()).toEqual(item("a"));
      yield* sleep(10);
      step(3);
      expect(yield* items.next()).toEqual(item("b"));
      step(5);
      yield* sleep(10);
      step(6);
      expect(yield* items.next()).toEqual(END);
      finish(8);
    });
  });

  test("what it returns, and what is sent into it", async () => {
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<string, string, string>(function* (emit) {
          const first = yield* emit("first");
          return `and ${yield* emit(`got ${first}`)}`;
        }),
      );
      expect(yield* items.next("is lost, as always")).toEqual(item("first"));
      expect(yield* items.next("A")).toEqual(item("got A"));
      expect(yield* items.next("B")).toEqual({ done: true, value: "and B" });
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("its error reaches the consumer, once", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        const error = new Error("own");
        const items = iterate(
          asyncGenerator<number>(function* (emit) {
            yield* emit(1);
            throw error;
          }),
        );
        yield* items.next();
        expect((yield* errorOf(items.next())) === error).toBe(true);
        expect(yield* items.next()).toEqual(END);
      },
      { loop },
    );
    expect(reports).toEqual([]);
  });

  test("it may time-limit and group around an emit, which stays its own", async () => {
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<string>(function* (emit) {
          try {
            yield* timeout(5, () => emit("nobody asks in time"));
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error;
          }
          yield* taskGroup(function* (group) {
            group.createTask(function* () {
              yield* emit("from a child");
            });
          });
        }),
      );
      expect(yield* items.next()).toEqual(item("nobody asks in time"));
      yield* sleep(20);
      expect(yield* items.next()).toEqual(item("from a child"));
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("an async function does, too", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<string, void, string>(async (emit) => {
          step(1);
          expect(await emit("a")).toBe("sent");
          await sleep(1);
          await emit("b");
        }),
      );
      expect(yield* items.next()).toEqual(item("a"));
      expect(yield* items.next("sent")).toEqual(item("b"));
      expect(yield* items.next()).toEqual(END);
      finish(2);
    });
  });

  test("several ask at the same time: they are served in turn", async () => {
    await virtually(function* () {
      const items = iterate(numbers());
      const tasks = [1, 2, 3, 4, 5].map(() => createTask(items.next()));
      const results = [];
      for (const task of tasks) results.push(yield* task);
      expect(results).toEqual([item(1), item(2), item(3), END, END]);
    });
    const all = numbers();
    const results = await Promise.all([all.next(), all.next(), all.next(), all.next()]);
    expect(results).toEqual([item(1), item(2), item(3), END]);
  });
});

describe("leaving the loop", () => {
  test("break cancels the producer, and waits for its clean-up", async () => {
    const loop = virtualLoop();
    const { step, finish } = trace();
    await run(
      async () => {
        for await (const n of counting(() => step(1), 10)) if (n === 3) break;
        finish(2);
        expect(loop.time()).toBe(10);
        expect(loop.asyncGenerators.size).toBe(0);
      },
      { loop },
    );
  });

  test("so does close, and an error in the loop", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const items = iterate(counting(() => step(1), 10));
      yield* items.next();
      yield* items.close();
      step(2);
      expect(yield* items.next()).toEqual(END);
      yield* items.close();
    });
    await virtually(async () => {
      const failing = (async () => {
        for await (const _ of counting(() => step(3), 10)) throw new Error("in the loop");
      })();
      expect(await rejectionOf(failing)).toEqual(new Error("in the loop"));
      finish(4);
    });
  });

  test("the cancellation arrives at the emit, or wherever the producer waits", async () => {
    await virtually(function* () {
      const seen: unknown[] = [];
      const items = iterate(
        asyncGenerator<number>(function* (emit) {
          try {
            yield* emit(1);
            yield* sleep(1000);
          } catch (error) {
            seen.push(error);
            throw error;
          }
        }),
      );
      yield* items.next();
      expect(yield* errorOf(timeout(5, () => items.next()))).toBeInstanceOf(TimeoutError);
      expect(seen).toEqual([]);
      const before = getRunningLoop().time();
      yield* items.close();
      expect(isCancelled(seen[0])).toBe(true);
      expect(getRunningLoop().time()).toBe(before);
    });
  });

  test("one that was never asked does not run at all", async () => {
    const loop = virtualLoop();
    const { finish, never } = trace();
    await run(
      async () => {
        const idle = asyncGenerator<number>(function* () {
          never("nobody asked");
        });
        expect(allTasks(loop).size).toBe(1);
        expect(await idle.return("value" as never)).toEqual({ done: true, value: "value" });
        expect(await idle.next()).toEqual(END);
      },
      { loop },
    );
    await virtually(function* () {
      {
        using items = iterate(asyncGenerator<number>(() => never("nobody asked")));
        void items;
      }
      yield* sleep(1);
    });
    finish(1);
  });

  test("an error of the clean-up reaches who closes", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    const failing = () =>
      asyncGenerator<number>(function* (emit) {
        try {
          yield* emit(1);
        } finally {
          yield* sleep(1);
          // biome-ignore lint/correctness/noUnsafeFinally: that is the case under test
          throw new Error("disk full");
        }
      });
    await run(
      async () => {
        const items = iterate(failing());
        await items.next();
        expect(await rejectionOf(items.close())).toEqual(new Error("disk full"));
        expect(await items.next()).toEqual(END);
        const looping = (async () => {
          for await (const _ of failing()) break;
        })();
        expect(await rejectionOf(looping)).toEqual(new Error("disk full"));
      },
      { loop },
    );
    expect(reports).toEqual([]);
  });

  test("what is emitted while it is closed goes to nobody: a RuntimeError", async () => {
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<number>(function* (emit) {
          try {
            yield* emit(1);
          } finally {
            yield* emit(2);
          }
        }),
      );
      yield* items.next();
      expect(yield* errorOf(items.close())).toEqual(
        new RuntimeError("emit() of an asyncGenerator that was closed: nobody takes the value"),
      );
    });
  });

  test("tasks that wait get the end", async () => {
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<number>(function* (emit) {
          yield* sleep(1000);
          yield* emit(1);
        }),
      );
      const tasks = [createTask(items.next()), createTask(items.next())];
      yield* sleep(1);
      yield* items.close();
      for (const task of tasks) expect(yield* task).toEqual(END);
    });
  });

  test("closing twice at the same time waits twice", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const items = iterate(counting(() => step(1), 10));
      yield* items.next();
      const closing = createTask(items.close());
      yield* sleep(1);
      yield* items.close();
      step(2);
      yield* closing;
      finish(3);
    });
  });

  test("a cancellation of who closes is passed on to the clean-up, and waits for it", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        const seen: string[] = [];
        const items = iterate(
          asyncGenerator<number>(function* (emit) {
            try {
              yield* emit(1);
            } finally {
              try {
                yield* sleep(1000);
              } catch {
                seen.push("clean-up was interrupted");
                yield* sleep(10);
                seen.push("and has ended");
              }
            }
          }),
        );
        yield* items.next();
        const error = yield* errorOf(timeout(5, () => items.close()));
        expect(error).toBeInstanceOf(TimeoutError);
        expect(seen).toEqual(["clean-up was interrupted", "and has ended"]);
        expect(loop.time()).toBe(15);
      },
      { loop },
    );
  });

  test("in a cancelled scope, too, and without turning for ever", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        let cleaned = 0;
        const items = iterate(counting(() => cleaned++, 10));
        yield* items.next();
        let iterations = 0;
        const counter = createTask(function* () {
          for (;;) {
            yield* sleep(1);
            iterations++;
          }
        });
        const scope = new CancelScope();
        yield* scope.run(function* () {
          try {
            scope.cancel();
            yield* sleep(0);
          } finally {
            // The producer is interrupted in its clean-up, as the close itself is.
            yield* items.close();
          }
        });
        counter.cancel();
        expect([scope.cancelledCaught, cleaned, iterations]).toEqual([true, 0, 0]);

        const slow = iterate(
          asyncGenerator<number>(function* (emit) {
            try {
              yield* emit(1);
            } finally {
              try {
                yield* sleep(1);
              } finally {
                yield* sleep(10);
                cleaned++;
              }
            }
          }),
        );
        yield* slow.next();
        yield* moveOnAfter(0, function* () {
          try {
            yield* sleep(1);
          } finally {
            yield* slow.close();
          }
        });
        expect([cleaned, loop.time()]).toEqual([1, 10]);
      },
      { loop },
    );
  });

  test("an async function that emits is interrupted there", async () => {
    const { step, finish } = trace();
    await virtually(async () => {
      const source = asyncGenerator<number>(async (emit) => {
        try {
          for (let n = 1; ; n++) await emit(n);
        } catch (error) {
          expect(isCancelled(error)).toBe(true);
          step(1);
          throw error;
        }
      });
      for await (const n of source) if (n === 2) break;
      finish(2);
    });
  });

  test("an async function that waits hears of it by its signal", async () => {
    const { step, finish } = trace();
    await virtually(async () => {
      const source = asyncGenerator<number>(async (emit, signal) => {
        await emit(1);
        await new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            step(1);
            reject(signal.reason);
          });
        });
      });
      const items = iterate(source);
      await items.next();
      const waiting = createTask(items.next());
      await sleep(0);
      await items.close();
      expect(await waiting).toEqual(END);
      finish(2);
    });
  });
});

describe("throw", () => {
  test("throws at the emit, and gives what comes next", async () => {
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<string>(function* (emit) {
          try {
            yield* emit("a");
          } catch (error) {
            yield* emit(String(error));
          }
        }),
      );
      yield* items.next();
      expect(yield* items.throw(new Error("own"))).toEqual(item("Error: own"));
      expect(yield* items.next()).toEqual(END);
      expect(yield* errorOf(items.throw(new Error("late")))).toEqual(new Error("late"));
    });
  });

  test("that nobody catches comes back, and ends it", async () => {
    const error = new Error("own");
    const source = numbers();
    await source.next();
    expect((await rejectionOf(source.throw(error))) === error).toBe(true);
    expect(await source.next()).toEqual(END);
  });

  test("before the first value it ends it, and nothing runs", async () => {
    const { finish, never } = trace();
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<number>(function* () {
          never("it was never asked");
        }),
      );
      expect(yield* errorOf(items.throw(new Error("own")))).toEqual(new Error("own"));
      expect(yield* items.next()).toEqual(END);
      finish(1);
    });
  });

  test("behind a next that waits, comes after it", async () => {
    await virtually(function* () {
      const seen: unknown[] = [];
      const items = iterate(
        asyncGenerator<number>(function* (emit) {
          yield* sleep(1);
          try {
            yield* emit(1);
          } catch (error) {
            seen.push(error);
          }
          yield* emit(2);
        }),
      );
      const tasks = [
        createTask(items.next()),
        createTask(items.throw("thrown")),
        createTask(items.next()),
      ];
      const results = [];
      for (const task of tasks) results.push(yield* task);
      expect(results).toEqual([item(1), item(2), END]);
      expect(seen).toEqual(["thrown"]);
    });
  });

  test("behind a next that was cancelled, the value on offer is dropped", async () => {
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<string>(function* (emit) {
          yield* sleep(1);
          try {
            yield* emit("for nobody");
          } catch (error) {
            yield* emit(String(error));
          }
        }),
      );
      const [cancelled, thrown] = [createTask(items.next()), createTask(items.throw("thrown"))];
      yield* sleep(0);
      cancelled.cancel();
      yield* errorOf(cancelled);
      expect(yield* thrown).toEqual(item("thrown"));
    });
  });
});

describe("cancellation of a consumer that waits", () => {
  test("the producer goes on to its emit, and the next call gets the value", async () => {
    await virtually(function* () {
      const items = iterate(numbers());
      const task = createTask(items.next());
      yield* sleep(0);
      task.cancel();
      yield* errorOf(task);
      yield* sleep(10);
      expect(yield* items.next()).toEqual(item(1));
      expect(yield* items.next()).toEqual(item(2));
    });
  });

  test("in the moment in which the value is there: it is not lost", async () => {
    for (let iterations = 0; iterations < 8; iterations++) {
      await virtually(function* () {
        const items = iterate(counting(() => {}));
        const task = createTask(items.next());
        for (let i = 0; i < iterations; i++) yield* sleep(0);
        task.cancel();
        let first: unknown;
        try {
          first = yield* task;
        } catch {}
        expect(first ?? (yield* items.next())).toEqual(item(1));
        expect(yield* items.next()).toEqual(item(2));
      });
    }
  });

  test("of the first of two: the second gets the value", async () => {
    await virtually(function* () {
      const items = iterate(numbers());
      const [first, second] = [createTask(items.next()), createTask(items.next())];
      yield* sleep(0);
      first.cancel();
      yield* errorOf(first);
      expect(yield* second).toEqual(item(1));
    });
  });
});

describe("whose it is", () => {
  test("a task of the run in which the iteration begins, which ends it", async () => {
    const { step, finish } = trace();
    const source = counting(() => step(2), 5);
    const loop = virtualLoop();
    await run(
      function* () {
        yield* iterate(source).next();
        expect(allTasks().size).toBe(2);
        step(1);
      },
      { loop },
    );
    finish(3);
    expect(allTasks(loop).size).toBe(0);
    expect(loop.asyncGenerators.size).toBe(0);
  });

  test("also where for await begins in an async function", async () => {
    const { step, finish } = trace();
    const source = counting(() => step(1), 5);
    const loop = virtualLoop();
    let consumer: Promise<unknown> | undefined;
    await run(
      async () => {
        consumer = rejectionOf(
          (async () => {
            for await (const _ of source) await sleep(1000);
          })(),
        );
        await sleep(1);
        expect(allTasks(loop).size).toBe(3);
      },
      { loop },
    );
    finish(2);
    expect(isCancelled(await consumer)).toBe(true);
    expect(allTasks(loop).size).toBe(0);
  });

  test("who asks when that run has ended gets its CancelledError: it was cut short", async () => {
    const source = asyncGenerator<number>(function* (emit) {
      yield* emit(1);
      yield* sleep(10_000);
    });
    await virtually(function* () {
      yield* iterate(source).next();
    });
    expect(isCancelled(await rejectionOf(source.next()))).toBe(true);
    expect(await source.next()).toEqual(END);
    expect(await rejectionOf(source.throw(new Error("late")))).toEqual(new Error("late"));
    expect(await source.return()).toEqual(END);
  });

  test("it has the variables of where it was made, and keeps its own to itself", async () => {
    await virtually(function* () {
      const user = new ContextVar("user", { default: "nobody" });
      user.set("ada");
      const items = iterate(
        asyncGenerator<string>(function* (emit) {
          yield* emit(user.get());
          user.set("of the producer");
          yield* emit(user.get());
        }),
      );
      user.set("grace");
      expect(yield* items.next()).toEqual(item("ada"));
      expect(yield* items.next()).toEqual(item("of the producer"));
      expect(user.get()).toBe("grace");
    });
  });

  test("a consumer on another loop, whose producer ends before it has run", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    let consumer: Promise<unknown> | undefined;
    await run(
      function* () {
        let producer: Task<unknown> | null = null;
        const asked = new Future<void>();
        const items = iterate(
          asyncGenerator<number>(function* (emit) {
            producer = currentTask();
            yield* emit(1);
            yield* asked;
            yield* emit(2);
          }),
        );
        expect(yield* items.next()).toEqual(item(1));
        // real: a virtual clock of its own would see that nothing on its loop can wake it
        consumer = run(() => errorOf(items.next()), { loop: new EventLoop() });
        yield* fromPromise(turn(undefined));
        asked.setResult(undefined);
        for (let i = 0; i < 3; i++) yield* sleep(0);
        // The value is on offer and the consumer woken, but its loop has not turned yet.
        (producer as Task<unknown> | null)?.cancel("in between");
        for (let i = 0; i < 3; i++) yield* sleep(0);
      },
      { loop },
    );
    expect(await consumer).toEqual(new CancelledError("in between"));
    expect(reports).toEqual([]);
  });

  test("it is in no cancel scope of its consumer's", async () => {
    await virtually(function* () {
      const items = iterate(counting(() => {}));
      yield* moveOnAfter(5, function* () {
        yield* items.next();
        yield* sleep(10);
      });
      expect(yield* items.next()).toEqual(item(2));
      yield* items.close();
    });
  });

  test("a producer that is cancelled by somebody else: who waits gets the CancelledError", async () => {
    await virtually(function* () {
      let producer = allTasks();
      const items = iterate(
        asyncGenerator<number>(function* () {
          producer = allTasks();
          yield* sleep(1000);
        }),
      );
      const before = allTasks();
      const waiting = createTask(items.next());
      yield* sleep(1);
      for (const task of producer) {
        if (!before.has(task) && task !== (waiting as unknown)) task.cancel("somebody else");
      }
      expect(yield* errorOf(waiting)).toEqual(new CancelledError("somebody else"));
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("shutdownAsyncGenerators closes what is in progress", async () => {
    const loop = virtualLoop();
    const { step, finish } = trace();
    await run(
      function* () {
        const first = iterate(counting(() => step(1), 5));
        const second = iterate(counting(() => step(2), 10));
        const idle = iterate(counting(() => step(-1)));
        yield* first.next();
        yield* second.next();
        expect(loop.asyncGenerators.size).toBe(2);
        yield* loop.shutdownAsyncGenerators();
        finish(3);
        expect(loop.time()).toBe(10);
        expect(yield* first.next()).toEqual(END);
        expect(loop.asyncGenerators.size).toBe(0);
        yield* idle.close();
      },
      { loop },
    );
  });

  test("one that was forgotten halfway is closed when it is collected", async () => {
    // real: nothing but the collector knows when. On the default loop, of no run.
    let ended = 0;
    await (async () => {
      for (let i = 0; i < 10; i++) await counting(() => ended++).next();
    })();
    expect(getEventLoop().asyncGenerators.size).toBe(10);
    for (let i = 0; i < 200 && (ended < 10 || allTasks().size > 0); i++) {
      gc?.();
      await turn();
    }
    expect(ended).toBe(10);
    expect(getEventLoop().asyncGenerators.size).toBe(0);
    expect(allTasks().size).toBe(0);
  });

  test("one that is waited for is not collected", async () => {
    let opened!: (emit: string) => void;
    const door = new Promise<string>((resolve) => {
      opened = resolve;
    });
    const pending = asyncGenerator<string>(async (emit) => {
      await emit(await door);
    }).next();
    for (let i = 0; i < 5; i++) {
      gc?.();
      await turn();
    }
    opened("at last");
    expect(await pending).toEqual(item("at last"));
  });
});

describe("mistakes", () => {
  test("two emits at the same time", async () => {
    await virtually(function* () {
      const items = iterate(
        asyncGenerator<number>(function* (emit) {
          createTask(emit(1));
          yield* sleep(1);
          yield* emit(2);
        }),
      );
      expect(yield* items.next()).toEqual(item(1));
      yield* sleep(5);
      expect(yield* errorOf(items.next())).toEqual(
        new RuntimeError(
          "emit() while another emit() of the same asyncGenerator waits. Let several producers send " +
            "into a channel (openMemoryChannel), and emit what comes out",
        ),
      );
    });
  });

  test("and the advice that comes with it", async () => {
    await virtually(function* () {
      const merged = iterate(
        asyncGenerator<string>(function* (emit) {
          const [sender, receiver] = openMemoryChannel<string>(0);
          yield* taskGroup(function* (group) {
            for (const name of ["a", "b"]) {
              const own = sender.clone();
              group.createTask(function* () {
                using closing = own;
                for (const n of [1, 2]) yield* closing.send(name + n);
              });
            }
            sender.close();
            const items = iterate(receiver);
            for (let next = yield* items.next(); !next.done; next = yield* items.next()) {
              yield* emit(next.value);
            }
          });
        }),
      );
      const got: string[] = [];
      for (let next = yield* merged.next(); !next.done; next = yield* merged.next()) {
        got.push(next.value);
      }
      expect(got.sort()).toEqual(["a1", "a2", "b1", "b2"]);
    });
  });

  test("what is no function, or makes no coroutine", async () => {
    expect(() => asyncGenerator(5 as never)).toThrow(
      new TypeError(
        "asyncGenerator() needs a function: asyncGenerator(function* (emit) { yield* emit(value); })",
      ),
    );
    await virtually(function* () {
      const items = iterate(asyncGenerator<number>((() => 5) as never));
      expect(yield* errorOf(items.next())).toEqual(
        new TypeError(
          "the function given to asyncGenerator() returned number: it must be a coroutine function " +
            "(function*) or an async function",
        ),
      );
    });
  });

  test("a generator that iterates or closes itself", async () => {
    const itself = new RuntimeError(
      "an asyncGenerator cannot iterate or close itself: its body ends it by return",
    );
    await virtually(function* () {
      const items: Iteration<number> = iterate(
        asyncGenerator<number>(function* (emit) {
          expect(yield* errorOf(items.next())).toEqual(itself);
          expect(yield* errorOf(items.close())).toEqual(itself);
          yield* emit(1);
        }),
      );
      expect(yield* items.next()).toEqual(item(1));
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("an emit after the end", async () => {
    let emit!: Emit<number>;
    await virtually(function* () {
      yield* iterate(
        asyncGenerator<number>(function* (given) {
          emit = given;
        }),
      ).next();
      expect(yield* errorOf(emit(1))).toBeInstanceOf(RuntimeError);
    });
  });

  test("a producer that waits for ever is named in the deadlock's report", async () => {
    const deadlock = await rejectionOf(
      virtually(() =>
        iterate(
          asyncGenerator<number>(function* () {
            yield* sleep(Number.POSITIVE_INFINITY);
          }),
        ).next(),
      ),
    );
    expect((deadlock as Error).message).toContain("an asyncGenerator");
    expect((deadlock as Error).message).toContain("sleep(Infinity)");
  });
});

test("it is an AsyncGenerator as JavaScript's own are", async () => {
  const source = numbers();
  expect(source[Symbol.asyncIterator]()).toBe(source);
  expect(Object.prototype.toString.call(source)).toBe("[object AsyncGenerator]");
  expect(source.next()).toBeInstanceOf(Promise);
  expect(await source.return()).toEqual(END);
  let ended = false;
  {
    await using counted = counting(() => {
      ended = true;
    });
    await counted.next();
  }
  expect(ended).toBe(true);
});
