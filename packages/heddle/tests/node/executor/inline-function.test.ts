import { readFileSync } from "node:fs";
import inspector from "node:inspector";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { sleep } from "heddle";
import { describe, expect, test, vi } from "vitest";
import { compileFunction } from "../../../src/node/executor/compile-function.ts";
import { sourceOf } from "../../../src/node/executor/inline-function.ts";
import { runInThread } from "./in-a-thread.ts";

type AnyFunction = (...args: never[]) => unknown;

const MODULE =
  'export the function from a module and hand over moduleFunction(import.meta.resolve("./work.js"), "name")';

/** Straight from the text: no compiler has changed it. */
const evaluate = (text: string): AnyFunction =>
  vm.runInThisContext(`(${text})`, { filename: "made.js" });

function refusalOf(fn: unknown): string {
  try {
    // What a program without types hands over.
    Reflect.apply(sourceOf, undefined, [fn, "toThread"]);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return error instanceof Error ? error.message : "";
  }
  return expect.fail("it was not refused");
}

const isIterator = (value: unknown): value is Iterable<unknown> =>
  typeof value === "object" && value !== null && "next" in value;

describe("what can be handed over", () => {
  test.each<[what: string, text: string, args: unknown[], result: unknown]>([
    ["an arrow", "(a, b) => a + b", [1, 2], 3],
    ["an arrow without brackets", "a => a * 2", [4], 8],
    ["an arrow that gives an object", "() => ({ a: 1 })", [], { a: 1 }],
    ["a function", "function (a) { return a + 1 }", [1], 2],
    ["a function that calls itself", "function f(n) { return n < 2 ? 1 : n * f(n - 1) }", [5], 120],
    [
      "a function's own arguments and this",
      "function () { return [arguments.length, this] }",
      [1, 2],
      [2, undefined],
    ],
    ["a generator", "function* (n) { yield n; yield* [n + 1] }", [1], [1, 2]],
    ["a method", "{ work(x) { return x + 1 } }.work", [1], 2],
    ["a method named by a string", '{ "a b"(x) { return x } }["a b"]', [1], 1],
    ["a method named by a number", "{ 5(x) { return x } }[5]", [1], 1],
    ["a method with a computed name", "((k) => ({ [k + \n 1](x) { return x } }))('a').a1", [1], 1],
    ["a method called async", "{ async(x) { return x } }.async", [1], 1],
    ["a method called get", "{ get(x) { return x } }.get", [1], 1],
    ["a method called function", "{ function(x) { return x } }.function", [1], 1],
    ["a method called __proto__", "{ __proto__(x) { return x } }.__proto__", [1], 1],
    ["a generator method", "{ *gen(x) { yield x } }.gen", [1], [1]],
    [
      "a getter's function",
      "Object.getOwnPropertyDescriptor({ get a() { return 3 } }, 'a').get",
      [],
      3,
    ],
    [
      "a setter's function",
      "Object.getOwnPropertyDescriptor({ set a(x) { x.done = true } }, 'a').set",
      [{}],
      undefined,
    ],
    ["a method of a class", "new (class { m(x) { return x } })().m", [1], 1],
    ["a static method of a class", "(class { static m(x) { return x } }).m", [1], 1],
    [
      "a private method",
      "(class { #m(x) { return x } static get() { return new this().#m } }).get()",
      [1],
      1,
    ],
    [
      "a class inside",
      "() => { class A { #x = 1; static y = this.name; get x() { return this.#x } m() { return super.toString === Object.prototype.toString } } return [new A().x, A.y, new A().m()] }",
      [],
      [1, "A", true],
    ],
    [
      "new.target inside",
      "() => { function F() { return { is: new.target === F } } return new F() }",
      [],
      { is: true },
    ],
    [
      "every scope",
      "(a, { b, ...c }, [d = b] = [], e = () => a) => { try { throw d } catch (f) { for (const g of [1]) { var h = g } label: { break label } return [a, b, c, f, e(), h] } }",
      [1, { b: 2, z: 3 }],
      [1, 2, { z: 3 }, 2, 1, 1],
    ],
    [
      "globals",
      "(x) => [Math.max(x, 1), typeof console.log, typeof process.pid, JSON.stringify([x]), globalThis === global, typeof Buffer]",
      [2],
      [2, "function", "number", "[2]", true, "function"],
    ],
    ["typeof of what there is not", "() => typeof nothingOfThisName", [], "undefined"],
    [
      "counters of istanbul",
      "(x) => { cov_1a2b().f[0]++; cov_1a2b().b[3][1]++; return (cov_1a2b().s[1]++, x) }",
      [1],
      1,
    ],
    [
      "an oxc or Babel helper",
      "() => { const log = []; try { var _usingCtx2 = _usingCtx(); _usingCtx2.u({ [Symbol.dispose]: () => log.push(1) }) } catch (_) { _usingCtx2.e = _ } finally { _usingCtx2.d() } return log }",
      [],
      [1],
    ],
    ["a numbered helper behind dots", "(x) => [...__spreadArray2([], x)]", [[1, 2]], [1, 2]],
    ["require of a package", "() => typeof require('acorn').parse", [], "function"],
  ])("%s", async (_, text, args, result) => {
    const source = sourceOf(evaluate(text), "toThread");
    const given: unknown = compileFunction(source)(...args);
    expect(isIterator(given) ? [...given] : given).toEqual(result);
    // Another function of the same source is compiled, and means the same.
    expect(sourceOf(compileFunction(source), "toThread")).toBe(source);
  });

  test.each([
    ["async () => { await null; return 1 }", [], 1],
    ["async function (x) { for await (const y of x) return y }", [[7]], 7],
    ["{ async m(x) { return x } }.m", [1], 1],
    ['async () => typeof (await import("node:fs")).readFileSync', [], "function"],
    ['async () => typeof (await import("heddle")).sleep', [], "function"],
    ["async (name) => typeof (await import(name)).parse", ["acorn"], "function"],
    ["async () => (await import(`data:text/javascript,export default 3`)).default", [], 3],
    [
      'async () => Object.keys((await import("acorn/package.json", { with: { type: "json" } })).default)[0]',
      [],
      "name",
    ],
  ])("asynchronous: %s", async (text, args, result) => {
    expect(await runInThread(evaluate(text), ...args)).toEqual(result);
  });

  test("asynchronous generators", async () => {
    const method = evaluate("{ async *m(x) { yield x; yield 2 } }.m");
    const collect = vm.runInThisContext(
      "async (made) => { const seen = []; for await (const each of made) seen.push(each); return seen }",
    );
    const seen = await collect(compileFunction(sourceOf(method, "toThread"))(1));
    expect(seen).toEqual([1, 2]);
  });

  test("names are kept", () => {
    const square = (x: number) => x * x;
    const symbol = Symbol("s");
    const names = [
      square,
      { work() {} }.work,
      { "a b"() {} }["a b"],
      { [symbol]() {} }[symbol],
      (
        () => () =>
          1
      )(),
    ].map((fn) => compileFunction(sourceOf(fn, "toThread")).name);
    expect(names).toEqual(["square", "work", "a b", "[s]", ""]);
  });
});

