import { describe, expect, test } from "vitest";
import { explainUncloneable } from "../../src/executor/cloneable.ts";
import { type Transferable, transfer } from "../../src/executor/transfer.ts";
import { hasProcess } from "../has-process.ts";

const ADVICE =
  "Only data goes to a worker and back: plain objects, arrays, Map, Set, Date, Error, bytes; of a class's " +
  "instance its fields alone";

/** In a variable, for a bundler would make a plain object of the module. */
const moduleWithFunction = "data:text/javascript,export const f = () => {}";

/** The explanation of what structuredClone says of it. */
function explain(
  value: unknown,
  path = "argument 1",
  list: readonly Transferable[] = [],
): TypeError {
  try {
    structuredClone(value);
  } catch (error) {
    const explained = explainUncloneable(value, path, error, list);
    expect(explained).toBeInstanceOf(TypeError);
    expect(explained.cause).toBe(error);
    return explained;
  }
  throw new Error("expected that it cannot be cloned");
}

/** Without the advice at the end. */
const culprit = (...args: Parameters<typeof explain>) =>
  /^(?:.*) cannot be sent: (.*?)\. [A-Z]/s.exec(explain(...args).message)?.[1];

/** The clone of an error, if it has one with its cause. */
function cloneOf(error: Error): Error {
  try {
    return structuredClone(error);
  } catch {
    return error;
  }
}

