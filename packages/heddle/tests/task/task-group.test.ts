import {
  CancelledError,
  type Coroutine,
  createTask,
  currentTask,
  ExceptionGroup,
  getRunningLoop,
  isCancelled,
  RuntimeError,
  run,
  sleep,
  type Task,
  TaskGroup,
  taskGroup,
  timeout,
} from "heddle";
import { describe, expect, test } from "vitest";
import { hasProcess } from "../has-process.ts";
import { reportsOf } from "../loop/reports-of.ts";
import { nativeTurn } from "../native-turn.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";
import { errorOf } from "./error-of.ts";

function* failing(ms: number, error: unknown): Coroutine<never> {
  yield* sleep(ms);
  throw error;
}

/** The errors of an ExceptionGroup. */
function inGroup(error: unknown): unknown[] {
  expect(error).toBeInstanceOf(ExceptionGroup);
  const group = error as ExceptionGroup;
  const count = group.errors.length;
  expect(group.message).toBe(
    `unhandled errors in a TaskGroup (${count} ${count === 1 ? "error" : "errors"})`,
  );
  return group.errors;
}

describe("taskGroup", () => {
  test("ends when all its tasks have, and gives the block's value", async () => {
    const { step, finish } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        const value = yield* taskGroup(function* (group) {
          group.createTask(function* () {
            yield* sleep(20);
            step(3);
          });
          group.createTask(function* () {
            yield* sleep(10);
            step(2);
          });
          step(1);
          return "the block's";
        });
        expect([value, loop.time()]).toEqual(["the block's", 20]);
        finish(4);
      },
      { loop },
    );
  });

  test("an empty one does not suspend", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      createTask(function* () {
        step(2);
      });
      yield* taskGroup(function* () {});
      step(1);
      yield* sleep(0);
      finish(3);
    });
  });

  test("a task that fails cancels the others and the block; all clean up; then it is thrown", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const error = new Error("own");
      const group = yield* errorOf(
        taskGroup(function* (group) {
          group.createTask(failing(10, error));
          group.createTask(function* () {
            try {
              yield* sleep(1000);
              never("it was cancelled");
            } finally {
              step(1);
              yield* sleep(5);
              step(3);
            }
          });
          try {
            yield* sleep(1000);
            never("the block was cancelled");
          } finally {
            step(2);
          }
        }),
      );
      expect(inGroup(group)).toEqual([error]);
      expect(currentTask()?.cancelling()).toBe(0);
      finish(4);
    });
  });

  test("errors during the clean-up are thrown with it, in the order in which they happened", async () => {
    await virtually(function* () {
      const errors = [new Error("first"), new Error("second"), new Error("the block's")];
      const group = yield* errorOf(
        taskGroup(function* (group) {
          group.createTask(failing(10, errors[0]));
          group.createTask(function* () {
            try {
              yield* sleep(1000);
            } finally {
              yield* failing(5, errors[1]);
            }
          });
          try {
            yield* sleep(1000);
          } finally {
            yield* failing(20, errors[2]);
          }
        }),
      );
      expect(inGroup(group)).toEqual(errors);
    });
  });

  test("an error of the block cancels the tasks and is thrown in a group", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const error = new Error("the block's");
      const group = yield* errorOf(
        taskGroup(function* (group) {
          group.createTask(function* () {
            try {
              yield* sleep(1000);
            } finally {
              yield* sleep(5);
              step(1);
            }
          });
          yield* sleep(1);
          throw error;
        }),
      );
      expect(inGroup(group)).toEqual([error]);
      finish(2);
    });
  });

  test("an error of the block with no tasks is in a group all the same", async () => {
    await virtually(function* () {
      const error = new Error("the block's");
      const group = yield* errorOf(
        taskGroup(function* () {
          throw error;
        }),
      );
      expect(inGroup(group)).toEqual([error]);
    });
  });

  test("a task that throws undefined or null fails the group too", async () => {
    for (const value of [undefined, null]) {
      await virtually(function* () {
        const group = yield* errorOf(
          taskGroup(function* (group) {
            group.createTask(failing(1, value));
            yield* sleep(1000);
          }),
        );
        expect(inGroup(group)).toEqual([value]);
      });
    }
  });

  test("a task that is cancelled by somebody is no failure", async () => {
    await virtually(function* () {
      const value = yield* taskGroup(function* (group) {
        const one = group.createTask(sleep(1000));
        group.createTask(sleep(20));
        yield* sleep(10);
        one.cancel();
        return "fine";
      });
      expect(value).toBe("fine");
    });
  });

  test("a cancellation from outside cancels and awaits the tasks, in the block and behind it", async () => {
    for (const blockMs of [0, 1000]) {
      const loop = virtualLoop();
      await run(
        function* () {
          let cleaned = 0;
          const task = createTask(
            taskGroup(function* (group) {
              for (const ms of [5, 10]) {
                group.createTask(function* () {
                  try {
                    yield* sleep(1000);
                  } finally {
                    yield* sleep(ms);
                    cleaned++;
                  }
                });
              }
              yield* sleep(blockMs);
            }),
          );
          yield* sleep(20);
          task.cancel("from outside");
          expect(yield* errorOf(task)).toEqual(new CancelledError("from outside"));
          expect([task.cancelled(), cleaned, loop.time()]).toEqual([true, 2, 30]);
        },
        { loop },
      );
    }
  });

  test("a cancellation from outside meets an error: the group is thrown, the request stands", async () => {
    await virtually(function* () {
      const error = new Error("own");
      const seen: unknown[] = [];
      const task: Task<string> = createTask(function* () {
        try {
          yield* taskGroup(function* (group) {
            group.createTask(function* () {
              try {
                yield* sleep(1000);
              } finally {
                yield* failing(5, error);
              }
            });
            yield* sleep(1000);
          });
        } catch (thrown) {
          seen.push(...inGroup(thrown), task.cancelling());
        }
        // The request was not taken back: it is thrown at the next wait.
        yield* sleep(10);
        return "not cancelled";
      });
      yield* sleep(20);
      task.cancel();
      expect(isCancelled(yield* errorOf(task))).toBe(true);
      expect(seen).toEqual([error, 1]);
    });
  });

  test("whatever comes during the clean-up, each task and the block are cancelled once", async () => {
    const loop = virtualLoop();
    let requests: number[] = [];
    await run(
      function* () {
        const parent: Task<unknown> = createTask(
          taskGroup(function* (group) {
            const cleaning: Task<unknown> = group.createTask(function* () {
              yield* errorOf(sleep(1000));
              yield* sleep(100);
              requests = [cleaning.cancelling(), parent.cancelling()];
            });
            group.createTask(function* () {
              yield* errorOf(sleep(1000));
              yield* failing(20, new Error("in its clean-up"));
            });
          }),
        );
        yield* sleep(1);
        parent.cancel();
        yield* sleep(1);
        parent.cancel();
        expect(inGroup(yield* errorOf(parent))).toEqual([new Error("in its clean-up")]);
      },
      { loop },
    );
    expect([requests, loop.time()]).toEqual([[1, 2], 101]);
  });

  test("a block that was dropped: an error of its tasks is reported", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    const error = new Error("late");
    await run(
      function* () {
        const parent = createTask(
          function* () {
            // By hand: nobody ever resumes the block.
            taskGroup(function* (group) {
              group.createTask(failing(1, error), { name: "child" });
              yield* sleep(1000);
            }).next();
          },
          { name: "parent" },
        );
        yield* parent;
        yield* sleep(5);
      },
      { loop },
    );
    expect(reports).toMatchObject([
      {
        message:
          'Task <Task "child" raised> has errored out but its parent task <Task "parent" returned> ' +
          "is already completed",
        exception: error,
      },
    ]);
  });

  test("a failure and a cancellation from outside in the same iteration", async () => {
    await virtually(function* () {
      const task = createTask(
        taskGroup(function* (group) {
          group.createTask(failing(10, new Error("own")));
          yield* sleep(1000);
        }),
      );
      yield* sleep(10);
      task.cancel("from outside");
      const error = yield* errorOf(task);
      expect(isCancelled(error) || error instanceof ExceptionGroup).toBe(true);
      // Whatever is thrown, the request from outside is not lost.
      expect(task.cancelling()).toBe(1);
    });
  });

  test("nested: the inner group's error fails the outer one, with all its tasks", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const error = new Error("own");
      const outer = yield* errorOf(
        taskGroup(function* (group) {
          group.createTask(function* () {
            try {
              yield* sleep(1000);
            } finally {
              step(2);
            }
          });
          group.createTask(function* () {
            yield* taskGroup(function* (inner) {
              inner.createTask(failing(10, error));
              try {
                yield* sleep(1000);
              } finally {
                step(1);
              }
            });
          });
        }),
      );
      const [inner] = inGroup(outer);
      expect(inGroup(inner)).toEqual([error]);
      finish(3);
    });
  });

  test("under a timeout", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const error = yield* errorOf(
        timeout(10, () =>
          taskGroup(function* (group) {
            group.createTask(function* () {
              try {
                yield* sleep(1000);
              } finally {
                yield* sleep(5);
                step(1);
              }
            });
          }),
        ),
      );
      expect((error as Error).name).toBe("TimeoutError");
      finish(2);
    });
  });

  test("tasks may make tasks, also while the group waits for its end", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        group.createTask(function* () {
          yield* sleep(10);
          step(1);
          group.createTask(function* () {
            yield* sleep(10);
            step(2);
          });
        });
      });
      finish(3);
    });
  });

  test("a hundred thousand tasks", async () => {
    let done = 0;
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        for (let i = 0; i < 100_000; i++) {
          group.createTask(function* () {
            yield* sleep(0);
            done++;
          });
        }
      });
    });
    expect(done).toBe(100_000);
  });
});

