/*
 * Functions as compilers leave them, in another thread: the helpers that the compiler put at the top of the
 * file stay behind, and those that heddle supplies must do the same.
 */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import vm from "node:vm";
import ts from "@typescript/typescript6";
import { transformSync } from "esbuild";
import { describe, expect, test } from "vitest";
import { runInThread, runSource } from "./in-a-thread.ts";

const snippets = {
  using: `async () => {
    const log: unknown[] = [];
    const held = (name: string, fails = false) => ({
      name,
      [Symbol.dispose]() { log.push("dispose " + name); if (fails) throw new Error(name); },
    });
    const later = (name: string, fails = false) => ({
      async [Symbol.asyncDispose]() { await null; log.push("later " + name); if (fails) throw new Error(name); },
    });
    const describe = (error: any): unknown =>
      error?.suppressed ? [error.name, describe(error.error), describe(error.suppressed)] : String(error);
    const attempt = async (body: () => unknown) => {
      try { log.push(await body()); } catch (error) { log.push(describe(error)); }
    };
    await attempt(() => { using a = held("a"); using _b = held("b"); return a.name; });
    await attempt(() => { using _a = held("a", true); using _b = held("b", true); throw new Error("body"); });
    await attempt(() => { using _n = null; using _u = undefined; return "nothing"; });
    await attempt(() => { using _x = {} as any; });
    await attempt(() => { using _x = 5 as any; });
    await attempt(async () => { await using _a = later("a"); await using _b = held("b"); using _c = held("c"); return "async"; });
    await attempt(async () => { await using _a = later("a", true); await using _b = later("b", true); throw new Error("body"); });
    await attempt(async () => { await using _n = null; return "nothing later"; });
    await attempt(async () => { await using _x = {} as any; });
    for (using each of [held("1"), held("2")]) log.push(each.name);
    return log.map((entry) => typeof entry === "string" && entry.startsWith("TypeError") ? "TypeError" : entry);
  }`,
  members: `() => {
    class Account {
      static count = 0;
      #sum = 1;
      label = "x";
      static { this.count = 10; }
      get #double() { return this.#sum * 2; }
      set #double(value) { this.#sum = value / 2; }
      #add(more: number) { this.#sum += more; return this; }
      static #secret() { return "s"; }
      run(other: unknown) {
        this.#sum++;
        this.#add(5).#double **= 1;
        this.#double = this.#double + 2;
        this.#sum ??= 100;
        const strange = () => { try { return (other as Account).#sum; } catch (error) { return (error as Error).name; } };
        return [this.#sum, this.#double, #sum in (other as object), strange(), Account.#secret(), this.label, Account.count];
      }
    }
    return [new Account().run({}), new Account().run(new Account()), Object.keys(new Account()), Account.name];
  }`,
  syntax: `(given: { a: number; b: number } = { a: 1, b: 2 }) => {
    const { a, ...rest } = given;
    const spread = { ...rest, c: 3, ...null, get d() { return 4; } };
    function named() { return named.name; }
    const arrow = () => 2 ** 3;
    enum Colour { Red, Green }
    let nothing: { x?: number } | null = null;
    nothing ??= { x: 7 };
    return [a, spread, named(), arrow.name, arrow(), Colour[1], nothing?.x, (class Inner {}).name, String.raw\`\\u{1}\`];
  }`,
  generators: `async () => {
    const log: unknown[] = [];
    async function* inner() { try { yield 1; yield* [2, 3]; } finally { log.push("end"); } }
    async function* outer() { yield* inner(); }
    for await (const each of outer()) { log.push(each); if (each === 2) break; }
    function* plain() { using _x = { [Symbol.dispose]() { log.push("gone"); } }; yield 5; }
    return [...log, ...plain(), log.length];
  }`,
  decorators: `() => {
    const log: unknown[] = [];
    const mark = (label: string) => (value: any, context: any): any => {
      log.push([label, typeof value, context.kind, String(context.name), context.static, context.private]);
      if (context.access) log.push(Object.keys(context.access));
      context.addInitializer(function (this: any) { log.push("init " + label + " " + typeof this); });
      switch (context.kind) {
        case "field": return (first: number) => first + 1;
        case "accessor": return { init: (first: number) => first * 10, get(this: any) { return value.get.call(this) + 0.5; } };
        case "method": return function (this: any, ...args: unknown[]) { return ["wrapped", value.apply(this, args)]; };
        case "getter": return function (this: any) { return ["got", value.call(this)]; };
        case "setter": return function (this: any, next: number) { value.call(this, next + 100); };
        case "class": return class extends value { extra = 1; };
      }
    };
    const accesses: any = {};
    const keep = (label: string) => (_: unknown, { access }: any): any => { accesses[label] = access; };
    @mark("class") class Base {
      @mark("f") @mark("f2") f = 1;
      @mark("sf") static sf = 2;
      @keep("pf") @mark("pf") #pf = 3;
      @keep("acc") @mark("acc") accessor acc = 4;
      @keep("pacc") @mark("pacc") accessor #pacc = 5;
      @mark("sacc") static accessor sacc = 6;
      @keep("m") @mark("m") m(x: unknown) { return x; }
      @mark("sm") static sm() { return 1; }
      @keep("pm") @mark("pm") #pm() { return this.#pf; }
      @mark("g") get g() { return 7; }
      @mark("s") set s(x: number) { this.f = x; }
      @keep("pg") @mark("pg") get #g() { return 8; }
      @keep("ps") @mark("ps") set #s(x: number) { this.f = x; }
      @mark("psm") static #psm() { return "psm"; }
      all() {
        this.#s = 1;
        const before = this.f;
        this.#pacc = 9;
        this.s = 2;
        return [before, this.f, this.#pf, this.acc, this.#pacc, this.m(1), this.#pm(), this.g, this.#g, Base.#psm(), (this as any).extra];
      }
    }
    const it = new Base();
    const through = Object.entries(accesses).map(([label, access]: [string, any]) => {
      const seen: unknown[] = [label, access.has(it), access.has({})];
      if (access.set) access.set(it, 20);
      const got = access.get?.(it);
      seen.push(typeof got === "function" ? got.call(it) : got);
      return seen;
    });
    let late: any;
    try { class Late { @((_: unknown, context: any) => { late = context.addInitializer; }) m() {} } late(() => {}); } catch (error) { log.push((error as Error).name); }
    try { class Wrong { @(() => 5 as any) m() {} } } catch (error) { log.push((error as Error).name); }
    return [it.all(), Base.sf, Base.sacc, Base.sm(), log, through];
  }`,
};

