import fc from "fast-check";
import { expect, test } from "vitest";
import { type Listed, TaskList } from "../../src/task/task-list.ts";

class Member implements Listed {
  _place = -1;
  /** For `expect`, which compares by what is visible. */
  readonly id = Member.#made++;
  static #made = 0;
}

test("TaskList agrees with an array: the order of adding, whoever leaves", () => {
  const operation = fc.oneof(fc.constant("add" as const), fc.nat(200));
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const list = new TaskList<Member>();
      let model: Member[] = [];
      for (const each of operations) {
        if (each === "add") {
          const member = new Member();
          list.add(member);
          model.push(member);
        } else {
          const leaving = model[each % Math.max(model.length, 1)];
          if (leaving === undefined) continue;
          list.remove(leaving);
          model = model.filter((member) => member !== leaving);
        }
        expect([...list]).toEqual(model);
        expect(list.isEmpty).toBe(model.length === 0);
      }
    }),
  );
});

test("closed up when more than half have left, it keeps the order, and each knows its place", () => {
  const list = new TaskList<Member>();
  const members = Array.from({ length: 100 }, () => new Member());
  for (const member of members) list.add(member);
  const staying = members.filter((_, i) => i % 4 === 3);
  for (const member of members) if (!staying.includes(member)) list.remove(member);
  expect([...list]).toEqual(staying);
  const late = new Member();
  list.add(late);
  for (const member of staying.slice(5)) list.remove(member);
  expect([...list]).toEqual([...staying.slice(0, 5), late]);
  for (const member of [...staying.slice(0, 5), late]) list.remove(member);
  expect([[...list], list.isEmpty]).toEqual([[], true]);
});

test("removing who is not in the list, or has left, does nothing", () => {
  const list = new TaskList<Member>();
  const [a, b] = [new Member(), new Member()];
  list.add(a);
  list.remove(b);
  list.remove(a);
  list.remove(a);
  expect(list.isEmpty).toBe(true);
  list.add(b);
  expect([...list]).toEqual([b]);
});

test("who leaves while the list is walked does not cut the walk short", () => {
  const list = new TaskList<Member>();
  const members = [new Member(), new Member(), new Member()] as const;
  for (const member of members) list.add(member);
  const seen: Member[] = [];
  for (const member of list) {
    seen.push(member);
    list.remove(member);
  }
  expect(seen).toEqual(members);
});