describe("what is refused", () => {
  const CLASS = `Write a function that has the class inside of it, or ${MODULE}`;
  test.each<[text: string, message: string]>([
    [
      "(x) => x * factor",
      `the function uses "factor", which is a variable outside of it (made.js:1). Nothing around a function travels with it: pass it as an argument, import it inside (await import("…")) if it is of a package, or ${MODULE}`,
    ],
    [
      "(x) => {\n  const a = factor;\n  table[a] = factor;\n  return third\n}",
      `the function uses "factor", "table" and "third", which are variables outside of it (made.js:2, made.js:3, made.js:4). Nothing around a function travels with it: pass them as arguments, import it inside (await import("…")) if it is of a package, or ${MODULE}`,
    ],
    [
      "() => { unknown = 1 }",
      `the function uses "unknown", which is a variable outside of it (made.js:1). Nothing around a function travels with it: pass it as an argument, import it inside (await import("…")) if it is of a package, or ${MODULE}`,
    ],
    [
      "() => typeof maybe === 'string' ? maybe : 0",
      `the function uses "maybe", which is a variable outside of it (made.js:1). Nothing around a function travels with it: pass it as an argument, import it inside (await import("…")) if it is of a package, or ${MODULE}`,
    ],
    [
      "() => exports.other()",
      `the function uses "other", which is a variable outside of it (made.js:1). Nothing around a function travels with it: pass it as an argument, import it inside (await import("…")) if it is of a package, or ${MODULE}`,
    ],
    [
      "() => (0, heddle_1.sleep)(import_lib.table)",
      `the function uses "sleep" (heddle_1.sleep) and "table" (import_lib.table), which are imports of its module (made.js:1). Nothing around a function travels with it: import packages inside of it, as in const { sleep } = await import("heddle"), or ${MODULE}`,
    ],
    [
      "() => [factor, __vite_ssr_import_0__.sleep, __vi_import_1__.default()]",
      `the function uses "factor", which is a variable outside of it (made.js:1), and "sleep" and a default import, which are imports of its module (made.js:1). Nothing around a function travels with it: pass it as an argument, import packages inside of it, as in const { sleep } = await import("heddle"), or ${MODULE}`,
    ],
    [
      "(() => () => [1, () => this.x])()",
      `the function uses this (made.js:1), which does not travel with it. Pass what it needs of "this" as an argument, or ${MODULE}`,
    ],
    [
      "(function () { return () =>\n arguments[0] })()",
      `the function uses arguments (made.js:2), which an arrow function has from around it. Give it parameters: (...args) => …, or ${MODULE}`,
    ],
    [
      "(function () { return () => new.target })()",
      `the function uses new.target (made.js:1), which an arrow function has from around it. Pass it as an argument, or ${MODULE}`,
    ],
    [
      "({ m() { return () => super.m() } }).m()",
      `the function uses super (made.js:1), and its class does not travel with it. Pass what it needs as an argument, or ${MODULE}`,
    ],
    [
      "{ m() { return super.m() } }.m",
      `the function uses super (made.js:1), and its class does not travel with it. Pass what it needs as an argument, or ${MODULE}`,
    ],
    [
      "new (class { #x = 1; m() { return this.#x } })().m",
      `the function uses #x (made.js:1), a private name of the class around it, which does not travel with it. Pass the value as an argument, or ${MODULE}`,
    ],
    [
      "() => __vite_ssr_import_meta__.url",
      `the function uses import.meta (made.js:1), and it leaves its module. Pass what it needs, such as import.meta.url, as an argument, or ${MODULE}`,
    ],
    [
      '() => import("./x.js")',
      `the function uses import("./x.js") (made.js:1), and it leaves its module, to which that is relative. Pass the result of import.meta.resolve() as an argument, or ${MODULE}`,
    ],
    [
      "() => import(`../x.js`)",
      `the function uses import("../x.js") (made.js:1), and it leaves its module, to which that is relative. Pass the result of import.meta.resolve() as an argument, or ${MODULE}`,
    ],
    [
      '() => require("./x.js")',
      `the function uses require("./x.js") (made.js:1), and it leaves its module, to which that is relative. Pass the result of import.meta.resolve() as an argument, or ${MODULE}`,
    ],
    ["class A { run() {} }", `"A" is a class, and a class cannot be handed over. ${CLASS}`],
    ["class { run() {} }", `a class cannot be handed over. ${CLASS}`],
    [
      "(function work() {}).bind(null)",
      `"bound work" was made by bind(), and has no source to hand over. Pass what is bound as arguments, or ${MODULE}`,
    ],
    [
      "parseInt",
      '"parseInt" is a native function, and has no source to hand over. Call it inside of a function of your own',
    ],
    [
      "new Proxy(() => 1, {})",
      "a native function has no source to hand over. Call it inside of a function of your own",
    ],
    [
      "function (x) { delete x }",
      `the function's source cannot be read as strict JavaScript (made.js:1): Deleting local variable in strict mode. Write it so, or ${MODULE}`,
    ],
  ])("%s", (text, message) => {
    expect(refusalOf(evaluate(text))).toBe(`toThread(): ${message}`);
  });

  test.each([
    [5, "number"],
    [null, "null"],
    [undefined, "undefined"],
    ["x => x", "string"],
    [{}, "object"],
  ])("what is no function: %s", (value, type) => {
    expect(refusalOf(value)).toBe(`toThread() needs a function; got ${type}`);
  });
});