/** As the module that the compiler made of it, with the compiler's own helpers. */
function load(code: string): (...args: never[]) => unknown {
  // What a CommonJS module gets.
  const module: { exports: { default?: (...args: never[]) => unknown } } = { exports: {} };
  const wrapper = vm.runInThisContext(`(function (module, exports, require) {${code}\n})`);
  wrapper(module, module.exports, createRequire(import.meta.url));
  return module.exports.default ?? expect.fail("the module has no default export");
}

const compilers: Record<string, (code: string) => string> = {};
for (const target of ["es2020", "es2022", "node20"]) {
  for (const keepNames of [false, true]) {
    for (const minify of [false, true]) {
      const name = `esbuild for ${target}${keepNames ? ", keepNames" : ""}${minify ? ", minified" : ""}`;
      compilers[name] = (code) =>
        transformSync(code, {
          loader: "ts",
          format: "cjs",
          target,
          keepNames,
          minifySyntax: minify,
          minifyWhitespace: minify,
        }).code;
    }
  }
}
for (const target of ["ES2017", "ES2020", "ES2022"] as const) {
  compilers[`TypeScript for ${target}`] = (code) =>
    ts.transpileModule(code, {
      compilerOptions: { target: ts.ScriptTarget[target], module: ts.ModuleKind.CommonJS },
    }).outputText;
}

describe.each(Object.entries(compilers))("%s", (_, compile) => {
  test.each(Object.entries(snippets))("%s", async (_, snippet) => {
    const fn = load(compile(`export default ${snippet}`));
    const here = await fn();
    expect(here).toEqual(expect.any(Array));
    expect(await runInThread(fn)).toEqual(here);
  });
});

test("esbuild's own helpers and ours agree on what they throw", async () => {
  const fn = load(
    transformSync("export default () => { using _a = {} as any; }", {
      loader: "ts",
      format: "cjs",
      target: "es2022",
    }).code,
  );
  expect(() => fn()).toThrow(TypeError);
  await expect(runInThread(fn)).rejects.toThrow(
    /^TypeError: using needs an object with a method Symbol.dispose/,
  );
});

test("vitest, which takes oxc's helper from a module", async () => {
  const log = await runInThread(async () => {
    const log: string[] = [];
    {
      using _one = { [Symbol.dispose]: () => log.push("one") };
      await using _two = {
        [Symbol.asyncDispose]: async () => {
          await null;
          log.push("two");
        },
      };
      log.push("body");
    }
    return log;
  });
  expect(log).toEqual(["body", "two", "one"]);
});

test("tsx", async () => {
  const program = fileURLToPath(new URL("./programs/inline-under-tsx.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", program]);
  const { source, here, refusal, loadedAtFirst, loadedThen } = JSON.parse(stdout);
  expect(source).toContain("__name");
  // They would cost every program some 9 ms at its start.
  expect(loadedAtFirst).toEqual([]);
  expect(loadedThen).toEqual(expect.arrayContaining(["acorn", "eslint-scope"]));
  expect(here).toEqual(["inner", "Inner", "body", "disposed"]);
  expect(await runSource(source)).toEqual(here);
  expect(refusal).toMatch(
    /^toThread\(\): the function uses "outer", .*programs\/inline-under-tsx\.ts:38\)/,
  );
});
