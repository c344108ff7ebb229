/*
 * A forgotten star is a type error as soon as the coroutine is given to anything that would run it.
 */
import {
  type Coroutine,
  createTask,
  Future,
  fromPromise,
  gather,
  Lock,
  Queue,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "heddle";
import { describe, test } from "vitest";

function* other(): Coroutine<number> {
  yield* sleep(1);
  return 1;
}

describe("what was yielded without its star is refused", () => {
  test("by run", () => {
    // @ts-expect-error yields a coroutine
    run(function* () {
      yield other();
    });
    // @ts-expect-error yields what sleep() returns
    run(function* () {
      yield sleep(1);
    });
    // @ts-expect-error yields a future
    run(function* () {
      yield new Future<number>();
    });
    // @ts-expect-error yields a promise
    run(function* () {
      yield Promise.resolve(5);
    });
    // @ts-expect-error yields a number
    run(function* () {
      yield 5;
    });
    // @ts-expect-error yields what queue.get() returns
    run(function* () {
      yield new Queue<number>().get();
    });
    // @ts-expect-error yields what lock.acquire() returns
    run(function* () {
      yield new Lock().acquire();
    });
    // @ts-expect-error yields what fromPromise() returns
    run(function* () {
      yield fromPromise(Promise.resolve(5));
    });
  });

  test("by everything else that runs a coroutine", () => {
    function* careless() {
      yield other();
    }
    // @ts-expect-error a star is missing
    createTask(careless());
    // @ts-expect-error a star is missing
    createTask(careless);
    // @ts-expect-error a star is missing
    gather([other(), careless()]);
    // @ts-expect-error a star is missing
    shield(careless());
    // @ts-expect-error a star is missing
    waitFor(careless(), 5);
    // @ts-expect-error a star is missing
    timeout(5, careless);
    // @ts-expect-error a star is missing
    taskGroup(careless);
    taskGroup(function* (group) {
      // @ts-expect-error a star is missing
      group.createTask(careless());
    });
  });

  test("by a coroutine that awaits it", () => {
    function* careless() {
      yield other();
    }
    function* caller() {
      yield* careless();
    }
    // @ts-expect-error a star is missing in a helper
    run(caller);
    function* annotated(): Coroutine<void> {
      // @ts-expect-error with an annotation the error is at the line itself
      yield other();
    }
    run(annotated);
  });

  test("beside others that have theirs", () => {
    // @ts-expect-error one of three
    run(function* () {
      yield* sleep(1);
      yield sleep(1);
      yield* sleep(1);
    });
  });
});
