import { type Coroutine, getRunningLoop, rethrowIfCancelled, sleep } from "heddle";
import { runVirtual } from "heddle/testing";
import { expect, test } from "vitest";

/** Try again until it works, each time after twice the pause. */
function* persist<T>(attempt: () => Coroutine<T>): Coroutine<T> {
  for (let pause = 1000; ; pause *= 2) {
    try {
      return yield* attempt();
    } catch (error) {
      rethrowIfCancelled(error);
      yield* sleep(pause);
    }
  }
}

test("waits one second, then two, then four", () =>
  runVirtual(function* () {
    const times: number[] = [];
    const answer = yield* persist(function* () {
      times.push(getRunningLoop().time());
      yield* sleep(10);
      if (times.length < 4) throw new Error("the server is away");
      return "at last";
    });
    expect(answer).toBe("at last");
    expect(times).toEqual([0, 1010, 3020, 7030]);
  }));
