import { MessageChannel, type MessagePort } from "node:worker_threads";
import { ContextVar, failAfter, fromPromise, gather, run } from "heddle";
import { registerContextVar, transfer } from "heddle/node";
import { describe, expect, test } from "vitest";
import { caught } from "../../caught.ts";
import { pools, sharedPool, work } from "./pools.ts";

const ADVICE =
  "Only data goes to a worker and back: plain objects, arrays, Map, Set, Date, Error, bytes; of a class's " +
  "instance its fields alone";

const variable = registerContextVar(new ContextVar<unknown>("values.test", { default: null }));

describe.each(pools)("values for $kind", ({ kind, Pool }) => {
  const pool = sharedPool(Pool);
  const identity = <T>(value: T): T => value;
  const shape = (value: unknown) => [
    Object.prototype.toString.call(value).slice(8, -1),
    typeof value === "object" && value !== null ? Object.keys(value).length : String(value),
  ];

  const cycle: { self?: unknown; n: number } = { n: 1 };
  cycle.self = cycle;
  const shared = { x: 1 };
  const sparse = [1, 2, 3];
  delete sparse[1];

  test.each<[what: string, value: unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["NaN, -0 and the infinities", [Number.NaN, -0, Number.POSITIVE_INFINITY]],
    ["a bigint", 2n ** 80n],
    ["text with a lone surrogate and NUL", "a\0\ud800 ü 漢"],
    ["a date", new Date(0)],
    ["an expression", /a+b/giu],
    ["a map in a set", new Set([new Map<unknown, unknown>([["k", { v: 1 }]])])],
    ["a cycle", cycle],
    ["one object twice", [shared, shared]],
    ["an array with a hole", sparse],
    ["bytes", new Uint8Array([1, 2, 255])],
    ["a view of a part", new Uint8Array([0, 1, 2, 3]).subarray(1, 3)],
    ["other views", [new Float64Array([1.5]), new BigInt64Array([-1n]), new Int16Array([-2])]],
    ["a buffer", new Uint8Array([1, 2]).buffer],
    ["a data view", new DataView(new Uint8Array([1, 2, 3]).buffer, 1)],
    ["a boxed value", Object("boxed")],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1 })],
    ["a key __proto__", JSON.parse('{"__proto__": {"a": 1}}')],
    ["a long text", "x".repeat(1 << 20)],
  ])("%s goes there and comes back", (_, value) =>
    run(function* () {
      const [there, back] = yield* gather([
        pool.submit(shape, value),
        pool.submit(identity, value),
      ]);
      expect(there).toEqual(shape(value));
      expect(back).toStrictEqual(structuredClone(value));
    }),
  );

  test("what is the same object stays so, and an argument is a copy", () =>
    run(function* () {
      const object = { n: 1 };
      const same = yield* pool.submit(
        (a: { n: number }, b: object[]) => {
          a.n = 2;
          return [a === b[0], a];
        },
        object,
        [object],
      );
      expect(same).toEqual([true, { n: 2 }]);
      expect(object).toEqual({ n: 1 });
    }));

  test("an error as an argument and as a result", () =>
    run(function* () {
      const error = new RangeError("told", { cause: "why" });
      const result = yield* pool.submit((given: Error) => {
        return { said: `${given.name}: ${given.message}`, error: new TypeError("back") };
      }, error);
      expect(result.said).toBe("RangeError: told");
      expect(result.error).toBeInstanceOf(TypeError);
    }));

  test("a transferred buffer is moved to a thread and back; a process gets a copy", () =>
    run(function* () {
      const bytes = new Uint8Array([1, 2, 3]);
      const result = yield* pool.submit(
        (given: Uint8Array<ArrayBuffer>) => {
          given[0] = 9;
          return given;
        },
        transfer(bytes, [bytes.buffer]),
      );
      expect([...result]).toEqual([9, 2, 3]);
      expect(bytes.byteLength).toBe(kind === "threads" ? 0 : 3);

      expect([...(yield* pool.submit(work("sendsBuffer")))]).toEqual([4, 5]);
      expect(yield* pool.submit(work("bytesLeft"))).toBe(kind === "threads" ? 0 : 2);
    }));

  test("a job that is cancelled in the queue keeps its buffer", () =>
    run(function* () {
      const bytes = new Uint8Array(3);
      const first = pool.submit(identity, 1);
      const job = pool.submit(identity, transfer(bytes, [bytes.buffer]));
      job.cancel();
      yield* first;
      expect(bytes.byteLength).toBe(3);
    }));

  test("a buffer that was sent before: the error says so, and nothing hangs", () =>
    run(function* () {
      const bytes = new Uint8Array(3);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      const error = yield* caught(pool.submit(identity, [transfer(bytes, [bytes.buffer])]));
      expect((error as Error).message).toBe(
        "arguments cannot be sent: arguments[0][0] is what transfer() gave. Put transfer() around the whole " +
          "argument, not into it",
      );
      for (const job of [
        pool.submit(identity, transfer(bytes, [bytes.buffer])),
        pool.submit(work("sendsGoneBuffer")),
      ]) {
        const gone = yield* caught(failAfter(2000, () => job));
        expect((gone as Error).message).toMatch(/detached/);
      }
      expect(yield* pool.submit(identity, "goes on")).toBe("goes on");
    }));

  if (kind === "threads") {
    test("a SharedArrayBuffer is the same memory on both sides", () =>
      run(function* () {
        const memory = new SharedArrayBuffer(8);
        const back = yield* pool.submit(
          (given: SharedArrayBuffer) => {
            Atomics.store(new Int32Array(given), 0, 42);
            return { given };
          },
          transfer(memory, [memory]),
        );
        Atomics.store(new Int32Array(memory), 1, 43);
        expect([...new Int32Array(back.given)]).toEqual([42, 43]);
      }));

    test("a port crosses by transfer, and both sides speak", () =>
      run(function* () {
        const { port1, port2 } = new MessageChannel();
        const answer = new Promise((resolve) => {
          port1.once("message", resolve);
        });
        yield* pool.submit(
          (port: MessagePort) => port.postMessage("hello"),
          transfer(port2, [port2]),
        );
        expect(yield* fromPromise(answer)).toBe("hello");
        port1.close();
      }));
  } else {
    test("a SharedArrayBuffer is refused, with its place", () =>
      run(function* () {
        const memory = new SharedArrayBuffer(8);
        const error = (yield* caught(pool.submit(identity, { x: [memory] }))) as Error;
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(
          /^arguments cannot be sent: arguments\[0\]\.x\[0\] is a SharedArrayBuffer/,
        );
        expect(error.message).not.toContain("..");
        const back = (yield* caught(
          pool.submit(() => ({ made: [new SharedArrayBuffer(8)] })),
        )) as Error;
        expect(back.message).toMatch(
          /^the result of the function\(\) cannot be sent: made\[0\] is a SharedArrayBuffer/,
        );
        expect(yield* pool.submit(identity, 1)).toBe(1);
      }));
  }

  class Socket {
    readonly write = () => 1;
  }

  test.each<[what: string, value: unknown, said: string]>([
    ["a function", () => 1, `arguments[1] is a function. ${ADVICE}`],
    [
      "a class's instance",
      { a: [new Socket()] },
      `arguments[1].a[0].write is a function. ${ADVICE}`,
    ],
    ["a symbol", { s: Symbol("s") }, `arguments[1].s is a symbol. ${ADVICE}`],
    ["a WeakMap", new WeakMap(), `arguments[1] is a WeakMap. ${ADVICE}`],
    [
      "a promise",
      [[Promise.resolve()]],
      "arguments[1][0][0] is a Promise. Await it first, and send what it gives",
    ],
    [
      "a value in a Map",
      new Map([["k", { f: Number.isNaN }]]),
      `arguments[1].get("k").f is a function. ${ADVICE}`,
    ],
  ])("%s as an argument: the error names the place", (_, value, said) =>
    run(function* () {
      const error = (yield* caught(pool.submit((_a: number, _b: unknown) => 1, 1, value))) as Error;
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toBe(`arguments cannot be sent: ${said}`);
      expect(yield* pool.submit(identity, "goes on")).toBe("goes on");
    }),
  );

  test("a result that cannot be sent: the error names the place, and the worker lives", () =>
    run(function* () {
      const { died } = pool.statistics();
      const errors = yield* gather(
        [
          pool.submit(function deep() {
            return { rows: [{ ok: 1 }, { f: () => 1 }] };
          }),
          pool.submit(async function later() {
            return new Map([["k", Symbol("s")]]);
          }),
          pool.submit(function* lazily(): Generator<never, WeakSet<object>> {
            return new WeakSet();
          }),
        ],
        { returnExceptions: true },
      );
      expect(errors.map(String)).toEqual([
        `TypeError: the result of deep() cannot be sent: rows[1].f is a function. ${ADVICE}`,
        `TypeError: the result of later() cannot be sent: get("k") is a symbol. ${ADVICE}`,
        `TypeError: the result of lazily() cannot be sent: it is a WeakSet. ${ADVICE}`,
      ]);
      expect(yield* pool.submit(identity, "goes on")).toBe("goes on");
      expect(pool.statistics().died).toBe(died);
    }));

  test("a ContextVar that cannot be sent: the error names it, and the pool goes on", () =>
    run(function* () {
      const token = variable.set({ log: [() => 1] });
      const error = (yield* caught(pool.submit(identity, 1))) as Error;
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain('values.test"].log[0] is a function');
      variable.reset(token);
      expect(yield* pool.submit(identity, 1)).toBe(1);
    }));

  test("2,000 jobs at once that all cannot be sent", () =>
    run(function* () {
      const jobs = Array.from({ length: 2_000 }, () => pool.submit(identity, Number.isNaN));
      const errors = yield* gather(jobs, { returnExceptions: true });
      expect(errors.every((error) => error instanceof TypeError)).toBe(true);
      expect(yield* pool.submit(identity, 1)).toBe(1);
    }));
});
