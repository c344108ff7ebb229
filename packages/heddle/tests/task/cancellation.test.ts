import fc from "fast-check";
import {
  CancelledError,
  CancelScope,
  type Coroutine,
  cancelScope,
  createTask,
  currentTask,
  Event,
  Future,
  gather,
  isCancelled,
  rethrowIfCancelled,
  run,
  sleep,
  type Task,
} from "heddle";
import { describe, expect, test } from "vitest";
import { reportsOf } from "../loop/reports-of.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

describe("task.cancel", () => {
  test("throws a CancelledError with the message where the task waits", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const task = createTask(function* () {
        step(1);
        try {
          yield* sleep(100);
          expect.unreachable();
        } catch (error) {
          step(3);
          expect(error).toBeInstanceOf(CancelledError);
          expect((error as Error).message).toBe("enough");
          throw error;
        }
      });
      yield* sleep(1);
      step(2);
      expect(task.cancel("enough")).toBe(true);
      expect([task.done(), task.cancelled(), task.cancelling()]).toEqual([false, false, 1]);
      const error = yield* errorOf(task);
      step(4);
      expect(error).toEqual(new CancelledError("enough"));
      expect([task.done(), task.cancelled()]).toEqual([true, true]);
      finish(5);
    });
  });

  test("without a message the error has none of its own", async () => {
    await virtually(function* () {
      const task = createTask(sleep(100));
      yield* sleep(1);
      task.cancel();
      const error = yield* errorOf(task);
      expect(isCancelled(error) && Object.hasOwn(error, "message")).toBe(false);
      expect(String(error)).toBe("CancelledError");
    });
  });

  test("before the first step: the coroutine never begins", async () => {
    await virtually(function* () {
      const task = createTask(function* () {
        expect.unreachable();
        yield* sleep(1);
      });
      expect(task.cancel("too early")).toBe(true);
      expect(yield* errorOf(task)).toEqual(new CancelledError("too early"));
    });
  });

  test("before the first step of a function: it is never called", async () => {
    await virtually(function* () {
      for (const body of [
        async () => expect.unreachable(),
        () => {
          expect.unreachable();
          return sleep(1);
        },
      ]) {
        const task = createTask<unknown>(body);
        task.cancel();
        yield* errorOf(task);
        expect(task.cancelled()).toBe(true);
      }
    });
  });

  test("of a task that is done does nothing", async () => {
    await virtually(function* () {
      const task = createTask(function* () {
        return 5;
      });
      yield* task;
      expect(task.cancel()).toBe(false);
      expect([task.result(), task.cancelling()]).toEqual([5, 0]);
    });
  });

  test("twice: the second comes while the finally awaits, and interrupts that", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const task = createTask(function* () {
        try {
          yield* sleep(100);
        } finally {
          step(1);
          try {
            yield* sleep(100);
            never("the clean-up was cancelled too");
          } catch (error) {
            step(3);
            expect((error as Error).message).toBe("second");
            rethrowIfCancelled(error);
          }
        }
      });
      yield* sleep(1);
      task.cancel("first");
      yield* sleep(1);
      step(2);
      task.cancel("second");
      expect(task.cancelling()).toBe(2);
      const error = yield* errorOf(task);
      expect((error as Error).message).toBe("second");
      finish(4);
    });
  });

  test("twice before it arrives is one cancellation, the first, counted twice", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const task = createTask(function* () {
        let caught: unknown;
        try {
          yield* sleep(100);
        } catch (error) {
          step(1);
          caught = error;
        }
        yield* sleep(5);
        step(2);
        return caught;
      });
      yield* sleep(1);
      task.cancel("first");
      task.cancel("second");
      expect(task.cancelling()).toBe(2);
      // As in asyncio: the first cancelled the sleep; the second found the task scheduled, to be
      // thrown instead of what it had waited for, unless that was a cancellation itself.
      expect(yield* task).toEqual(new CancelledError("first"));
      finish(3);
    });
  });

  test("instead of a result or an error that has come, but was not taken yet", async () => {
    await virtually(function* () {
      for (const settle of [
        (reply: Future<string>) => reply.setResult("just came"),
        (reply: Future<string>) => reply.setException(new Error("just came")),
      ]) {
        const reply = new Future<string>();
        const task = createTask(reply);
        yield* sleep(1);
        settle(reply);
        task.cancel("came later");
        expect(yield* errorOf(task)).toEqual(new CancelledError("came later"));
      }
    });
  });

  test("by itself, while it runs: thrown at the next suspension", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const task: Task<void> = createTask(function* () {
        step(1);
        task.cancel();
        step(2);
        yield* sleep(100);
        never("it was cancelled here");
      });
      yield* errorOf(task);
      finish(3);
    });
  });

  test("by itself, with no suspension left: it ends cancelled, and the value is lost, as in asyncio", async () => {
    await virtually(function* () {
      const task: Task<string> = createTask(function* () {
        task.cancel("late");
        return "value";
      });
      expect(yield* errorOf(task)).toEqual(new CancelledError("late"));
      expect(task.cancelled()).toBe(true);
    });
  });

  test("what is awaited when it is done already is not lost: the cancellation comes at the next wait", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const done = new Future<number>();
      done.setResult(1);
      const task: Task<void> = createTask(function* () {
        task.cancel();
        expect(yield* done).toBe(1);
        step(1);
        yield* sleep(0);
        expect.unreachable();
      });
      yield* errorOf(task);
      finish(2);
    });
  });

  test("cancels the future that it waits for", async () => {
    await virtually(function* () {
      const future = new Future<void>();
      const task = createTask(function* () {
        yield* future;
      });
      yield* sleep(0);
      task.cancel("with its future");
      expect(future.cancelled()).toBe(true);
      expect(yield* errorOf(future)).toEqual(new CancelledError("with its future"));
      yield* errorOf(task);
    });
  });

  test("cancels the task that it awaits, and waits for its clean-up", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const inner = createTask(function* () {
        try {
          yield* sleep(100);
        } finally {
          step(2);
          yield* sleep(10);
          step(3);
        }
      });
      const outer = createTask(function* () {
        try {
          yield* inner;
        } finally {
          step(4);
        }
      });
      yield* sleep(1);
      step(1);
      outer.cancel();
      yield* errorOf(outer);
      expect([inner.cancelled(), outer.cancelled()]).toEqual([true, true]);
      finish(5);
    });
  });
});