/** A clone moves what is transferred. */
function moved<T extends ArrayBuffer>(buffer: T): T {
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

test("says what cannot be sent, where it is, and what can", () => {
  const options = { handlers: [{}, {}, { onClick: () => {} }] };
  expect(explain(options).message).toBe(
    `argument 1 cannot be sent: handlers[2].onClick is a function. ${ADVICE}`,
  );
  expect(explain([1, options], "arguments").message).toBe(
    `arguments cannot be sent: arguments[1].handlers[2].onClick is a function. ${ADVICE}`,
  );
  expect(explain({ contextVars: { log() {} } }, "").message).toBe(
    `this cannot be sent: contextVars.log is a function. ${ADVICE}`,
  );
  expect(explain(() => {}).message).toBe(`argument 1 cannot be sent: it is a function. ${ADVICE}`);
});

describe("names the path", () => {
  const bad = () => {};
  test.each<[string, unknown]>([
    ["[1]", [0, bad]],
    ["a.b.c", { a: { b: { c: bad } } }],
    ['["two words"][0]', { "two words": [bad] }],
    ["$é", { $é: bad }],
    ['map.get("key").f', { map: new Map([["key", { f: bad }]]) }],
    [
      "map (key 1)",
      {
        map: new Map<unknown, number>([
          ["a", 1],
          [bad, 2],
        ]),
      },
    ],
    ["map.get(0)", { map: new Map([[{}, bad]]) }],
    ["set (item 1)[0]", { set: new Set([[], [bad]]) }],
    [
      "instance.field",
      {
        instance: new (class Service {
          field = bad;
        })(),
      },
    ],
    ["[99999].f", Array.from({ length: 100_000 }, (_, i) => (i === 99_999 ? { f: bad } : { i }))],
  ])("%s", (path, value) => {
    expect(culprit(value)).toBe(`${path} is a function`);
  });

  test("of the first of several", () => {
    expect(culprit({ fine: [1], one: { x: Symbol("s") }, two: bad })).toBe("one.x is a symbol");
  });

  test("of an error's cause", (context) => {
    const error = new Error("x", { cause: bad });
    context.skip(cloneOf(error).cause === undefined, "this engine clones no causes");
    expect(culprit({ error })).toBe("error.cause is a function");
  });

  test("shortened, where it is long", () => {
    let value: unknown = { bad };
    for (let i = 0; i < 400; i++) value = { next: value };
    expect(culprit(value)).toMatch(
      /^next(\.next){18,19}\.?…\w*(\.next){18,19}\.bad is a function$/,
    );
  });

  test("in a cycle", () => {
    const value: Record<string, unknown> = { list: [] };
    value.self = value;
    value.list = [{ up: value }, { bad }];
    expect(culprit(value)).toBe("list[1].bad is a function");
  });

  test("of a Proxy in a cycle, whose parts are fine", () => {
    const value: Record<string, unknown> = { before: 1 };
    value.proxied = new Proxy({ up: value }, {});
    expect(culprit(value)).toBe("proxied is a Proxy (of an Object)");
  });
});

describe("names the thing", () => {
  test.each<[string, () => unknown]>([
    ["a function", () => async () => {}],
    ["a class", () => class {}],
    ["a symbol", () => Symbol.iterator],
    ["a WeakMap", () => new WeakMap()],
    ["a WeakSet", () => new WeakSet()],
    ["a WeakRef", () => new WeakRef({})],
    ["a Promise", () => Promise.resolve()],
    ["a Generator", () => (function* () {})()],
    ["a Proxy (of an Object)", () => new Proxy({ a: 1 }, {})],
    ["a Proxy (of an Array)", () => new Proxy([1, { a: 1 }], {})],
    ["a module", () => import(/* @vite-ignore */ moduleWithFunction)],
    ["a detached ArrayBuffer", () => moved(new ArrayBuffer(8))],
    [
      "a detached Uint8Array",
      () => {
        const bytes = new Uint8Array(8);
        moved(bytes.buffer);
        return bytes;
      },
    ],
    ["a ReadableStream", () => new ReadableStream()],
  ])("%s", async (name, make) => {
    // Not `await make()`: that would take a promise for its value.
    const made = make();
    const thing = name === "a module" ? await made : made;
    expect(culprit({ at: [thing] })).toMatch(
      // Engines have no common name for a generator's class.
      name === "a Generator" ? /^at\[0\] is a \w+/ : new RegExp(`^at\\[0\\] is ${escaped(name)}$`),
    );
  });

  test("a getter that throws, as its fields are read", () => {
    const value = {
      deep: {
        get secret() {
          throw new RangeError("not yours");
        },
      },
    };
    expect(culprit(value)).toBe("deep.secret is a getter that throws: not yours");
  });

  const escaped = (text: string) => text.replace(/[()]/g, "\\$&");
});

describe("says what to do", () => {
  test("about a promise", () => {
    expect(explain([Promise.resolve(1)]).message).toMatch(
      / Await it first, and send what it gives$/,
    );
  });

  test("about what can be moved alone", () => {
    const { port1, port2 } = new MessageChannel();
    const message = explain({ port1 }).message;
    expect(message).toMatch(/^argument 1 cannot be sent: port1(\.\w+)? is a /);
    // Others do not say why they refuse it.
    if (hasProcess && !("Deno" in globalThis || "Bun" in globalThis)) {
      expect(message).toMatch(
        /It can only be moved: wrap the argument, transfer\(argument, \[it\]\)$/,
      );
    }
    port2.close();
  });

  test("about a buffer that is gone", () => {
    expect(explain(moved(new ArrayBuffer(1))).message).toBe(
      "argument 1 cannot be sent: it is a detached ArrayBuffer. " +
        "Its bytes were moved to another thread before: each can be sent once",
    );
  });

  test("about a transfer() that is hidden in an object", () => {
    const bytes = new Uint8Array(1);
    expect(explain([{ bytes: transfer(bytes, [bytes.buffer]) }]).message).toBe(
      "argument 1 cannot be sent: [0].bytes is what transfer() gave. " +
        "Put transfer() around the whole argument, not into it",
    );
  });
});

describe("with a list of what is transferred", () => {
  test("what is in it is not blamed, and not moved", () => {
    const { port1, port2 } = new MessageChannel();
    const buffer = new ArrayBuffer(4);
    const value = { ports: [{ port1 }], buffer, late: { bad: () => {} } };
    expect(culprit(value, "argument 1", [port1, buffer])).toBe("late.bad is a function");
    expect(buffer.byteLength).toBe(4);
    expect(() => structuredClone(port1, { transfer: [port1] })).not.toThrow();
    port2.close();
  });
});

describe("where nothing is found", () => {
  const error = new DOMException("the engine's words", "DataCloneError");
  const asTheEngineSays = `argument 1 cannot be sent: the engine's words. ${ADVICE}`;

  test("the engine's words must do", () => {
    expect(explainUncloneable({ fine: 1 }, "argument 1", error).message).toBe(asTheEngineSays);
    const { port1, port2 } = new MessageChannel();
    expect(explainUncloneable([{ port1 }], "argument 1", error, [port1]).message).toBe(
      asTheEngineSays,
    );
    port2.close();
  });

  test("for it is too deep", () => {
    let list: unknown = null;
    for (let i = 0; i < 100_000; i++) list = { list };
    const message = explainUncloneable(list, "argument 1", error).message;
    expect(message).toBe(asTheEngineSays);
  });

  test("it never throws, whatever proxies and errors do", () => {
    const trap = () => {
      throw new Error("trap");
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const handler = { get: trap, ownKeys: trap, getPrototypeOf: trap, has: trap };
    for (const value of [
      proxy,
      new Proxy({}, handler),
      new Proxy([1], handler),
      new Proxy(() => {}, handler),
    ]) {
      expect(explain({ value }).message).toMatch(/^argument 1 cannot be sent: /);
    }
    expect(explainUncloneable(1, "argument 1", Object.create(null)).message).toMatch(
      /^argument 1 cannot be sent: an error that cannot be shown\. /,
    );
  });
});
