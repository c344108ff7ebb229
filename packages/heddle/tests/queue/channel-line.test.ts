import fc from "fast-check";
import { expect, test } from "vitest";
// The data structure itself has no public face.
import { ChannelLine, type InLine } from "../../src/queue/channel-line.ts";

class Person implements InLine {
  readonly n: number;
  _line: object | null = null;
  _ahead: InLine | null = null;
  _behind: InLine | null = null;

  constructor(n: number) {
    this.n = n;
  }
}

test("behaves as an array does", () => {
  const operations = fc.array(
    fc.record({ kind: fc.constantFrom("push", "unshift", "shift", "remove"), which: fc.nat(30) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(operations, (given) => {
      const people = Array.from({ length: 31 }, (_, n) => new Person(n));
      const line = new ChannelLine<Person>();
      let model: Person[] = [];
      for (const { kind, which } of given) {
        const person = people[which] as Person;
        const stands = model.includes(person);
        if (kind === "shift") expect(line.shift()).toBe(model.shift() ?? null);
        else if (kind === "remove") {
          expect(line.remove(person)).toBe(stands);
          model = model.filter((each) => each !== person);
        } else if (!stands) {
          line[kind as "push" | "unshift"](person);
          model[kind as "push" | "unshift"](person);
        }
        expect([...line].map(({ n }) => n)).toEqual(model.map(({ n }) => n));
        expect(line.size).toBe(model.length);
      }
    }),
  );
});

test("who stands in another line is left alone", () => {
  const [mine, other] = [new ChannelLine<Person>(), new ChannelLine<Person>()];
  const person = new Person(1);
  mine.push(person);
  expect([other.remove(person), mine.size]).toEqual([false, 1]);
});

test("may be left while it is walked along, and cleared", () => {
  const line = new ChannelLine<Person>();
  for (const n of [1, 2, 3, 4]) line.push(new Person(n));
  for (const person of line) if (person.n % 2 === 0) line.remove(person);
  expect([...line].map(({ n }) => n)).toEqual([1, 3]);
  line.clear();
  expect([line.size, line.shift()]).toEqual([0, null]);
});
