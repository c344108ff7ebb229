import fc from "fast-check";
import * as heddle from "heddle";
import { CancelledError, ExceptionGroup, isCancelled, TimeoutError } from "heddle";
import { describe, expect, test } from "vitest";
import {
  decodeError,
  type EncodedError,
  encodeError,
  registerErrorClass,
} from "../../src/executor/error-crossing.ts";

const ways: Record<string, (encoded: EncodedError) => EncodedError> = {
  JSON: (encoded) => JSON.parse(JSON.stringify(encoded)),
  "structured clone": (encoded) => structuredClone(encoded),
};

/** There and back, through JSON. */
const cross = (error: unknown, where?: string) =>
  decodeError(JSON.parse(JSON.stringify(encodeError(error))), where);

function crossError(error: unknown, where?: string): Error & Record<string, unknown> {
  const back = cross(error, where);
  if (!(back instanceof Error)) throw new Error(`expected an error, got ${String(back)}`);
  return back as Error & Record<string, unknown>;
}

/** One of each class that heddle exports. A class without an entry fails the test below. */
const samples: Record<string, Error> = {
  BrokenBarrierError: new heddle.BrokenBarrierError("it was reset"),
  BrokenExecutorError: new heddle.BrokenExecutorError("the worker died", { cause: 137 }),
  BrokenResourceError: new heddle.BrokenResourceError("no receivers"),
  CancelledError: new heddle.CancelledError("enough"),
  ClosedResourceError: new heddle.ClosedResourceError("closed"),
  ConnectionResetError: new heddle.ConnectionResetError("gone", {
    code: "EPIPE",
    cause: new Error("write EPIPE"),
  }),
  DeadlockError: new heddle.DeadlockError("nobody can go on"),
  EndOfChannel: new heddle.EndOfChannel("no senders"),
  ExceptionGroup: new ExceptionGroup("two of them", [
    new heddle.QueueFull("full"),
    new ExceptionGroup("inner", [new TypeError("a type")]),
  ]),
  GeneratorExit: new heddle.GeneratorExit(),
  IncompleteReadError: new heddle.IncompleteReadError(new Uint8Array([0, 127, 128, 255]), null),
  InvalidStateError: new heddle.InvalidStateError("not done"),
  LimitOverrunError: new heddle.LimitOverrunError("too long", 17),
  LookupError: new heddle.LookupError("no value"),
  QueueEmpty: new heddle.QueueEmpty("empty"),
  QueueFull: new heddle.QueueFull("full"),
  QueueShutDown: new heddle.QueueShutDown("shut down"),
  RuntimeError: new heddle.RuntimeError("a rule", { cause: new heddle.StopIteration(1) }),
  StopIteration: new heddle.StopIteration({ last: [1, undefined, "two"] }),
  TimeoutError: new heddle.TimeoutError("too late"),
  WouldBlock: new heddle.WouldBlock("full"),
};

const exported = Object.entries(heddle).filter(
  ([, each]) => typeof each === "function" && each.prototype instanceof Error,
);

describe.each(Object.entries(ways))("through %s", (_way, carry) => {
  test.each(exported)("%s arrives as it was", (name, errorClass) => {
    const error = samples[name];
    if (error === undefined) throw new Error(`${name} has no sample in this test`);
    const back = decodeError(carry(encodeError(error)));
    expect(back).toBeInstanceOf(errorClass);
    expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(error));
    expect(back).toStrictEqual(error);
    expect(String(back)).toBe(String(error));
    expect(Object.entries(back as Error)).toEqual(Object.entries(error));
    expect(Object.prototype.toString.call(back)).toBe("[object Error]");
  });

  test.each([
    new Error("plain"),
    new TypeError("a type"),
    new RangeError(""),
    new SyntaxError("syntax"),
    new ReferenceError("reference"),
    new URIError("uri"),
    new EvalError("eval"),
    new AggregateError([new Error("one"), "two", undefined], "all"),
    new DOMException("stop", "AbortError"),
    new DOMException("late", "TimeoutError"),
  ])("%s arrives as it was", (error) => {
    const back = decodeError(carry(encodeError(error))) as Error;
    expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(error));
    expect([back.name, back.message]).toEqual([error.name, error.message]);
    expect(String(back)).toBe(String(error));
    if (error instanceof DOMException) expect(back).toHaveProperty("code", error.code);
    if (error instanceof AggregateError) expect(back).toHaveProperty("errors", error.errors);
  });

  test("what is thrown and is no error arrives, too", () => {
    const values = [
      "text",
      "",
      0,
      -0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      12n,
      true,
      null,
      undefined,
      { status: 404, headers: { a: ["b", undefined] } },
      { undefined: true },
      { error: 0, object: { bytes: "AA==" } },
      [1, [2, null]],
      new Date(86_400_000),
      new Uint8Array(70_000).fill(200),
    ];
    for (const value of values) {
      expect(decodeError(carry(encodeError(value)), "thread 1")).toStrictEqual(value);
    }
  });

  test("a chain of causes may be very long", () => {
    let error = new Error("the first");
    for (let i = 0; i < 5000; i++) error = new Error(`attempt ${i}`, { cause: error });
    let back: unknown = decodeError(carry(encodeError(error)));
    let length = 0;
    while (back instanceof Error && back.cause !== undefined) {
      back = back.cause;
      length++;
    }
    expect(length).toBe(5000);
    expect(back).toHaveProperty("message", "the first");
  });
});

