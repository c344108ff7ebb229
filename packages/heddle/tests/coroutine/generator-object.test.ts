import { describe, expect, test } from "vitest";
import { GeneratorExit, RuntimeError, StopIteration } from "../../src/coroutine/errors.ts";
import { type GeneratorObject, generator, primed } from "../../src/coroutine/generator-object.ts";

/** What a call throws; a call that returns is the test's failure. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("expected the call to throw");
}

function expectEnd(call: () => unknown, value?: unknown): void {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(StopIteration);
  expect((error as StopIteration).value).toBe(value);
}

const IGNORED = "generator ignored GeneratorExit";
const EXECUTING = "generator already executing";
const JUST_STARTED = "can't send non-undefined value to a just-started generator";

const doubler = generator(function* () {
  let x = yield 1;
  while (true) x = yield x * 2;
});

const sevenAfterOne = generator(function* () {
  yield 1;
  return 7;
});

describe("send", () => {
  test("gives the value to the pending yield and returns the next one", () => {
    const g = doubler();
    expect([g.send(undefined), g.send(5), g.send(21)]).toEqual([1, 10, 42]);
  });

  test("a value for a just-started generator has no yield to go to", () => {
    const g = doubler();
    for (const value of [5, null, 0, false, ""]) {
      expect(() => g.send(value)).toThrow(new TypeError(JUST_STARTED));
    }
    expect(g.send(undefined)).toBe(1);
  });

  test("the end throws StopIteration with the returned value, once", () => {
    const g = sevenAfterOne();
    g.send(undefined);
    expectEnd(() => g.send(undefined), 7);
    expectEnd(() => g.send(undefined));
    expectEnd(() => g.send("whatever" as never));
  });

  test("an error that leaves the body ends the generator", () => {
    const error = new Error("own");
    const g = generator(function* () {
      yield 1;
      throw error;
    })();
    g.send(undefined);
    expect(thrownBy(() => g.send(undefined))).toBe(error);
    expectEnd(() => g.send(undefined));
  });
});

describe("next", () => {
  test("gives JavaScript's results, and may carry a value", () => {
    const g = doubler();
    expect([g.next(), g.next(4)]).toEqual([
      { value: 1, done: false },
      { value: 8, done: false },
    ]);
    const ending = sevenAfterOne();
    expect([ending.next(), ending.next(), ending.next()]).toEqual([
      { value: 1, done: false },
      { value: 7, done: true },
      { value: undefined, done: true },
    ]);
  });

  test("a first value is refused as in send", () => {
    expect(() => doubler().next(5)).toThrow(new TypeError(JUST_STARTED));
  });
});

describe("throw", () => {
  const catcher = generator(function* () {
    try {
      yield "waiting";
    } catch (error) {
      yield ["caught", error];
    }
    return "done";
  });

  test("raises at the pending yield; a generator that catches goes on", () => {
    const g = catcher();
    g.send(undefined);
    expect(g.throw("any value may be thrown")).toEqual(["caught", "any value may be thrown"]);
    expectEnd(() => g.send(undefined), "done");
  });

  test("a generator that catches and returns ends with StopIteration", () => {
    const g = generator(function* () {
      try {
        yield 1;
      } catch {
        return 2;
      }
      return 3;
    })();
    g.send(undefined);
    expectEnd(() => g.throw(new Error("x")), 2);
  });

  test.each([new Error("k"), new GeneratorExit(), new StopIteration(9), undefined])(
    "an unstarted generator ends without running: %s",
    (error) => {
      const g = catcher();
      expect(thrownBy(() => g.throw(error))).toBe(error);
      expectEnd(() => g.send(undefined));
    },
  );

  test("a finished generator raises what it is given", () => {
    const g = catcher();
    g.close();
    for (const error of [new Error("k"), new GeneratorExit(), new StopIteration(4)]) {
      expect(thrownBy(() => g.throw(error))).toBe(error);
    }
  });

  test("a GeneratorExit thrown by hand comes back, or is caught", () => {
    const exit = new GeneratorExit("mine");
    const passing = sevenAfterOne();
    passing.send(undefined);
    expect(thrownBy(() => passing.throw(exit))).toBe(exit);

    const catching = catcher();
    catching.send(undefined);
    expect(catching.throw(exit)).toEqual(["caught", exit]);
  });
});

describe("close", () => {
  test("runs finally blocks with a GeneratorExit at the yield", () => {
    const seen: unknown[] = [];
    const g = generator(function* () {
      try {
        yield 1;
      } catch (error) {
        seen.push(error);
        throw error;
      } finally {
        seen.push("finally");
      }
    })();
    g.send(undefined);
    expect(g.close()).toBe(undefined);
    expect(seen).toEqual([expect.any(GeneratorExit), "finally"]);
    expectEnd(() => g.send(undefined));
  });

  test("an unstarted generator ends without running", () => {
    let ran = false;
    const g = generator(function* () {
      ran = true;
    })();
    expect(g.close()).toBe(undefined);
    expectEnd(() => g.send(undefined));
    expect(g.next()).toEqual({ value: undefined, done: true });
    expect(ran).toBe(false);
  });

  test("a finished generator is closed as often as anyone likes", () => {
    const g = sevenAfterOne();
    expect([...g]).toEqual([1]);
    expect([g.close(), g.close()]).toEqual([undefined, undefined]);
  });

  test("gives the value of a generator that catches the error and returns", () => {
    const g = generator(function* () {
      try {
        yield 1;
      } catch {
        return 42;
      }
      return 0;
    })();
    g.send(undefined);
    expect([g.close(), g.close()]).toEqual([42, undefined]);
  });

  test("a return in finally is a return value too", () => {
    const g = generator(function* () {
      try {
        yield 1;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: what this test is about
        return 43;
      }
    })();
    g.send(undefined);
    expect(g.close()).toBe(43);
  });

  test("a generator that yields instead of ending is told so, and lives on", () => {
    const g = generator(function* () {
      for (let tries = 1; ; tries++) {
        try {
          yield tries;
          return "enough";
        } catch {
          // Swallowed: the next turn yields while it is being closed.
        }
      }
    })();
    g.send(undefined);
    expect(() => g.close()).toThrow(new RuntimeError(IGNORED));
    expect(() => g.close()).toThrow(new RuntimeError(IGNORED));
    expectEnd(() => g.send(undefined), "enough");
    expect(g.close()).toBe(undefined);
  });

  test("another error from the clean-up reaches the caller", () => {
    const error = new Error("clean-up failed");
    const g = generator(function* () {
      try {
        yield 1;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: what this test is about
        throw error;
      }
    })();
    g.send(undefined);
    expect(thrownBy(() => g.close())).toBe(error);
    expect(g.close()).toBe(undefined);
  });

  test("using closes at the end of the block", () => {
    const order: string[] = [];
    const counting = generator(function* () {
      try {
        yield 1;
      } finally {
        order.push("closed");
      }
    });
    {
      using g = counting();
      g.send(undefined);
      order.push("used");
    }
    expect(order).toEqual(["used", "closed"]);
  });
});

describe("re-entry", () => {
  const calls: Record<string, (g: GeneratorObject<unknown, unknown, unknown>) => unknown> = {
    send: (g) => g.send(undefined),
    "send of a value": (g) => g.send(5),
    next: (g) => g.next(),
    throw: (g) => g.throw(new Error("never thrown")),
    close: (g) => g.close(),
    "for...of": (g) => [...g],
  };

  test.each(Object.entries(calls))("%s from inside the body is refused", (_name, call) => {
    const g: GeneratorObject<unknown, unknown, unknown> = generator(function* (): Generator<
      unknown,
      unknown,
      unknown
    > {
      yield thrownBy(() => call(g));
      return "unharmed";
    })();
    expect(g.send(undefined)).toEqual(new TypeError(EXECUTING));
    expectEnd(() => g.send(undefined), "unharmed");
  });

  test("yield* of itself is re-entry", () => {
    const g: GeneratorObject<unknown, unknown, unknown> = generator(function* (): Generator<
      unknown,
      unknown,
      unknown
    > {
      return yield* g;
    })();
    expect(() => g.send(undefined)).toThrow(new TypeError(EXECUTING));
  });
});

describe("a StopIteration that leaves a body by itself (PEP 479)", () => {
  test.each([
    ["send", (g: GeneratorObject<number, void, unknown>) => g.send(undefined)],
    ["throw", (g: GeneratorObject<number, void, unknown>) => g.throw(new Error("go on"))],
    ["close", (g: GeneratorObject<number, void, unknown>) => g.close()],
    ["next", (g: GeneratorObject<number, void, unknown>) => g.next()],
  ])("becomes a RuntimeError out of %s, with its cause", (_name, call) => {
    const stop = new StopIteration(3);
    const g = generator(function* () {
      try {
        yield 1;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: what this test is about
        throw stop;
      }
    })();
    g.send(undefined);
    const error = thrownBy(() => call(g));
    expect(error).toEqual(new RuntimeError("generator raised StopIteration", { cause: stop }));
    expect((error as RuntimeError).cause).toBe(stop);
    expectEnd(() => g.send(undefined));
  });

  test("so an inner generator that was not watched cannot end the outer one", () => {
    const g = generator(function* () {
      const inner = sevenAfterOne();
      yield inner.send(undefined);
      yield inner.send(undefined);
    })();
    g.send(undefined);
    expect(() => g.send(undefined)).toThrow("generator raised StopIteration");
  });

  test("and so does one that was thrown in", () => {
    const g = sevenAfterOne();
    g.send(undefined);
    expect(() => g.throw(new StopIteration(9))).toThrow("generator raised StopIteration");
  });
});

describe("yield* from another generator object", () => {
  function delegation(catching: "nothing" | "errors" | "everything" = "nothing") {
    const trace: unknown[] = [];
    const inner = generator(function* () {
      try {
        trace.push(["inner got", yield "first"]);
        trace.push(["inner got", yield "second"]);
      } catch (error) {
        trace.push(["inner saw", error]);
        if (catching === "nothing") throw error;
        if (catching === "errors" && error instanceof GeneratorExit) throw error;
        yield "caught";
      } finally {
        trace.push("inner finally");
      }
      return "returned";
    });
    const outer = generator(function* () {
      try {
        const value = yield* inner();
        trace.push(["outer has", value]);
        yield "after";
      } catch (error) {
        trace.push(["outer saw", error]);
        throw error;
      }
    });
    const g = outer();
    g.send(undefined);
    return { g, trace };
  }

  test("sent values go in, the return value comes out", () => {
    const { g, trace } = delegation();
    expect([g.send("a"), g.send("b")]).toEqual(["second", "after"]);
    expect(trace).toEqual([
      ["inner got", "a"],
      ["inner got", "b"],
      "inner finally",
      ["outer has", "returned"],
    ]);
  });

  test("a thrown error goes to the inner one, which may catch it", () => {
    const { g, trace } = delegation("errors");
    const error = new Error("e");
    expect([g.throw(error), g.send(undefined)]).toEqual(["caught", "after"]);
    expect(trace).toEqual([["inner saw", error], "inner finally", ["outer has", "returned"]]);
  });

  test("an error that the inner one lets pass is raised at the yield*", () => {
    const { g, trace } = delegation();
    const error = new Error("e");
    expect(thrownBy(() => g.throw(error))).toBe(error);
    expect(trace).toEqual([["inner saw", error], "inner finally", ["outer saw", error]]);
  });

  test("close closes the inner one first, then the outer one", () => {
    const { g, trace } = delegation();
    expect(g.close()).toBe(undefined);
    const exit = expect.any(GeneratorExit);
    expect(trace).toEqual([["inner saw", exit], "inner finally", ["outer saw", exit]]);
  });

  test("an inner one that ignores its closing is the outer one's RuntimeError", () => {
    const { g, trace } = delegation("everything");
    expect(() => g.close()).toThrow(new RuntimeError(IGNORED));
    expect(trace).toEqual([
      ["inner saw", expect.any(GeneratorExit)],
      ["outer saw", new RuntimeError(IGNORED)],
    ]);
  });

  test("an inner one that returns while it is closed does not keep the outer one alive", () => {
    const inner = generator(function* () {
      try {
        yield 1;
      } catch {
        return "inner's";
      }
      return "";
    });
    const outer = generator(function* () {
      try {
        return yield* inner();
      } catch (error) {
        return error;
      }
    });
    const exit = new GeneratorExit("by hand");
    const thrown = outer();
    thrown.send(undefined);
    expectEnd(() => thrown.throw(exit), exit);

    const closed = outer();
    closed.send(undefined);
    expect(closed.close()).toEqual(expect.any(GeneratorExit));
  });

  test("a finished one gives undefined, a started one goes on from where it is", () => {
    const outer = generator(function* (inner: GeneratorObject<number, number, unknown>) {
      yield ["value", yield* inner];
    });
    const finished = sevenAfterOne();
    finished.close();
    expect(outer(finished).send(undefined)).toEqual(["value", undefined]);
    const started = sevenAfterOne();
    started.send(undefined);
    expect(outer(started).send(undefined)).toEqual(["value", 7]);
  });

  test("works in a plain generator too", () => {
    const trace: string[] = [];
    const inner = generator(function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        trace.push("closed");
      }
    });
    const plain = (function* () {
      yield* inner();
    })();
    plain.next();
    expect(plain.return()).toEqual({ value: undefined, done: true });
    expect(trace).toEqual(["closed"]);
  });
});

describe("as a JavaScript iterable", () => {
  test("for...of and spread take what is left", () => {
    const upTo = generator(function* (n: number) {
      for (let i = 1; i <= n; i++) yield i;
      return "not a part of it";
    });
    const g = upTo(4);
    g.send(undefined);
    const seen: number[] = [];
    for (const i of g) seen.push(i);
    expect(seen).toEqual([2, 3, 4]);
    expect([...upTo(3)]).toEqual([1, 2, 3]);
    expect([...g]).toEqual([]);
  });

  function watched() {
    const trace: unknown[] = [];
    const make = generator(function* () {
      try {
        yield 1;
        yield 2;
      } catch (error) {
        trace.push(error);
        throw error;
      } finally {
        trace.push("finally");
      }
    });
    return { g: make(), trace };
  }

  test("leaving a for...of closes", () => {
    const { g, trace } = watched();
    for (const _ of g) break;
    expect(trace).toEqual([expect.any(GeneratorExit), "finally"]);
    expectEnd(() => g.send(undefined));
  });

  test("an error in the loop's body closes, and is the error that comes out", () => {
    const { g, trace } = watched();
    const error = new Error("loop");
    const loop = () => {
      for (const _ of g) throw error;
    };
    expect(thrownBy(loop)).toBe(error);
    expect(trace).toEqual([expect.any(GeneratorExit), "finally"]);
  });

  test("a generator that yields while the loop is left is told so", () => {
    const stubborn = generator(function* () {
      try {
        yield 1;
      } finally {
        yield 2;
      }
    });
    const loop = () => {
      for (const _ of stubborn()) break;
    };
    expect(loop).toThrow(new RuntimeError(IGNORED));
  });

  test("return gives the body's value if it has one, else its argument", () => {
    const answering = generator(function* (answer: string | undefined) {
      try {
        yield 1;
      } catch {
        return answer;
      }
      return "";
    });
    for (const [answer, value] of [
      ["own", "own"],
      [undefined, "given"],
    ]) {
      const iterator = answering(answer)[Symbol.iterator]();
      iterator.next();
      expect(iterator.return?.("given")).toEqual({ value, done: true });
    }
  });

  test("a body in a yield* over an array can be left and thrown into", () => {
    const trace: string[] = [];
    const overArray = generator(function* () {
      try {
        yield* [1, 2, 3];
      } finally {
        trace.push("finally");
      }
    });
    for (const _ of overArray()) break;
    const closing = overArray();
    closing.send(undefined);
    expect(closing.close()).toBe(undefined);
    const throwing = overArray();
    throwing.send(undefined);
    const error = new TypeError("mine");
    expect(thrownBy(() => throwing.throw(error))).toBe(error);
    expect(trace).toEqual(["finally", "finally", "finally"]);
  });

  test("a body's own TypeError is no business of that rule", () => {
    const error = new TypeError("clean-up");
    const g = generator(function* () {
      try {
        yield 1;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: what this test is about
        throw error;
      }
    })();
    g.send(undefined);
    expect(thrownBy(() => g.close())).toBe(error);
  });
});

describe("generator and primed", () => {
  test("pass on arguments and this, and run nothing yet", () => {
    class Shelf {
      books = ["a", "b"];
      ran = false;
      list = generator(function* (this: Shelf, prefix: string) {
        this.ran = true;
        for (const book of this.books) yield prefix + book;
      });
    }
    const shelf = new Shelf();
    const g = shelf.list("book ");
    expect(shelf.ran).toBe(false);
    expect([...g]).toEqual(["book a", "book b"]);
  });

  test("keep the name of what they wrap", () => {
    function* counting() {
      yield 1;
    }
    expect([generator(counting).name, primed(counting).name]).toEqual(["counting", "counting"]);
  });

  test("a primed generator has passed its first yield", () => {
    const sum = primed(function* () {
      let total = 0;
      while (true) total += yield total;
    });
    const g = sum();
    expect([g.send(3), g.send(4)]).toEqual([3, 7]);
  });

  test("priming throws what the body throws, and StopIteration where there is no yield", () => {
    const error = new Error("at once");
    const failing = primed(function* () {
      throw error;
    });
    expect(thrownBy(() => failing())).toBe(error);
    const empty = primed(function* () {
      return 5;
    });
    expectEnd(() => empty(), 5);
  });

  function* counting() {
    yield 1;
  }
  test.each<[unknown, string]>([
    [counting(), "a generator: pass the function* itself, without calling it"],
    [generator(counting)(), "a generator: pass the function* itself, without calling it"],
    [() => counting(), "the function (anonymous): declare it as function*"],
    [generator(counting), "the function counting: declare it as function*"],
    [async function* () {}, "an async function*"],
    [[1, 2], "object"],
    [undefined, "undefined"],
    [null, "null"],
  ])("refuse %s", (wrong, found) => {
    for (const wrap of [generator, primed]) {
      expect(() => wrap(wrong as typeof counting)).toThrow(
        new TypeError(`${wrap.name}() expects a function*, and was given ${found}`),
      );
    }
  });
});

describe("errors", () => {
  test.each([new StopIteration(1), new GeneratorExit(), new RuntimeError("r")])(
    "%s has its name on the prototype and is a real Error",
    (error) => {
      expect(error).toBeInstanceOf(Error);
      expect(error.name).toBe(error.constructor.name);
      expect(Object.keys(error)).not.toContain("name");
      expect(String(error)).toBe(`${error.name}: ${error.message}`);
      expect(Object.prototype.toString.call(error)).toBe("[object Error]");
    },
  );

  test("StopIteration and GeneratorExit capture no stack, and leave the limit as it was", () => {
    const limit = Error.stackTraceLimit;
    // V8 leaves the first line, JavaScriptCore nothing.
    expect(new StopIteration(1).stack ?? "").not.toContain("\n");
    expect(new GeneratorExit().stack ?? "").not.toContain("\n");
    expect(Error.stackTraceLimit).toBe(limit);
    expect(new RuntimeError("r").stack).toContain("\n");
  });
});