describe("group.createTask", () => {
  test("is refused once the group shuts down, and after its end", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      let kept: TaskGroup | undefined;
      yield* errorOf(
        taskGroup(function* (group) {
          kept = group;
          group.createTask(failing(1, new Error("own")));
          try {
            yield* sleep(1000);
          } finally {
            expect(() => group.createTask(sleep(1))).toThrow(
              new RuntimeError("TaskGroup is shutting down"),
            );
            step(1);
          }
        }),
      );
      expect(() => kept?.createTask(sleep(1))).toThrow(new RuntimeError("TaskGroup is finished"));
      finish(2);
    });
  });

  test("names its tasks", async () => {
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        expect(group.createTask(sleep(1), { name: "worker" }).getName()).toBe("worker");
      });
    });
  });

  test("an eager task that fails at once fails the group, behind the line that made it", async () => {
    const { step, finish, never } = trace();
    await virtually(function* () {
      const error = new Error("own");
      const group = yield* errorOf(
        taskGroup(function* (group) {
          group.createTask(
            function* () {
              throw error;
            },
            { eagerStart: true },
          );
          step(1);
          yield* sleep(1000);
          never("the block was cancelled");
        }),
      );
      expect(inGroup(group)).toEqual([error]);
      finish(2);
    });
  });
});