test("every sample is of an exported class", () => {
  expect(Object.keys(samples)).toEqual(exported.map(([name]) => name).sort());
});

test("a cancellation is one on the other side, with or without a message", () => {
  const back = crossError(new CancelledError("enough"), "thread 2");
  expect(isCancelled(back)).toBe(true);
  expect(back.message).toBe("enough");
  expect(back.stack).toMatch(/^CancelledError: enough\n(.*\n)* {4}in thread 2$/);
  expect(Object.hasOwn(crossError(new CancelledError()), "message")).toBe(false);
  expect(Object.hasOwn(crossError(new CancelledError("")), "message")).toBe(true);
});

test("a cancellation of another copy of heddle is one", () => {
  class Foreign extends Error {
    get [Symbol.for("heddle.CancelledError")]() {
      return true;
    }
  }
  const back = crossError(new Foreign("enough"));
  expect(isCancelled(back)).toBe(true);
  expect(back).toBeInstanceOf(CancelledError);
});

test("a group that arrives can be split", () => {
  const back = cross(samples.ExceptionGroup) as ExceptionGroup;
  const [types, rest] = back.split(TypeError);
  expect(types?.errors[0].errors[0]).toBeInstanceOf(TypeError);
  expect(rest?.errors).toEqual([new heddle.QueueFull("full")]);
});

describe("a class that is unknown here", () => {
  class StatusError extends TypeError {
    status = 404;
  }
  class NamedError extends Error {
    override name = "E_NAMED";
  }

  test("arrives as the nearest one that is known, under its own name", () => {
    const back = crossError(new StatusError("not found"));
    expect(back).toBeInstanceOf(TypeError);
    expect(back).not.toBeInstanceOf(StatusError);
    expect([back.name, back.constructor.name, back.status]).toEqual([
      "StatusError",
      "StatusError",
      404,
    ]);
    expect(String(back)).toBe("StatusError: not found");
    expect(back.stack).toMatch(/^StatusError: not found(\n|$)/);
    expect(crossError(new NamedError("x")).name).toBe("E_NAMED");
  });

  test("of the name of one of heddle's is not taken for it", () => {
    const Foreign = class TimeoutError extends Error {};
    const back = crossError(new Foreign("theirs"));
    expect(back).not.toBeInstanceOf(TimeoutError);
    expect(back.name).toBe("TimeoutError");
    const Sub = class Late extends TimeoutError {};
    expect(crossError(new Sub("ours"))).toBeInstanceOf(TimeoutError);
  });

  test("derived from DOMException or ExceptionGroup keeps what these can do", () => {
    class Aborted extends DOMException {}
    const aborted = crossError(new Aborted("stop", "AbortError"));
    expect(aborted).toBeInstanceOf(DOMException);
    expect([aborted.name, aborted.message, aborted.code]).toEqual(["AbortError", "stop", 20]);
    class Failures extends ExceptionGroup {}
    const failures = cross(new Failures("some", [new TypeError("a")])) as ExceptionGroup;
    expect(failures.subgroup(TypeError)?.errors).toEqual([new TypeError("a")]);
    expect(failures.message).toBe("some (1 error)");
  });
});