describe("tasks that wait for each other in a ring", () => {
  test("cancelling any of them cancels all, each once", async () => {
    for (const size of [1, 2, 3, 10]) {
      for (const struck of [0, size - 1]) {
        await virtually(function* () {
          let cleaned = 0;
          const ring: Task<unknown>[] = [];
          for (let n = 0; n < size; n++) {
            const task: Task<unknown> = createTask(function* () {
              yield* sleep(1);
              try {
                // A ring of one awaits itself through a gather: directly it would be refused.
                yield* size === 1 ? gather([task]) : (ring[(n + 1) % size] as Task<unknown>);
              } finally {
                yield* sleep(1);
                cleaned++;
              }
            });
            ring.push(task);
          }
          yield* sleep(5);
          expect(ring[struck]?.cancel("out of the ring")).toBe(true);
          yield* sleep(50);
          expect(ring.map((task) => task.cancelled())).toEqual(ring.map(() => true));
          expect(cleaned).toBe(size);
        });
      }
    }
  });

  test("the request counts where it was made, and wakes who waits for the ring from outside", async () => {
    await virtually(function* () {
      const first: Task<unknown> = createTask(function* () {
        yield* second;
      });
      const second: Task<unknown> = createTask(function* () {
        yield* first;
      });
      const outside = createTask(errorOf(second));
      yield* sleep(1);
      expect(first.cancel()).toBe(true);
      expect([first.cancelling(), second.cancelling()]).toEqual([1, 0]);
      yield* sleep(1);
      expect([first.cancelled(), second.cancelled(), outside.done()]).toEqual([true, true, true]);
    });
  });

  test("through gather, with somebody in it who was just woken", async () => {
    await virtually(function* () {
      const gate = new Future<void>();
      const first: Task<unknown> = createTask(function* () {
        yield* gather([second, third]);
      });
      const second: Task<unknown> = createTask(function* () {
        yield* first;
      });
      const third: Task<unknown> = createTask(function* () {
        yield* gate;
        yield* sleep(1000);
      });
      yield* sleep(1);
      gate.setResult();
      first.cancel();
      yield* sleep(10);
      expect([first, second, third].map((task) => task.cancelled())).toEqual([true, true, true]);
    });
  });
});