describe("group.cancel", () => {
  test("from the block: everything is cancelled, and the group ends without an error", async () => {
    const { step, finish, never } = trace();
    const loop = virtualLoop();
    await run(
      function* () {
        const value = yield* taskGroup(function* (group) {
          group.createTask(function* () {
            try {
              yield* sleep(1000);
              never("it was cancelled");
            } finally {
              yield* sleep(5);
              step(2);
            }
          });
          yield* sleep(10);
          group.cancel();
          step(1);
          yield* sleep(1000);
          never("the block was cancelled too");
        });
        expect([value, loop.time()]).toEqual([undefined, 15]);
        expect(currentTask()?.cancelling()).toBe(0);
        yield* sleep(1);
        finish(3);
      },
      { loop },
    );
  });

  test("from a task of the group, from outside, twice", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        group.createTask(function* () {
          yield* sleep(10);
          group.cancel();
          group.cancel();
        });
        group.createTask(sleep(1000));
        yield* sleep(1000);
      });
      step(1);
      let kept: TaskGroup | undefined;
      const task = createTask(
        taskGroup(function* (group) {
          kept = group;
          group.createTask(sleep(1000));
        }),
      );
      yield* sleep(10);
      kept?.cancel();
      yield* task;
      expect(task.cancelled()).toBe(false);
      kept?.cancel();
      finish(2);
    });
  });

  test("a group without tasks: the block is cancelled", async () => {
    await virtually(function* () {
      const { step, finish, never } = trace();
      yield* taskGroup(function* (group) {
        step(1);
        group.cancel();
        yield* sleep(1);
        never("the block was cancelled");
      });
      expect(currentTask()?.cancelling()).toBe(0);
      finish(2);
    });
  });

  test("while the group waits for its tasks: they are cancelled, and nobody else", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        const value = yield* taskGroup(function* (group) {
          group.createTask(sleep(1000));
          loop.callLater(5, () => group.cancel());
          return "the block's";
        });
        expect([value, loop.time(), currentTask()?.cancelling()]).toEqual(["the block's", 5, 0]);
      },
      { loop },
    );
  });

  test("after its end, or again: nothing is cancelled any more", async () => {
    await virtually(function* () {
      const group = yield* taskGroup(function* (own) {
        own.createTask(sleep(1));
        return own;
      });
      const { signal } = group;
      group.cancel();
      expect([signal.aborted, currentTask()?.cancelling()]).toEqual([false, 0]);
    });
  });

  test("while a failed group cleans up: nobody is cancelled twice", async () => {
    await virtually(function* () {
      let requests = 0;
      const error = yield* errorOf(
        taskGroup(function* (group) {
          group.createTask(failing(1, new Error("own")));
          const cleaning: Task<unknown> = group.createTask(function* () {
            yield* errorOf(sleep(1000));
            yield* sleep(10);
            requests = cleaning.cancelling();
          });
          getRunningLoop().callLater(5, () => group.cancel());
          yield* sleep(1000);
        }),
      );
      expect(inGroup(error)).toEqual([new Error("own")]);
      expect([requests, currentTask()?.cancelling()]).toEqual([1, 0]);
    });
  });

  test("a block that is over before it notices gives its value", async () => {
    const value = await virtually(function* () {
      return yield* taskGroup(function* (group) {
        group.cancel();
        return "no wait in between";
      });
    });
    expect(value).toBe("no wait in between");
  });

  test("an error meanwhile is thrown", async () => {
    await virtually(function* () {
      const error = new Error("clean-up failed");
      const group = yield* errorOf(
        taskGroup(function* (group) {
          group.createTask(function* () {
            try {
              yield* sleep(1000);
            } finally {
              yield* failing(5, error);
            }
          });
          yield* sleep(1);
          group.cancel();
          yield* sleep(1000);
        }),
      );
      expect(inGroup(group)).toEqual([error]);
    });
  });

  test("together with a cancellation from outside: that one goes on", async () => {
    await virtually(function* () {
      const task = createTask(
        taskGroup(function* (group) {
          group.createTask(function* () {
            try {
              yield* sleep(1000);
            } finally {
              yield* sleep(50);
            }
          });
          yield* sleep(10);
          group.cancel();
          yield* sleep(1000);
        }),
      );
      yield* sleep(20);
      task.cancel("from outside");
      expect(isCancelled(yield* errorOf(task))).toBe(true);
      expect([task.cancelled(), task.cancelling()]).toEqual([true, 1]);
    });
  });
});