describe("registerErrorClass", () => {
  test("makes its errors arrive as its instances", () => {
    class PaymentError extends Error {
      amount: number;
      constructor(amount: number) {
        super(`cannot pay ${amount}`);
        this.amount = amount;
      }
      double() {
        return this.amount * 2;
      }
    }
    registerErrorClass(PaymentError);
    registerErrorClass(PaymentError);
    const back = cross(new PaymentError(21));
    if (!(back instanceof PaymentError)) throw new Error("it is none");
    expect([back.double(), back.message, back.name]).toEqual([42, "cannot pay 21", "Error"]);
  });

  test("refuses what is no error class, and a second of the same name", () => {
    // @ts-expect-error: no error
    expect(() => registerErrorClass(Map)).toThrow(
      new TypeError("registerErrorClass(): expected a subclass of Error, got Map"),
    );
    // @ts-expect-error: no class
    expect(() => registerErrorClass("Error")).toThrow(TypeError);
    expect(() => registerErrorClass(class extends Error {})).toThrow(/has no name/);
    const first = class TwiceError extends Error {};
    const second = class TwiceError extends Error {};
    registerErrorClass(first);
    expect(() => registerErrorClass(second)).toThrow(RangeError);
    expect(() => registerErrorClass(second)).toThrow(/another class TwiceError already/);
    expect(cross(new first("x"))).toBeInstanceOf(first);
  });
});

describe("the stack", () => {
  const withStack = (stack: unknown, error = new TypeError("wrong")) =>
    Object.defineProperty(error, "stack", { value: stack });

  test("is the other side's, with the place as its last line", () => {
    const stack = "TypeError: wrong\n    at work (work.js:1:2)";
    expect(crossError(withStack(stack)).stack).toBe(stack);
    expect(crossError(withStack(stack), "thread 3 of P").stack).toBe(
      `${stack}\n    in thread 3 of P`,
    );
    expect(crossError(withStack("TypeError [ERR_X]: wrong\n    at a")).stack).toBe(
      "TypeError [ERR_X]: wrong\n    at a",
    );
  });

  test("begins with name and message, whatever it was", () => {
    const frames = "\n    at work (work.js:1:2)";
    const title = "TypeError: wrong";
    const cases: [unknown, string][] = [
      [undefined, title],
      [12, title],
      ["", title],
      [`Error: wrong${frames}`, title + frames],
      [`Error: an older message${frames}`, title + frames],
      ["work@work.js:1:2\n", `${title}\nwork@work.js:1:2\n`],
      [`TypeErrorish: wrong${frames}`, title + frames],
    ];
    for (const [stack, expected] of cases) {
      expect(crossError(withStack(stack)).stack).toBe(expected);
    }
    const quoting = new Error("failed:\n    at dawn");
    quoting.name = "Quote";
    expect(
      crossError(withStack("Error: failed:\n    at dawn\n    at f (a.js:1:1)", quoting)).stack,
    ).toBe("Quote: failed:\n    at dawn\n    at f (a.js:1:1)");
  });

  test("is written by no getter that throws", () => {
    const error = Object.defineProperty(new Error("x"), "stack", {
      get() {
        throw new Error("no stack");
      },
    });
    expect(crossError(error).stack).toBe("Error: x");
  });
});

