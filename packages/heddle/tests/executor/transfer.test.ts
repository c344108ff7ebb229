import { describe, expect, test } from "vitest";
import { takeTransfers, transfer } from "../../src/executor/transfer.ts";

describe("takeTransfers", () => {
  test("gives the same arguments, and one empty list, where there is nothing to move", () => {
    const args = [1, { a: new ArrayBuffer(2) }, undefined];
    const taken = takeTransfers(args);
    expect(taken.values).toBe(args);
    expect(taken.list).toEqual([]);
    expect(takeTransfers([]).list).toBe(taken.list);
    expect(Object.isFrozen(taken.list)).toBe(true);
  });

  test("unwraps each value, and lists what is to be moved once", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const { port1, port2 } = new MessageChannel();
    const message = { port1, bytes };
    const { values, list } = takeTransfers([
      transfer(bytes, [bytes.buffer]),
      "between",
      transfer(message, [port1, bytes.buffer]),
    ]);
    expect(values).toEqual([bytes, "between", message]);
    expect(values[0]).toBe(bytes);
    expect(values[2]).toBe(message);
    expect(list).toEqual([bytes.buffer, port1]);
    port2.close();
  });

  test("moves: the sender's buffer is empty after it", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const { values, list } = takeTransfers([transfer(bytes, [bytes.buffer])]);
    const [moved] = structuredClone(values, { transfer: [...list] as ArrayBuffer[] });
    expect(moved).toEqual(new Uint8Array([1, 2, 3]));
    expect(bytes.byteLength).toBe(0);
  });

  test("takes wrappers within each other for one", () => {
    const [one, two] = [new ArrayBuffer(1), new ArrayBuffer(2)];
    const { values, list } = takeTransfers([transfer(transfer({ one, two }, [one]), [two])]);
    expect(values).toEqual([{ one, two }]);
    expect(list).toEqual([one, two]);
  });

  test("keeps what was listed, though the caller changes the list", () => {
    const buffer = new ArrayBuffer(1);
    const mine = [buffer];
    const wrapped = transfer(buffer, mine);
    mine.pop();
    expect(takeTransfers([wrapped]).list).toEqual([buffer]);
  });

  test("leaves shared memory out, which is shared without it", () => {
    if (!("SharedArrayBuffer" in globalThis))
      return expect("SharedArrayBuffer" in globalThis).toBe(false);
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    const { values, list } = takeTransfers([transfer(shared, [shared.buffer])]);
    expect(values[0]).toBe(shared);
    expect(list).toEqual([]);
  });
});

test("a wrapper that is hidden in an object cannot be sent by mistake", () => {
  const bytes = new Uint8Array(1);
  expect(() => structuredClone({ bytes: transfer(bytes, [bytes.buffer]) })).toThrow(DOMException);
});

describe("transfer refuses", () => {
  test("a list that is none", () => {
    const buffer = new ArrayBuffer(1);
    // @ts-expect-error: no list
    expect(() => transfer(buffer, buffer)).toThrow(
      new TypeError(
        "transfer(): expected a list of what is to be moved, as in transfer(bytes, [bytes.buffer]), " +
          "got ArrayBuffer",
      ),
    );
    // @ts-expect-error: no list
    expect(() => transfer(buffer)).toThrow(/got undefined$/);
  });

  test("a view, whose buffer is meant", () => {
    const bytes = new Uint8Array(1);
    // @ts-expect-error: a view
    expect(() => transfer(bytes, [bytes.buffer, bytes])).toThrow(
      new TypeError(
        "transfer(): item 1 of the list is a Uint8Array, a view: list its buffer, as in " +
          "transfer(bytes, [bytes.buffer])",
      ),
    );
  });

  test.each([
    [1, "number"],
    [null, "null"],
    [undefined, "undefined"],
    ["text", "string"],
    [{ bytes: 1 }, "Object"],
    [[new ArrayBuffer(1)], "Array"],
    [() => {}, "function"],
    [new Map(), "Map"],
    [Promise.resolve(), "Promise"],
  ])("%s", (item, kind) => {
    // @ts-expect-error: not transferable
    expect(() => transfer(1, [item])).toThrow(
      new TypeError(
        `transfer(): item 0 of the list is ${kind}, which cannot be transferred: ` +
          "ArrayBuffers, MessagePorts and streams can",
      ),
    );
  });
});