describe("group.start", () => {
  test("gives what the child hands to started(), and the child goes on", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        const port = yield* group.start(function* (started: (port: number) => void) {
          yield* sleep(10);
          step(1);
          started(8080);
          step(2);
          yield* sleep(10);
          step(4);
        });
        expect(port).toBe(8080);
        step(3);
      });
      finish(5);
    });
  });

  test("started() without a value", async () => {
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        const nothing = yield* group.start(function* (started: (nothing?: undefined) => void) {
          started();
          yield* sleep(1);
        });
        expect(nothing).toBeUndefined();
      });
    });
  });

  test("an error before started() is thrown there, and the group goes on", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const error = new Error("cannot listen");
      yield* taskGroup(function* (group) {
        const other = group.createTask(sleep(50, "other"));
        const thrown = yield* errorOf(group.start(() => failing(10, error)));
        expect(thrown === error).toBe(true);
        step(1);
        expect(yield* other).toBe("other");
      });
      finish(2);
    });
  });

  test("an error after started() fails the group", async () => {
    await virtually(function* () {
      const error = new Error("later");
      const group = yield* errorOf(
        taskGroup(function* (group) {
          yield* group.start(function* (started: (nothing?: undefined) => void) {
            started();
            yield* failing(10, error);
          });
          yield* sleep(1000);
        }),
      );
      expect(inGroup(group)).toEqual([error]);
    });
  });

  test("a child that ends without started()", async () => {
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        expect(yield* errorOf(group.start(() => sleep(5)))).toEqual(
          new RuntimeError("the task given to group.start() ended without started()"),
        );
      });
    });
  });

  test("started() twice is the child's error", async () => {
    await virtually(function* () {
      const group = yield* errorOf(
        taskGroup(function* (group) {
          yield* group.start(function* (started: (n: number) => void) {
            started(1);
            started(2);
            yield* sleep(1);
          });
          yield* sleep(1000);
        }),
      );
      expect(inGroup(group)).toEqual([new RuntimeError("started() has already been called")]);
    });
  });

  test("the parent is cancelled while it waits: the child is cancelled and awaited", async () => {
    const { step, finish, never } = trace();
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        const parent = createTask(
          taskGroup(function* (group) {
            yield* group.start(function* () {
              try {
                yield* sleep(1000);
                never("it was cancelled");
              } finally {
                step(1);
                yield* sleep(5);
                step(2);
              }
            });
            never("nothing was started");
          }),
        );
        yield* sleep(10);
        parent.cancel("from outside");
        expect(yield* errorOf(parent)).toEqual(new CancelledError("from outside"));
        expect(parent.cancelled()).toBe(true);
        finish(3);
      },
      { loop },
    );
    expect(reports).toHaveLength(0);
  });

  test("the parent is cancelled in the very iteration in which the child calls started()", async () => {
    await virtually(function* () {
      const parent: Task<void> = createTask(
        taskGroup(function* (group) {
          yield* group.start(function* (started: (n: number) => void) {
            yield* sleep(10);
            // Ahead of us in this iteration, somebody has cancelled the parent.
            parent.cancel("from outside");
            started(1);
            yield* sleep(1000);
          });
        }),
      );
      const error = yield* errorOf(parent);
      expect(error).toEqual(new CancelledError("from outside"));
      expect(parent.cancelled()).toBe(true);
    });
  });

  test("a sibling fails while it waits: the group is thrown, and the child was awaited", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const error = new Error("sibling's");
      const group = yield* errorOf(
        taskGroup(function* (group) {
          group.createTask(failing(10, error));
          yield* group.start(function* () {
            try {
              yield* sleep(1000);
            } finally {
              yield* sleep(5);
              step(1);
            }
          });
        }),
      );
      expect(inGroup(group)).toEqual([error]);
      finish(2);
    });
  });

  test("the child is cancelled before started(): who waits for it gets the cancellation", async () => {
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        let child: Task<unknown> | null = null;
        const starting = createTask(
          group.start(function* () {
            child = currentTask();
            yield* sleep(1000);
          }),
        );
        yield* sleep(10);
        (child as Task<unknown> | null)?.cancel();
        const error = yield* errorOf(starting);
        expect(isCancelled(error)).toBe(true);
        expect((error as Error).message).toBe("the task ended before started()");
      });
    });
  });

  test("names its task", async () => {
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        const name = yield* group.start(
          function* (started: (name: string | undefined) => void) {
            started(currentTask()?.getName());
            yield* sleep(1);
          },
          { name: "server" },
        );
        expect(name).toBe("server");
      });
    });
  });

  test("needs a function", async () => {
    await virtually(function* () {
      yield* taskGroup(function* (group) {
        expect(() => group.start(sleep(1) as never)).toThrow(
          new TypeError("group.start() needs a function: group.start(function* (started) { … })"),
        );
      });
    });
  });
});