describe("what cannot be held", () => {
  test("is left out, and the rest stays", () => {
    const plain = { deep: { deeper: [1n, () => {}, 3] }, map: new Map(), "": "empty key" };
    const error = Object.assign(new Error("read"), {
      code: "ENOENT",
      errno: -2,
      plain,
      self: null as unknown,
      handler: () => {},
      socket: new (class Socket {})(),
      original: new RangeError("inner"),
    });
    error.self = error;
    Object.defineProperty(error, "broken", {
      enumerable: true,
      get() {
        throw new Error("do not look");
      },
    });
    const back = crossError(error);
    expect(Object.keys(back)).toEqual(["code", "errno", "plain", "self", "original"]);
    expect(back.plain).toStrictEqual({ deep: { deeper: [1n, undefined, 3] }, "": "empty key" });
    expect(back.self).toBe(back);
    expect(back.original).toBeInstanceOf(RangeError);
  });

  test("in a cycle is kept where errors make it, and cut where data does", () => {
    const outer = new Error("outer");
    const inner = new Error("inner", { cause: outer });
    outer.cause = inner;
    const back = crossError(outer);
    expect(back.cause).toHaveProperty("cause", back);
    const data: Record<string, unknown> = { a: 1 };
    data.data = data;
    expect(crossError(Object.assign(new Error("x"), { data })).data).toStrictEqual({ a: 1 });
  });

  test("is what is too large or too deep", () => {
    let deep: unknown = "bottom";
    for (let i = 0; i < 1000; i++) deep = { deep };
    const large = "x".repeat(2_000_000);
    const error = Object.assign(new Error("x"), {
      large,
      small: 1,
      sparse: new Array(2 ** 32 - 1),
    });
    const back = crossError(Object.assign(error, { deep, bytes: new Uint8Array(2_000_000) }));
    expect([back.large, back.small, back.sparse, back.bytes]).toEqual([
      undefined,
      1,
      undefined,
      undefined,
    ]);
    expect(JSON.stringify(back.deep)).toBe(`${'{"deep":'.repeat(7)}{}${"}".repeat(7)}`);
  });

  test("is no cause, however much else there is", () => {
    const error = new Error("x", { cause: new Error("the cause") });
    const many = Array.from({ length: 3000 }, (_, i) => [`field ${i}`, "x".repeat(500)]);
    const back = crossError(Object.assign(error, Object.fromEntries(many)));
    expect(Object.keys(back).length).toBeLessThan(3000);
    expect(back.cause).toHaveProperty("message", "the cause");
  });

  test("does no harm by its name", () => {
    const fields = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    const error = new Error("x");
    Object.defineProperty(error, "fields", { value: fields, enumerable: true });
    const back = crossError(error);
    expect(Object.keys(back.fields as object)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(back.fields)).toBe(Object.prototype);
    expect(back).toBeInstanceOf(Error);
  });

  test("is named where it is all that was thrown", () => {
    class Response {
      body = () => {};
    }
    function handler() {}
    for (const [value, name] of [
      [Symbol("s"), "Symbol(s)"],
      [handler, "the function handler"],
      [new Response(), "an object of class Response"],
      [new Map(), "an object of class Map"],
    ] as const) {
      expect(cross(value)).toEqual(
        new TypeError(`${name} was thrown, which is no error and no data`),
      );
    }
    class Redirect {
      status = 303;
      next = () => {};
    }
    expect(cross(new Redirect())).toStrictEqual({ status: 303 });
  });

  test("makes even the strangest error arrive as one", () => {
    const throwing = () => {
      throw new Error("trap");
    };
    const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
    revoke();
    const trapped = new Proxy(new TypeError("x"), {
      get: throwing,
      ownKeys: throwing,
      has: throwing,
    });
    const unprintable = Object.assign(new Error("x"), { name: Object.create(null) });
    const bare = Object.setPrototypeOf(new Error("bare"), null);
    for (const error of [proxy, trapped, unprintable, bare]) {
      expect(cross(error)).toBeInstanceOf(Error);
    }
    expect(crossError(trapped)).toBeInstanceOf(TypeError);
    expect(crossError(bare).message).toBe("bare");
  });
});

test("what is no encoded error gives a TypeError that says so", () => {
  for (const garbage of [null, undefined, 1, {}, { classes: 1 }, { value: { bytes: "?" } }]) {
    // @ts-expect-error: garbage
    expect(decodeError(garbage)).toBeInstanceOf(TypeError);
    // @ts-expect-error: garbage
    expect(decodeError(garbage)).toHaveProperty("message", expect.stringMatching(/cannot be read/));
  }
});

test("causes, members and fields arrive, whatever they are", () => {
  // Cloned, for some have no prototype, which is not kept.
  const value = fc.jsonValue({ maxDepth: 3 }).map((each) => structuredClone(each));
  const { error } = fc.letrec<{ error: Error }>((tie) => ({
    error: fc
      .record({
        errorClass: fc.constantFrom(Error, TypeError, TimeoutError, heddle.QueueEmpty),
        message: fc.string(),
        cause: fc.option(fc.oneof({ maxDepth: 4 }, value, tie("error"))),
        members: fc.option(fc.array(tie("error"), { minLength: 1, maxLength: 3 })),
        fields: fc.dictionary(
          fc.string().map((key) => `_${key}`),
          value,
        ),
      })
      .map(({ errorClass, message, cause, members, fields }) => {
        const made = members ? new ExceptionGroup(message, members) : new errorClass(message);
        if (cause !== null) made.cause = cause;
        return Object.assign(made, fields);
      }),
  }));
  fc.assert(
    fc.property(error, fc.constantFrom(...Object.values(ways)), (thrown, carry) => {
      const back = decodeError(carry(encodeError(thrown)));
      expect(back).toStrictEqual(thrown);
      expect(Object.entries(back as Error)).toStrictEqual(Object.entries(thrown));
    }),
    { numRuns: 150 },
  );
});
