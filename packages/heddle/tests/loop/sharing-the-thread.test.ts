/*
 * The loop shares its thread: a program that keeps it busy must not starve the promises, timers and
 * I/O of the program around it. These tests run on the real host, since it is the host that gives the
 * others their turn; they count turns and measure no time.
 *
 * A loop that starved the others could not be stopped by a test's time limit, which is a timer too. So
 * each busy coroutine gives up by itself after far more switches than the slices of a few
 * milliseconds could hold on any machine.
 */
import { createTask, EventLoop, fromPromise, getEventLoop, run, sleep } from "heddle";
import { describe, expect, test } from "vitest";
import { nativeTurn } from "../native-turn.ts";

/** A slice of 2 ms holds some 20,000 switches on a quick machine. */
const MANY_SWITCHES = 3_000_000;

/** Keeps the loop busy until `enough()`, by coroutines that only give way to each other. */
function* busyUntil(enough: () => boolean) {
  for (let switches = 0; !enough(); switches++) {
    if (switches > MANY_SWITCHES) throw new Error("the embedding program was starved");
    yield* sleep(0);
  }
}

describe("a loop that always has work", () => {
  test("lets the native loop go, again and again", async () => {
    let turns = 0;
    const again = () => {
      if (++turns < 5) nativeTurn(again);
    };
    nativeTurn(again);
    await run(() => busyUntil(() => turns === 5));
    expect(turns).toBe(5);
  });

  test("lets timers go", async () => {
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 1);
    await run(() => busyUntil(() => fired));
    expect(fired).toBe(true);
  });

  test("lets promises go", async () => {
    let links = 0;
    void (async () => {
      for (; links < 10; links++) await null;
    })();
    await run(() => busyUntil(() => links === 10));
    expect(links).toBe(10);
  });

  test("lets them go when its work is callbacks that schedule callbacks", async () => {
    let fired = false;
    nativeTurn(() => {
      fired = true;
    });
    const loop = getEventLoop();
    await run(function* () {
      let calls = 0;
      let working = true;
      const work = () => {
        calls++;
        if (!fired && calls < MANY_SWITCHES) loop.callSoon(work);
        else working = false;
      };
      loop.callSoon(work);
      while (working) yield* sleep(1); // real: the host gives others their turn
    });
    expect(fired).toBe(true);
  });

  test("lets them go when its work is timers that are due", async () => {
    let fired = false;
    nativeTurn(() => {
      fired = true;
    });
    const loop = getEventLoop();
    await run(function* () {
      let left = MANY_SWITCHES;
      const work = () => {
        if (!fired && left-- > 0) loop.callLater(0, work);
      };
      work();
      yield* busyUntil(() => fired);
    });
    expect(fired).toBe(true);
  });

  test("lets them go in debug mode", async () => {
    let turns = 0;
    const again = () => {
      if (++turns < 3) nativeTurn(again);
    };
    nativeTurn(again);
    await run(() => busyUntil(() => turns === 3), { debug: true });
    expect(turns).toBe(3);
  });

  test("lets the tasks of another loop go, and the other way round", async () => {
    const [a, b] = [new EventLoop(), new EventLoop()];
    const turns = { a: 0, b: 0 };
    const counted = (who: "a" | "b") => () =>
      busyUntil(() => {
        turns[who]++;
        return turns.a > 10 && turns.b > 10;
      });
    await Promise.all([run(counted("a"), { loop: a }), run(counted("b"), { loop: b })]);
    expect(turns.a > 10 && turns.b > 10).toBe(true);
    a.close();
    b.close();
  });

  test("a burst within one iteration is cut too", async () => {
    // One iteration of 300,000 callbacks takes far longer than a slice.
    let doneWhenFired = -1;
    let done = 0;
    await run(function* () {
      const loop = getEventLoop();
      nativeTurn(() => {
        doneWhenFired = done;
      });
      for (let i = 0; i < 300_000; i++) {
        loop.callSoon(() => {
          done++;
        });
      }
      yield* sleep(0);
      expect(done).toBe(300_000);
    });
    expect(doneWhenFired).toBeGreaterThanOrEqual(0);
    expect(doneWhenFired).toBeLessThan(300_000);
  });
});

describe("a chain of promises and tasks that wake each other", () => {
  test("does not starve the native loop", async () => {
    let turns = 0;
    const again = () => {
      if (++turns < 3) nativeTurn(again);
    };
    nativeTurn(again);
    await run(function* () {
      for (let links = 0; turns < 3; links++) {
        if (links > 300_000) throw new Error("the native loop was starved");
        yield* fromPromise(Promise.resolve());
      }
    });
    expect(turns).toBe(3);
  });

  test("does not starve the native loop, when each link is an async function's task", async () => {
    let fired = false;
    nativeTurn(() => {
      fired = true;
    });
    await run(async () => {
      for (let links = 0; !fired; links++) {
        if (links > 300_000) throw new Error("the native loop was starved");
        await createTask(async () => links);
      }
    });
    expect(fired).toBe(true);
  });
});

describe("an I/O callback of a transport (react)", () => {
  /** Let the loop park. */
  const nextTurn = () => new Promise((resolve) => nativeTurn(() => resolve(undefined)));

  test("what it makes ready has run when it returns, iteration by iteration", async () => {
    const loop = new EventLoop();
    const reply = loop.createFuture<string>();
    const order: string[] = [];
    const running = run(
      function* () {
        order.push(yield* reply);
        yield* sleep(0);
        order.push("the next iteration");
      },
      { loop },
    );
    await nextTurn();
    loop.react((value) => reply.setResult(value), "the reply");
    order.push("returned");
    expect(order).toEqual(["the reply", "the next iteration", "returned"]);
    await running;
  });

  test("one that throws has run what it made ready all the same", async () => {
    const loop = new EventLoop();
    const reply = loop.createFuture<string>();
    const running = run(reply, { loop });
    await nextTurn();
    const failing = () => {
      reply.setResult("the reply");
      throw new Error("from the callback");
    };
    expect(() => loop.react(failing, undefined)).toThrow("from the callback");
    expect(reply.done()).toBe(true);
    expect(await running).toBe("the reply");
  });

  test("raised inside a step, or on a loop that nobody runs, it only enqueues", async () => {
    const loop = new EventLoop();
    const order: string[] = [];
    loop.react(() => loop.callSoon(() => order.push("at last")), undefined);
    expect(order).toEqual([]);
    await run(
      function* () {
        loop.react(() => loop.callSoon(() => order.push("called")), undefined);
        order.push("the step goes on");
        yield* sleep(0);
      },
      { loop },
    );
    expect(order).toEqual(["at last", "the step goes on", "called"]);
  });
});

describe("a loop that has slept", () => {
  test("begins a run before the next trip of the native loop", async () => {
    await run(sleep(0));
    // Real time: the microtask that wakes the loop must not be taken for a part of what it did before.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        nativeTurn(() => {
          order.push("the native loop's next trip");
          resolve();
        });
        void run(function* () {
          order.push("the run");
        });
      }, 1);
    });
    expect(order).toEqual(["the run", "the native loop's next trip"]);
  });
});
