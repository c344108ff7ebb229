/*
 * Slices, parking and waking to the millisecond, on a real host that is moved by hand: its clock stands
 * until a callback "works", and the test says when microtasks, the native loop and its timer have their
 * turn.
 */
import { EventLoop, sleep } from "heddle";
import { beforeEach, describe, expect, test } from "vitest";
import type { Host } from "../../src/loop/host.ts";

class HandHost implements Host {
  readonly virtual = false;
  readonly debug = false;
  time = 0;
  /** How often the clock was read. */
  reads = 0;
  /** What the native timer is armed for. */
  parkedUntil = Number.NaN;
  #soon: (() => void)[] = [];
  #others: (() => void)[] = [];
  #timer: (() => void) | undefined;

  now(): number {
    this.reads++;
    return this.time;
  }

  random(): number {
    return 0.5;
  }

  wakeSoon(turn: () => void): void {
    this.#soon.push(turn);
  }

  wakeAfterOthers(turn: () => void): void {
    this.#others.push(turn);
  }

  park(when: number, turn: () => void): boolean {
    this.parkedUntil = when;
    this.#timer = turn;
    return false;
  }

  report(text: string): void {
    throw new Error(text);
  }

  /** Is there anything to do for `microtasks`? */
  get isWoken(): boolean {
    return this.#soon.length > 0;
  }

