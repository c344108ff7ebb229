import { CancelledError, createTask, fromPromise, isCancelled, run, sleep, timeout } from "heddle";
import { describe, expect, test } from "vitest";
import { nativeTurn } from "../native-turn.ts";
import { errorOf } from "../task/error-of.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";

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

describe("fromPromise", () => {
  test("gives what the promise gives, or throws what it rejects with", async () => {
    const error = new Error("own");
    await virtually(function* () {
      expect(yield* fromPromise(Promise.resolve(5))).toBe(5);
      expect((yield* errorOf(fromPromise(Promise.reject(error)))) === error).toBe(true);
      expect(yield* errorOf(fromPromise(Promise.reject()))).toBeUndefined();
      expect(yield* fromPromise(async () => "of a function")).toBe("of a function");
    });
  });

  test("takes any thenable, and calls its then once", async () => {
    let calls = 0;
    const thenable = {
      then(resolve: (value: string) => void) {
        calls++;
        resolve("thenable");
      },
    } as unknown as PromiseLike<string>;
    await virtually(function* () {
      expect(yield* fromPromise(thenable)).toBe("thenable");
    });
    expect(calls).toBe(1);
  });

  test("suspends, even if the promise is settled", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      createTask(function* () {
        step(1);
      });
      yield* fromPromise(Promise.resolve());
      finish(2);
    });
  });

  test("the function is called when it is awaited, with a signal that is open", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const later = fromPromise(async (signal) => {
        step(2);
        expect(signal.aborted).toBe(false);
      });
      step(1);
      yield* later;
      finish(3);
    });
  });

  test("a function that throws by itself", async () => {
    await virtually(function* () {
      const failing = fromPromise((): Promise<never> => {
        throw new Error("before there was a promise");
      });
      expect(yield* errorOf(failing)).toEqual(new Error("before there was a promise"));
    });
  });

  test("cancelling raises at once, aborts the signal, and drops the late outcome", async () => {
    const { step, finish, never } = trace();
    for (const settle of ["resolve", "reject"] as const) {
      const reply = deferred<string>();
      let signal: AbortSignal | undefined;
      // real: virtual time would wait for the promise
      await run(function* () {
        const task = createTask(function* () {
          yield* fromPromise((given) => {
            signal = given;
            return reply.promise;
          });
          never("it was cancelled");
        });
        yield* sleep(1);
        task.cancel("enough");
        expect(yield* errorOf(task)).toEqual(new CancelledError("enough"));
        expect(signal?.aborted).toBe(true);
        expect(signal?.reason).toEqual(new CancelledError("enough"));
      });
      // Too late, and nobody's: an unhandledRejection would fail this test file.
      reply[settle]("late" as never);
      await new Promise<void>((resolve) => nativeTurn(resolve));
    }
    step(1);
    finish(2);
  });

  test("an ordinary error leaves the signal open", async () => {
    let signal: AbortSignal | undefined;
    await virtually(function* () {
      yield* errorOf(
        fromPromise((given) => {
          signal = given;
          return Promise.reject(new Error("own"));
        }),
      );
    });
    expect(signal?.aborted).toBe(false);
  });

  test("under a timeout", async () => {
    // real: virtual time would wait for the promise
    await run(function* () {
      let signal: AbortSignal | undefined;
      const error = yield* errorOf(
        timeout(10, () =>
          fromPromise((given) => {
            signal = given;
            return new Promise(() => {});
          }),
        ),
      );
      expect((error as Error).name).toBe("TimeoutError");
      expect(isCancelled(signal?.reason)).toBe(true);
    });
  });

  test("a promise of another run's", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        const inner = run(sleepThenGive("inner"), { loop: virtualLoop() });
        expect(yield* fromPromise(inner)).toBe("inner");
      },
      { loop },
    );
  });
});

function sleepThenGive(value: string) {
  return function* () {
    yield* sleep(10);
    return value;
  };
}

describe("on a virtual clock", () => {
  test("promises settle before time moves", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        const value = yield* timeout(10, () =>
          fromPromise(
            (async () => {
              for (let i = 0; i < 50; i++) await null;
              return "before any time passed";
            })(),
          ),
        );
        expect([value, loop.time()]).toEqual(["before any time passed", 0]);
      },
      { loop },
    );
  });

  test("time does not jump while a promise of the outside is awaited, and no deadlock is declared", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        // Real time: the promise is the world's. 5 ms.
        const reply = new Promise<string>((resolve) => setTimeout(resolve, 5, "from outside"));
        expect(yield* timeout(1000, () => fromPromise(reply))).toBe("from outside");
        expect(loop.time()).toBe(0);
      },
      { loop },
    );
  });
});
