import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReadyQueue, type Runnable, STEP, type Steppable } from "../../src/loop/ready-queue.ts";

/** Writes down what it was called with. */
function recorder(log: unknown[]): Runnable & Steppable {
  return {
    run: (argument) => void log.push(argument),
    step: () => void log.push("step"),
  };
}

describe("ReadyQueue", () => {
  test("calls what was pushed, with its argument, in the order of pushing", () => {
    const log: unknown[] = [];
    const queue = new ReadyQueue();
    const target = recorder(log);
    queue.push(target, "a");
    queue.push(target, STEP);
    queue.push(target, undefined);
    expect(queue.length).toBe(3);
    while (!queue.isEmpty) queue.runNext();
    expect(log).toEqual(["a", "step", undefined]);
    expect(queue.length).toBe(0);
  });

  test("is first in, first out, wherever the ring wraps and grows", () => {
    // The ring begins with 128 places: bursts above that make it grow with its head anywhere.
    const bursts = fc.array(fc.record({ push: fc.nat(200), take: fc.nat(200) }), { maxLength: 20 });
    fc.assert(
      fc.property(bursts, (plan) => {
        const log: unknown[] = [];
        const target = recorder(log);
        const queue = new ReadyQueue();
        const model: number[] = [];
        const expected: number[] = [];
        let next = 0;
        for (const { push, take } of plan) {
          for (let i = 0; i < push; i++) {
            queue.push(target, next);
            model.push(next++);
          }
          for (let i = 0; i < take && model.length > 0; i++) {
            queue.runNext();
            expected.push(model.shift() as number);
          }
          expect(queue.length).toBe(model.length);
          expect(queue.isEmpty).toBe(model.length === 0);
        }
        expect(log).toEqual(expected);
      }),
    );
  });

  test("what an entry pushes while it runs goes to the end", () => {
    const log: unknown[] = [];
    const queue = new ReadyQueue();
    const target = recorder(log);
    const pushing: Runnable = {
      run(left) {
        log.push(left);
        if (left !== 0) queue.push(pushing, (left as number) - 1);
      },
    };
    queue.push(pushing, 2);
    queue.push(target, "other");
    while (!queue.isEmpty) queue.runNext();
    expect(log).toEqual([2, "other", 1, 0]);
  });

  test("tells which task is being stepped, and what comes next", () => {
    const seen: unknown[] = [];
    const queue = new ReadyQueue();
    const task: Steppable = { step: () => void seen.push((queue.stepped as unknown) === task) };
    const failing: Steppable = {
      step() {
        throw new Error("from the task");
      },
    };
    const callback: Runnable = { run: () => void seen.push(queue.stepped) };
    seen.push(queue.stepped);
    queue.push(task, STEP);
    queue.push(callback, undefined);
    queue.push(failing, STEP);
    expect(queue.next === task).toBe(true);
    queue.runNext();
    seen.push(queue.stepped);
    queue.runNext();
    expect(queue.next === failing).toBe(true);
    expect(() => queue.runNext()).toThrow("from the task");
    expect([...seen, queue.stepped]).toEqual([null, true, null, null, null]);
  });

  test("an entry that throws has left the queue", () => {
    const queue = new ReadyQueue();
    const failing: Runnable = {
      run() {
        throw new Error("from the entry");
      },
    };
    queue.push(failing, 1);
    expect(() => queue.runNext()).toThrow("from the entry");
    expect(queue.isEmpty).toBe(true);
  });

  test("goes on after a burst whose memory was given back", () => {
    const log: unknown[] = [];
    const queue = new ReadyQueue();
    const target = recorder(log);
    for (let i = 0; i < 40_000; i++) queue.push(target, i);
    while (!queue.isEmpty) queue.runNext();
    expect(log).toHaveLength(40_000);
    expect(log.every((argument, i) => argument === i)).toBe(true);
    queue.shrink();
    queue.push(target, "after");
    expect(queue.length).toBe(1);
    queue.runNext();
    expect(log.at(-1)).toBe("after");
  });

  test("clear drops everything", () => {
    const log: unknown[] = [];
    const queue = new ReadyQueue();
    for (let i = 0; i < 500; i++) queue.push(recorder(log), i);
    queue.clear();
    expect([queue.length, queue.isEmpty]).toEqual([0, true]);
    expect(log).toEqual([]);
  });
});
