import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReadyQueue } from "../../src/loop/ready-queue.ts";
import { type Timer, TimerHeap } from "../../src/loop/timer-heap.ts";

class Alarm implements Timer {
  dead = false;
  departures = 0;
  /** Its number in the order of their coming: those of one deadline are told apart by it. */
  readonly id: number;
  readonly when: number;
  readonly #ran: Alarm[];

  constructor(id: number, when: number, ran: Alarm[]) {
    this.id = id;
    this.when = when;
    this.#ran = ran;
  }

  run(): void {
    this.#ran.push(this);
  }

  isDead(): boolean {
    return this.dead;
  }

  left(): void {
    this.departures++;
  }
}

function ids(alarms: Iterable<Timer>): number[] {
  return Array.from(alarms as Iterable<Alarm>, ({ id }) => id);
}

/** A heap beside the naive list that it must agree with. */
class Both {
  readonly heap = new TimerHeap();
  readonly ready = new ReadyQueue();
  readonly ran: Alarm[] = [];
  /** All ever pushed, in order; the model's truth about who is in is `inside`. */
  readonly all: Alarm[] = [];
  inside: Alarm[] = [];

  push(when: number): void {
    const alarm = new Alarm(this.all.length, when, this.ran);
    this.all.push(alarm);
    this.inside.push(alarm);
    this.heap.push(when, alarm);
  }

  cancel(index: number): void {
    const alarm = this.inside[index % Math.max(this.inside.length, 1)];
    if (alarm === undefined) return;
    alarm.dead = true;
    this.inside = this.inside.filter((other) => other !== alarm);
    this.heap.noteDead();
  }

  popDue(now: number): void {
    const due = this.inside.filter((alarm) => alarm.when <= now);
    // A stable sort: equal deadlines stay in the order of their coming.
    const expected = due.sort((a, b) => a.when - b.when);
    this.inside = this.inside.filter((alarm) => alarm.when > now);
    this.ran.length = 0;
    this.heap.popDue(now, this.ready);
    while (!this.ready.isEmpty) this.ready.runNext();
    expect(ids(this.ran)).toEqual(ids(expected));
  }

  check(): void {
    const earliest = Math.min(Number.POSITIVE_INFINITY, ...this.inside.map((alarm) => alarm.when));
    expect(this.heap.next()).toBe(earliest);
    expect(new Set(ids(this.heap))).toEqual(new Set(ids(this.inside)));
    expect(this.heap.alive).toBe(this.inside.length);
    // Dead timers are at most a half, once there are more than 64 of them.
    const dead = this.heap.size - this.inside.length;
    expect(dead <= 64 || dead <= this.inside.length).toBe(true);
    for (const alarm of this.inside) expect(alarm.departures).toBe(0);
  }

  finish(): void {
    this.popDue(Number.MAX_VALUE);
    this.check();
    for (const alarm of this.all) expect(alarm.departures).toBe(alarm.when < Infinity ? 1 : 0);
  }
}

const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ push: fc.array(fc.nat(15), { maxLength: 40 }) }) },
  { weight: 4, arbitrary: fc.record({ cancel: fc.array(fc.nat(), { maxLength: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ popDue: fc.nat(20) }) },
);

describe("TimerHeap", () => {
  test("agrees with a sorted list: the earliest first, equal ones in the order they came", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const both = new Both();
        for (const each of operations) {
          if ("push" in each) for (const when of each.push) both.push(when);
          else if ("cancel" in each) for (const index of each.cancel) both.cancel(index);
          else both.popDue(each.popDue);
          both.check();
        }
        both.finish();
      }),
    );
  });

  test("a rebuild, by many deaths at once, keeps the order of equal deadlines", () => {
    const both = new Both();
    for (let i = 0; i < 400; i++) both.push(i % 3);
    for (let i = 0; i < 300; i++) both.cancel(i * 7);
    both.check();
    expect(both.heap.size).toBeLessThan(400);
    both.finish();
  });

  test("a rebuild makes a heap of what is left, of any size", () => {
    // Numbers that come in no order: 37 has no common factor with 1024.
    for (const [count, deaths] of [
      [131, 66],
      [300, 151],
      [400, 390],
      [66, 66],
    ] as const) {
      const both = new Both();
      for (let i = 0; i < count; i++) both.push(100 + ((i * 37) % 1024));
      both.cancel(0);
      for (let i = 1; i < deaths; i++) both.cancel(both.inside.length - 1 - (i % 2));
      expect(both.heap.size).toBeLessThan(count);
      both.check();
      for (let now = 100; now < 1124; now += 50) {
        both.push(now + 10);
        both.popDue(now);
        both.check();
      }
      both.finish();
    }
  });

  test("takes deadlines of any kind", () => {
    const both = new Both();
    for (const when of [Number.POSITIVE_INFINITY, 2 ** 40, 0.1 + 0.2, 0.3, 0, -5]) both.push(when);
    both.popDue(0.3);
    both.popDue(0.31);
    both.check();
    both.finish();
    expect(both.heap.size).toBe(1);
  });

  test("next drops the dead from the top, and tells them", () => {
    const both = new Both();
    both.push(1);
    both.push(2);
    both.cancel(0);
    expect(both.heap.next()).toBe(2);
    expect(both.heap.size).toBe(1);
    expect(both.all[0]?.departures).toBe(1);
  });

  test("clear forgets all and can be filled again", () => {
    const both = new Both();
    for (let i = 0; i < 200; i++) both.push(i);
    both.heap.clear();
    expect([both.heap.size, both.heap.next()]).toEqual([0, Number.POSITIVE_INFINITY]);
    both.inside = [];
    both.push(7);
    both.check();
  });
});