test("a cancellation that comes while the group ends by cancel() is not lost", () =>
  virtually(function* () {
    const { step, finish, never } = trace();
    const task = createTask(function* () {
      yield* taskGroup(function* (group) {
        group.createTask(function* () {
          try {
            yield* sleep(1000);
          } finally {
            yield* sleep(10);
            step(2);
          }
        });
        getRunningLoop().callLater(1, () => group.cancel());
        step(1);
        yield* sleep(0);
      });
      never("the task was cancelled");
    });
    yield* sleep(5);
    task.cancel();
    yield* errorOf(task);
    expect(task.cancelled()).toBe(true);
    finish(3);
  }));

describe("new TaskGroup()", () => {
  test("join waits for all, and is the end of the group", () =>
    virtually(async () => {
      const ended: string[] = [];
      const work = function* (name: string, ms: number) {
        yield* sleep(ms);
        ended.push(name);
      };
      const group = new TaskGroup();
      group.createTask(work("slow", 20));
      group.createTask(work("quick", 10));
      await group.join();
      expect(ended).toEqual(["quick", "slow"]);
      expect(() => group.createTask(sleep(1))).toThrow("TaskGroup is finished");
      await group.join();
    }));

  test("leaving the block without join cancels what still runs, and waits for it", () =>
    virtually(async () => {
      const loop = getRunningLoop();
      const steps: string[] = [];
      {
        await using group = new TaskGroup();
        group.createTask(function* () {
          try {
            yield* sleep(1000);
          } finally {
            yield* sleep(5);
            steps.push("cleaned up");
          }
        });
        await sleep(10);
        steps.push("left");
      }
      expect(steps).toEqual(["left", "cleaned up"]);
      // Where nobody follows the body, its own sleep after an await is the default loop's.
      expect(loop.time()).toBe(hasProcess ? 15 : 5);
    }));

  test("a task that fails aborts the signal and cancels the others; join throws", () =>
    virtually(async () => {
      await using group = new TaskGroup();
      const { signal } = group;
      const other = group.createTask(sleep(1000));
      group.createTask(function* () {
        throw new Error("broken");
      });
      await sleep(1);
      expect(signal.aborted).toBe(true);
      expect(isCancelled(signal.reason)).toBe(true);
      expect(other.cancelled()).toBe(true);
      expect(() => group.createTask(sleep(1))).toThrow("TaskGroup is shutting down");
      const error = await group.join().then(undefined, (reason: unknown) => reason);
      expect(error).toBeInstanceOf(ExceptionGroup);
      expect((error as ExceptionGroup).errors.map(String)).toEqual(["Error: broken"]);
    }));

  test("leaving the block while another joins waits for the tasks as well", () =>
    virtually(async () => {
      let joining: PromiseLike<void> | undefined;
      let cleaned = false;
      {
        await using group = new TaskGroup();
        group.createTask(function* () {
          try {
            yield* sleep(1000);
          } finally {
            yield* sleep(5);
            cleaned = true;
          }
        });
        joining = createTask(group.join());
        await sleep(10);
      }
      expect(cleaned).toBe(true);
      await joining;
    }));

  test("what had failed is thrown by leaving the block, too", () =>
    virtually(async () => {
      const leave = async () => {
        await using group = new TaskGroup();
        group.createTask(() => Promise.reject(new Error("broken")));
        await sleep(1);
      };
      await expect(leave()).rejects.toThrow("unhandled errors in a TaskGroup (1 error)");
    }));

  test("its signal is aborted already if it is first asked for afterwards, and only then", () =>
    virtually(async () => {
      const group = new TaskGroup();
      const before = group.signal.aborted;
      const other = new TaskGroup();
      other.cancel();
      expect([before, other.signal.aborted]).toEqual([false, true]);
      expect(isCancelled(other.signal.reason)).toBe(true);
    }));

  test("joined twice: the error is thrown once", () =>
    virtually(function* () {
      const group = new TaskGroup();
      group.createTask(failing(1, new Error("own")));
      expect(inGroup(yield* errorOf(group.join()))).toEqual([new Error("own")]);
      yield* group.join();
    }));

  test("two that fail: the rest is cancelled once", () =>
    virtually(function* () {
      const group = new TaskGroup();
      group.createTask(failing(1, new Error("first")));
      group.createTask(function* () {
        yield* errorOf(sleep(1000));
        throw new Error("second");
      });
      const cleaning: Task<number> = group.createTask(function* () {
        yield* errorOf(sleep(1000));
        yield* sleep(10);
        return cleaning.cancelling();
      });
      yield* sleep(5);
      yield* errorOf(group.join());
      expect(yield* cleaning).toBe(1);
    }));

  test("two that fail at once are both reported if nobody ever joins", async () => {
    const loop = virtualLoop();
    const reports = reportsOf(loop);
    await run(
      function* () {
        const group = new TaskGroup();
        for (const name of ["one", "two"]) group.createTask(failing(1, new Error(name)));
        yield* sleep(5);
      },
      { loop },
    );
    expect(reports.map(({ exception }) => String(exception))).toEqual(["Error: one", "Error: two"]);
  });

  test("made outside of a run, it belongs to the loop", async () => {
    const group = new TaskGroup();
    const task = group.createTask(sleep(1, "done"));
    await group.join();
    expect(task.result()).toBe("done");
  });

  test("a task that is made after a foreign await belongs to the group's run", async () => {
    let cleaned = false;
    await run(async () => {
      const group = new TaskGroup();
      await new Promise((resolve) => nativeTurn(() => resolve(undefined)));
      group.createTask(function* () {
        try {
          yield* sleep(60_000);
        } finally {
          cleaned = true;
        }
      });
      await new Promise((resolve) => nativeTurn(() => resolve(undefined)));
    });
    expect(cleaned).toBe(true);
  });

  test("cannot be joined from another loop", async () => {
    const [mine, other] = [virtualLoop(), virtualLoop()];
    let group: TaskGroup | undefined;
    mine.callSoon(() => {
      group = new TaskGroup();
      group.createTask(sleep(1));
      mine.stop();
    });
    await mine.runForever();
    const error = await run(() => errorOf((group as TaskGroup).join()), { loop: other });
    expect(error).toBeInstanceOf(RuntimeError);
    expect(String(error)).toContain("attached to a different loop");
  });

  test("an error is reported if nobody ever joins", async () => {
    const loop = virtualLoop();
    const reports: string[] = [];
    loop.setExceptionHandler((_loop, { message, exception }) => {
      reports.push(`${message.split(":")[0]}: ${String(exception)}`);
    });
    await run(
      async () => {
        const group = new TaskGroup();
        group.createTask(() => Promise.reject(new Error("broken")));
        await sleep(1);
      },
      { loop },
    );
    expect(reports).toEqual(["Task exception was never retrieved: Error: broken"]);
  });

  test("in a coroutine, join by yield*; its cancellation cancels the tasks", () =>
    virtually(function* () {
      const group = new TaskGroup();
      const child = group.createTask(sleep(1000));
      const joining = createTask(group.join());
      yield* sleep(1);
      joining.cancel();
      yield* sleep(1);
      expect([joining.cancelled(), child.cancelled()]).toEqual([true, true]);
    }));
});