/** The line of this file that ends in this comment. */
function lineOf(label: string): string {
  const path = fileURLToPath(import.meta.url);
  const lines = readFileSync(path, "utf8").split("\n");
  const line = lines.findIndex((text) => text.endsWith(`// ${label}`));
  return `${relative(process.cwd(), path)}:${line + 1}`;
}

const factor = 2;
const table = [1, 2];
const scaled = (x: number) => {
  const first = x * factor; // factor
  return (
    first + table.length // table
  );
};
const sleeper = async () => {
  await sleep(1); // sleep
};

describe("where", () => {
  test("the error names the lines of the file", () => {
    expect(refusalOf(scaled)).toContain(`(${lineOf("factor")}, ${lineOf("table")})`);
    expect(refusalOf(sleeper)).toContain(
      `"sleep", which is an import of its module (${lineOf("sleep")})`,
    );
  });

  test("the inspector is off afterwards, and another session of it is not disturbed", () => {
    const session = new inspector.Session();
    session.connect();
    const events: string[] = [];
    session.on("inspectorNotification", ({ method }) => events.push(method));
    session.post("Debugger.enable");
    events.length = 0;
    expect(refusalOf(scaled)).toContain(lineOf("factor"));
    let answer: unknown;
    session.post("Runtime.evaluate", { expression: "1 + 1" }, (_, { result }) => {
      answer = result.value;
    });
    session.disconnect();
    expect(answer).toBe(2);
    expect(events).not.toContain("Debugger.paused");
    expect(inspector.url()).toBeUndefined();
    expect(Object.getOwnPropertySymbols(inspector)).toEqual([]);
  });

  test("without an inspector lines are counted from the function's first", () => {
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    expect(refusalOf(scaled)).toMatch(/\(line \d of the function, line \d of the function\)/);
  });
});

describe("the source", () => {
  test("is the same each time, and of each function with this text", () => {
    const make = () => (x: number) => x + 41;
    const [one, other] = [make(), make()];
    expect(sourceOf(one, "a")).toBe(sourceOf(one, "b"));
    expect(sourceOf(one, "a")).toBe(sourceOf(other, "a"));
  });

  test("of a refused function is refused each time, with the call that was made", () => {
    expect(refusalOf(scaled)).toMatch(/^toThread\(\): /);
    expect(() => sourceOf(scaled, "pool.submit")).toThrow(/^pool\.submit\(\): /);
  });
});