  microtasks(): void {
    for (const turn of this.#soon.splice(0)) turn();
  }

  /** The timers, I/O and promises of the others have had their turn. */
  nativeTurn(): void {
    for (const turn of this.#others.splice(0)) turn();
  }

  timer(at = this.parkedUntil): void {
    this.time = at;
    this.#timer?.();
  }
}

let host: HandHost;
let loop: EventLoop;
let calls: number;

/** A callback that takes so long. */
const working = (ms: number) => () => {
  calls++;
  host.time += ms;
};

beforeEach(() => {
  host = new HandHost();
  loop = new EventLoop({ host });
  calls = 0;
  void loop.runForever();
  host.microtasks();
  host.nativeTurn();
});

describe("a slice", () => {
  test("ends when 2 ms are over, within an iteration, and goes on after the others", () => {
    for (let i = 0; i < 14; i++) loop.callSoon(working(0.5));
    host.microtasks();
    expect(calls).toBe(5);
    // Work that comes meanwhile, and a microtask, begin nothing.
    loop.callSoon(working(0));
    expect(host.isWoken).toBe(false);
    host.nativeTurn();
    expect(calls).toBe(10);
    host.nativeTurn();
    expect(calls).toBe(15);
    host.nativeTurn();
    expect(calls).toBe(15);
  });

  test("exactly 2 ms are not over", () => {
    for (let i = 0; i < 4; i++) loop.callSoon(working(1));
    host.microtasks();
    expect(calls).toBe(3);
  });

  test("reads the clock after 1, 2, 4 … 64 callbacks, and after each when they are slow", () => {
    const readBefore: number[] = [];
    let reads = 0;
    const look = (n: number, ms: number) => {
      if (host.reads > reads && n > 0) readBefore.push(n);
      reads = host.reads;
      host.time += ms;
    };
    for (let n = 0; n < 200; n++) loop.callSoon(look, n, 0);
    for (let n = 200; n < 260; n++) loop.callSoon(look, n, n < 255 ? 0 : 0.3);
    host.microtasks();
    expect(readBefore).toEqual([1, 3, 7, 15, 31, 63, 127, 191, 255]);
    readBefore.length = 0;
    reads = host.reads;
    for (let n = 1; n < 6; n++) loop.callSoon(look, n, 0.3);
    host.nativeTurn();
    host.microtasks();
    host.nativeTurn();
    expect(readBefore.slice(-4)).toEqual([2, 3, 4, 5]);
  });

  test("calls the timers that have become due while others schedule each other", () => {
    let firedAt = Number.NaN;
    loop.callLater(1, () => {
      firedAt = host.time;
    });
    const again = () => {
      host.time += 0.25;
      if (Number.isNaN(firedAt)) loop.callSoon(again);
    };
    loop.callSoon(again);
    host.microtasks();
    expect(firedAt).toBeLessThanOrEqual(1.5);
  });

  test("in debug mode it ends with an iteration", () => {
    loop.setDebug(true);
    const again = () => {
      working(1.5)();
      loop.callSoon(again);
    };
    loop.callSoon(again);
    host.microtasks();
    expect(calls).toBe(2);
    host.nativeTurn();
    expect(calls).toBe(4);
    loop.setDebug(false);
  });
});

describe("a chain of microtasks", () => {
  test("is cut after 2 ms by a turn of the native loop, and then begins anew", () => {
    const ran: number[] = [];
    const link = () => {
      loop.callSoon(working(1.5));
      host.microtasks();
      ran.push(calls);
    };
    for (let i = 0; i < 4; i++) link();
    expect(ran).toEqual([1, 2, 2, 2]);
    host.nativeTurn();
    expect(calls).toBe(4);
    host.nativeTurn();
    for (let i = 0; i < 3; i++) link();
    expect(ran.slice(4)).toEqual([5, 6, 6]);
  });

  test("that sleeps as long between two links is none", () => {
    for (let i = 0; i < 4; i++) {
      loop.callSoon(working(1.5));
      host.microtasks();
      host.nativeTurn();
      host.time += 100;
    }
    expect(calls).toBe(4);
  });
});

describe("an I/O callback", () => {
  test("has its first look at the clock after four callbacks, and 2 ms from there", () => {
    const begin = () => {
      for (let i = 0; i < 20; i++) loop.callSoon(working(1));
    };
    loop.react(begin, undefined);
    expect(calls).toBe(12);
    host.nativeTurn();
    expect(calls).toBe(15);
  });

  test("only enqueues while the loop lets the others go", () => {
    for (let i = 0; i < 4; i++) loop.callSoon(working(1));
    host.microtasks();
    expect(calls).toBe(3);
    loop.react(() => loop.callSoon(working(0)), undefined);
    expect(calls).toBe(3);
    host.nativeTurn();
    expect(calls).toBe(5);
  });

  test("leaves the loop asleep: it wakes by the next one, or by what is scheduled", () => {
    for (let i = 1; i <= 3; i++) {
      loop.react(() => loop.callSoon(working(0)), undefined);
      expect(calls).toBe(i);
    }
    loop.callSoon(working(0));
    expect(host.isWoken).toBe(true);
    host.microtasks();
    expect(calls).toBe(4);
  });
});

describe("a loop with nothing to do", () => {
  test("parks until the earliest timer, and is woken by an earlier one", () => {
    loop.callLater(10, working(0));
    host.microtasks();
    expect(host.parkedUntil).toBe(10);
    loop.callLater(5, working(0));
    host.microtasks();
    expect(host.parkedUntil).toBe(5);
    host.timer();
    expect([calls, host.parkedUntil]).toEqual([1, 10]);
    host.timer();
    expect([calls, host.parkedUntil]).toEqual([2, Number.POSITIVE_INFINITY]);
  });

  test("is told when the last timer was cancelled, and not before", () => {
    const timers = [10, 20].map((ms) => loop.callLater(ms, working(0)));
    host.microtasks();
    timers[0]?.cancel();
    expect(host.isWoken).toBe(false);
    timers[1]?.cancel();
    host.microtasks();
    expect(host.parkedUntil).toBe(Number.POSITIVE_INFINITY);
  });

  test("is told when a task's sleep ends, and when it is cancelled", () => {
    const task = loop.createTask(sleep(7));
    host.microtasks();
    expect(host.parkedUntil).toBe(7);
    task.cancel();
    host.microtasks();
    expect([host.parkedUntil, task.cancelled()]).toEqual([Number.POSITIVE_INFINITY, true]);
  });

  test("is woken by stop()", async () => {
    const other = new EventLoop({ host });
    const running = other.runForever();
    host.microtasks();
    other.stop();
    host.microtasks();
    await running;
    expect([other.isRunning(), loop.isRunning()]).toEqual([false, true]);
  });
});

describe("what calls the loop at a wrong moment", () => {
  test("a wake-up from inside one of its own callbacks does nothing", () => {
    const order: string[] = [];
    loop.callSoon(() => {
      loop.callSoon(() => order.push("the next iteration"));
      host.timer(host.time);
      order.push("the callback's end");
    });
    host.microtasks();
    expect(order).toEqual(["the callback's end", "the next iteration"]);
  });

  test("one from inside another loop's callback lets that go first", () => {
    const other = new EventLoop({ host });
    void other.runForever();
    const order: string[] = [];
    loop.callSoon(() => {
      other.callSoon(() => order.push("the other's"));
      host.microtasks();
      order.push("the callback's end");
    });
    host.microtasks();
    expect(order).toEqual(["the callback's end"]);
    host.nativeTurn();
    expect(order).toEqual(["the callback's end", "the other's"]);
  });

  test("a turn after the loop was closed", async () => {
    const other = new EventLoop({ host });
    const running = other.runForever();
    host.microtasks();
    other.callLater(5, working(0));
    other.stop();
    host.microtasks();
    await running;
    other.close();
    expect(host.parkedUntil).toBe(Number.POSITIVE_INFINITY);
    host.timer();
    host.nativeTurn();
    expect(calls).toBe(0);
  });
});
