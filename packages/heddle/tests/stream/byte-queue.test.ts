import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteQueue } from "../../src/stream/byte-queue.ts";
import { bytes, text } from "../bytes.ts";

function queueOf(...chunks: string[]): ByteQueue {
  const queue = new ByteQueue((length) => new Uint8Array(length));
  for (const chunk of chunks) queue.push(bytes(chunk));
  return queue;
}

describe("what is not copied", () => {
  test("a whole chunk comes out as the very array that went in", () => {
    const chunk = bytes("hello");
    const queue = queueOf();
    queue.push(chunk);
    expect(queue.take(5)).toBe(chunk);
    expect(queue.length).toBe(0);
  });

  test("a part of a chunk is a view of it", () => {
    const chunk = bytes("hello");
    const queue = queueOf();
    queue.push(chunk);
    const parts = [queue.take(2), queue.takeSome(2), queue.takeSome(9)];
    expect(parts.map(text)).toEqual(["he", "ll", "o"]);
    for (const part of parts) expect(part.buffer).toBe(chunk.buffer);
  });

  test("takeSome hands large chunks out one by one and copies small ones together", () => {
    const large = "x".repeat(8192);
    const queue = queueOf("a", "b", large, "c", "d");
    const sizes = [queue.takeSome(99_999), queue.takeSome(99_999), queue.takeSome(99_999)];
    expect(sizes.map((part) => part.length)).toEqual([2, 8192, 2]);
  });
});

test("small chunks that have to wait are gathered, and what was handed out stays as it is", () => {
  let arrays = 0;
  const queue = new ByteQueue((length) => {
    arrays++;
    return new Uint8Array(length);
  });
  queue.push(new Uint8Array([0]));
  for (let i = 1; i <= 10_000; i++) queue.push(new Uint8Array([i & 255]));
  expect(arrays).toBeLessThan(5);
  expect(queue.take(1)).toEqual(new Uint8Array([0]));
  const three = queue.take(3);
  for (let i = 10_001; i <= 10_010; i++) queue.push(new Uint8Array([i & 255]));
  expect(three).toEqual(new Uint8Array([1, 2, 3]));
  const rest = queue.take(queue.length);
  expect(rest).toEqual(Uint8Array.from({ length: 10_007 }, (_, i) => (i + 4) & 255));
});

test("take joins chunks, and leaves the rest", () => {
  const queue = queueOf("ab", "cd", "ef");
  expect(text(queue.take(5))).toBe("abcde");
  expect(text(queue.take(1))).toBe("f");
  expect(queue.take(0).length).toBe(0);
});

test("indexOf finds a separator across chunks, from a place on", () => {
  const queue = queueOf("ab\r", "\ncd\r", "e\r", "\n");
  queue.drop(1);
  expect(queue.indexOf(bytes("\r\n"), 0)).toBe(1);
  expect(queue.indexOf(bytes("\r\n"), 2)).toBe(7);
  expect(queue.indexOf(bytes("\r\n"), 8)).toBe(-1);
  expect(queue.indexOf(bytes("\n"), 3)).toBe(8);
  expect(queue.indexOf(bytes("\nx"), 0)).toBe(-1);
});

test("any sequence of operations does what it does on one array", () => {
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 9, max: 3 });
  const operation = fc.oneof(
    fc.record({ push: chunk }),
    fc.record({ take: fc.nat(20) }),
    fc.record({ takeSome: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ drop: fc.nat(20) }),
    fc.record({ find: fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 }), from: fc.nat(20) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const queue = queueOf();
      let model: number[] = [];
      for (const step of operations) {
        if ("push" in step) {
          queue.push(step.push);
          model.push(...step.push);
        } else if ("take" in step) {
          const n = Math.min(step.take, model.length);
          expect([...queue.take(n)]).toEqual(model.splice(0, n));
        } else if ("takeSome" in step) {
          // Chunks are small here: all that is wanted and there is copied together.
          const n = Math.min(step.takeSome, model.length);
          expect([...queue.takeSome(step.takeSome)]).toEqual(model.splice(0, n));
        } else if ("drop" in step) {
          const n = Math.min(step.drop, model.length);
          queue.drop(n);
          model = model.slice(n);
        } else {
          const joined = String.fromCharCode(...model);
          const wanted = String.fromCharCode(...step.find);
          expect(queue.indexOf(step.find, step.from)).toBe(joined.indexOf(wanted, step.from));
        }
        expect(queue.length).toBe(model.length);
      }
    }),
  );
});