test("in any graph of tasks that wait for each other, a cancellation reaches all that it should", async () => {
  const node = fc.record({
    // Whom it waits for; nobody: it sleeps.
    targets: fc.uniqueArray(fc.nat(5), { maxLength: 3 }),
    // It was woken just now, and waits for nobody at the moment of the cancellation.
    woken: fc.boolean(),
  });
  const graphs = fc.array(node, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(graphs, fc.nat(5), async (nodes, any) => {
      const reached = new Set<number>();
      const reach = (n: number): void => {
        const at = nodes[n];
        if (at === undefined || reached.has(n)) return;
        reached.add(n);
        if (!at.woken) for (const target of at.targets) reach(target);
      };
      const struck = any % nodes.length;
      reach(struck);
      const loop = virtualLoop();
      reportsOf(loop);
      await run(
        function* () {
          const gate = new Future<void>();
          const tasks: Task<unknown>[] = nodes.map(({ targets, woken }, n) =>
            createTask(function* () {
              if (woken) yield* gate;
              const waited = targets.flatMap((target) => tasks[target] ?? []);
              const [only] = waited;
              if (only === undefined) yield* sleep(1000);
              else if (waited.length === 1 && only !== tasks[n]) yield* only;
              else yield* gather(waited);
            }),
          );
          yield* sleep(1);
          gate.setResult();
          tasks[struck]?.cancel();
          yield* sleep(5);
          const alive = [...reached].filter((n) => tasks[n]?.done() !== true);
          expect(alive).toEqual([]);
        },
        { loop },
      );
    }),
    { numRuns: 300 },
  );
});

describe("finally during a cancellation", () => {
  test("may await, and runs to its end once", async () => {
    const { step, finish, never } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        const task = createTask(function* () {
          try {
            step(1);
            yield* sleep(1000);
            never("the sleep was cancelled");
          } finally {
            step(2);
            yield* sleep(50);
            step(3);
          }
          never("the cancellation goes on after the finally");
        });
        yield* sleep(10);
        task.cancel();
        yield* errorOf(task);
        expect(loop.time()).toBe(60);
        expect(task.cancelled()).toBe(true);
        finish(4);
      },
      { loop },
    );
  });

  test("that cancels its own task again is interrupted at its next wait", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const task: Task<void> = createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          step(1);
          task.cancel("from finally");
          yield* sleep(10);
          never("cancelled again");
        }
      });
      yield* sleep(1);
      task.cancel("first");
      expect(((yield* errorOf(task)) as Error).message).toBe("from finally");
      finish(2);
    });
  });

  test("that throws puts its own error in the place of the cancellation", async () => {
    await virtually(function* () {
      const error = new Error("clean-up failed");
      const task = createTask(function* () {
        try {
          yield* sleep(1000);
        } finally {
          yield* sleep(1);
          // biome-ignore lint/correctness/noUnsafeFinally: it is what this test is about.
          throw error;
        }
      });
      yield* sleep(1);
      task.cancel();
      expect(yield* errorOf(task)).toBe(error);
      expect(task.cancelled()).toBe(false);
    });
  });

  test("runs in every coroutine of the chain, from the inside out", async () => {
    const { step, finish, never } = trace();
    const depth = 20;
    function* level(n: number): Coroutine<void> {
      try {
        if (n === 0) yield* sleep(1000);
        else yield* level(n - 1);
        never("no line after a cancelled await runs");
      } finally {
        yield* sleep(1);
        step(n + 1);
      }
    }
    const loop = virtualLoop();
    await run(
      function* () {
        const task = createTask(level(depth));
        yield* sleep(1);
        task.cancel();
        yield* errorOf(task);
        expect(loop.time()).toBe(1 + depth + 1);
        finish(depth + 2);
      },
      { loop },
    );
  });
});

describe("swallowing a cancellation", () => {
  test("a coroutine that catches it goes on, and its task ends normally", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const task = createTask(function* () {
        try {
          yield* sleep(1000);
        } catch {
          step(1);
        }
        yield* sleep(10);
        step(2);
        return "went on";
      });
      yield* sleep(1);
      task.cancel();
      expect(yield* task).toBe("went on");
      // The request stands, since nobody took it back.
      expect([task.cancelled(), task.cancelling()]).toEqual([false, 1]);
      finish(3);
    });
  });

  test("rethrowIfCancelled lets it through and nothing else", async () => {
    await virtually(function* () {
      const careful = (failing: () => Coroutine<void>) =>
        createTask(function* () {
          try {
            yield* failing();
          } catch (error) {
            rethrowIfCancelled(error);
            return "handled";
          }
          return "no error";
        });
      const failing = careful(function* () {
        throw new Error("ordinary");
      });
      const cancelled = careful(function* () {
        yield* sleep(1000);
      });
      yield* sleep(1);
      cancelled.cancel();
      expect(yield* failing).toBe("handled");
      yield* errorOf(cancelled);
      expect(cancelled.cancelled()).toBe(true);
    });
  });
});

