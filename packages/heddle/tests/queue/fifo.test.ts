import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "../../src/queue/fifo.ts";

test("Fifo agrees with an array under push, shift and remove", () => {
  const operation = fc.oneof(
    fc.record({ push: fc.nat(60) }),
    fc.record({ shift: fc.nat(60) }),
    fc.record({ remove: fc.nat(200) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      let next = 0;
      for (const each of operations) {
        if ("push" in each) {
          for (let i = 0; i < each.push; i++) {
            fifo.push(next);
            model.push(next++);
          }
        } else if ("shift" in each) {
          for (let i = 0; i < each.shift; i++) expect(fifo.shift()).toBe(model.shift());
        } else {
          const at = model.indexOf(each.remove);
          expect(fifo.remove(each.remove)).toBe(at >= 0);
          if (at >= 0) model.splice(at, 1);
        }
        expect(fifo.size).toBe(model.length);
        expect([...fifo]).toEqual(model);
      }
    }),
  );
});

test("an empty Fifo gives undefined and removes nothing", () => {
  const fifo = new Fifo<string>();
  expect([fifo.shift(), fifo.size, fifo.remove("a")]).toEqual([undefined, 0, false]);
});