describe("uncancel and cancelling", () => {
  test("count the requests; below zero there is nothing", async () => {
    await virtually(function* () {
      const task = createTask(sleep(100));
      expect([task.cancelling(), task.uncancel()]).toEqual([0, 0]);
      task.cancel();
      task.cancel();
      task.cancel();
      expect([task.cancelling(), task.uncancel(), task.uncancel()]).toEqual([3, 2, 1]);
      expect([task.uncancel(), task.uncancel(), task.cancelling()]).toEqual([0, 0, 0]);
      yield* task;
    });
  });

  test("at zero a cancellation that was not thrown yet is dropped", async () => {
    await virtually(function* () {
      const task = createTask(function* () {
        yield* sleep(5);
        return "not cancelled";
      });
      task.cancel();
      expect(task.uncancel()).toBe(0);
      expect(yield* task).toBe("not cancelled");
    });
  });

  test("one that has reached the awaited future cannot be taken back", async () => {
    await virtually(function* () {
      const task = createTask(sleep(5));
      yield* sleep(1);
      task.cancel();
      task.uncancel();
      yield* errorOf(task);
      expect(task.cancelled()).toBe(true);
    });
  });
});

describe("task.signal", () => {
  test("is aborted by cancel, with the CancelledError as its reason", async () => {
    await virtually(function* () {
      const task = createTask(sleep(100));
      const { signal } = task;
      expect(task.signal).toBe(signal);
      expect(signal.aborted).toBe(false);
      yield* sleep(1);
      task.cancel("stop it");
      expect(signal.aborted).toBe(true);
      expect(signal.reason).toEqual(new CancelledError("stop it"));
      yield* errorOf(task);
    });
  });

  test("goes into cancel scopes and out of them", async () => {
    await virtually(function* () {
      const task = currentTask() as Task<unknown>;
      const { signal } = task;
      const outer = new CancelScope();
      yield* outer.run(function* () {
        yield* cancelScope({}, function* () {
          expect(task.signal).toBe(signal);
          yield* sleep(1);
        });
        expect(task.signal).toBe(signal);
        yield* cancelScope({}, function* (inner) {
          inner.cancel();
          outer.cancel();
          yield* errorOf(sleep(1));
        });
        // Out of the inner scope, but the outer one is cancelled too.
        expect([task.signal === signal, signal.aborted]).toEqual([true, true]);
      });
      expect([task.signal === signal, task.signal.aborted]).toEqual([false, false]);
    });
  });

  test("of a task that was cancelled in a scope stays the aborted one behind it", async () => {
    await virtually(function* () {
      const task: Task<unknown> = createTask(function* () {
        const { signal } = task;
        yield* cancelScope({}, () => errorOf(sleep(10)));
        expect([task.signal === signal, signal.aborted]).toEqual([true, true]);
      });
      yield* sleep(1);
      task.cancel();
      yield* task;
    });
  });

  test("asked for after the cancellation it is aborted already", async () => {
    await virtually(function* () {
      const task = createTask(sleep(100));
      task.cancel();
      expect(isCancelled(task.signal.reason)).toBe(true);
      yield* errorOf(task);
      expect(task.signal.aborted).toBe(true);
    });
  });

  test("of a task that ended by itself stays open", async () => {
    await virtually(function* () {
      const task = createTask(function* () {});
      const { signal } = task;
      yield* task;
      task.cancel();
      expect([signal.aborted, task.signal.aborted]).toEqual([false, false]);
    });
  });
});

describe("a CancelledError", () => {
  test("is recognised by brand, so that two copies of the library agree", () => {
    const ofAnotherCopy = { [Symbol.for("heddle.CancelledError")]: true };
    expect(isCancelled(ofAnotherCopy)).toBe(true);
    expect([new Error("x"), null, undefined, "text", {}].map(isCancelled)).toEqual(
      Array(5).fill(false),
    );
  });

  test("that a coroutine throws by itself makes its task cancelled", async () => {
    await virtually(function* () {
      const own = new CancelledError("own");
      const task = createTask(function* () {
        throw own;
      });
      expect(yield* errorOf(task)).toBe(own);
      expect([task.cancelled(), task.cancelling()]).toEqual([true, 0]);
      // The error itself goes to the first who asks; later ones get their own.
      expect(yield* errorOf(task)).toBeInstanceOf(CancelledError);
    });
  });
});

test("an iterator without throw() ends by its cancellation", async () => {
  await virtually(function* () {
    const steps = { next: () => ({ done: false, value: undefined }) };
    const task = createTask({ [Symbol.iterator]: () => steps } as never);
    yield* sleep(0);
    task.cancel("no throw");
    expect(yield* errorOf(task)).toEqual(new CancelledError("no throw"));
    expect(task.cancelled()).toBe(true);
  });
});

test("a cancelled task is reported to nobody", async () => {
  const loop = virtualLoop();
  const reports = reportsOf(loop);
  await run(
    function* () {
      const event = new Event();
      const tasks = [createTask(event.wait()), createTask(sleep(50)), createTask(function* () {})];
      yield* sleep(1);
      for (const task of tasks) task.cancel();
      yield* sleep(1);
    },
    { loop },
  );
  expect(reports).toEqual([]);
});
