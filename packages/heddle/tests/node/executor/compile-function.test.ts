import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { compileFunction } from "../../../src/node/executor/compile-function.ts";
import { sourceOf } from "../../../src/node/executor/inline-function.ts";
import { main, runInThread, runSource } from "./in-a-thread.ts";

/** As no compiler changes it. */
const handOver = (text: string) =>
  compileFunction(sourceOf(vm.runInThisContext(`(${text})`), "toThread"));

function stackOf(fn: () => unknown): string[] {
  try {
    fn();
  } catch (error) {
    if (error instanceof Error) return (error.stack ?? "").split("\n");
  }
  return expect.fail("it did not throw");
}

describe("stacks", () => {
  test.each([
    ["function work(x) {\n  // why\n  throw new Error();\n}", "work", "inline/work:3:9"],
    ["{ other: () => {\n\n      throw new Error();\n} }.other", "other", "inline/other:3:13"],
    ["{ run() {\n  throw new Error() } }.run", "run", "inline/run:2:9"],
    ["{ [\n'a' + 'b'\n]() {\n  throw new Error() } }.ab", "ab", "inline/ab:4:9"],
    [
      "Object.getOwnPropertyDescriptor({ get a() {\n throw new Error() } }, 'a').get",
      "get a",
      "inline/a:2:8",
    ],
  ])("have the function's name and its own lines: %j", (text, name, place) => {
    const [, frame] = stackOf(handOver(text));
    expect(frame).toMatch(new RegExp(`^    at (?:Object\\.)?${name} \\(heddle:${place}\\)$`));
  });

  test("without a name", () => {
    const [, frame] = stackOf(handOver("() => {\n  throw new Error() }"));
    expect(frame).toBe("    at heddle:inline/anonymous:2:9");
  });

  test("in the first line columns count from the source", () => {
    const [, frame] = stackOf(handOver("function work() { throw new Error() }"));
    // One bracket stands before it.
    expect(frame).toBe("    at work (heddle:inline/work:1:26)");
  });
});

describe("compiling", () => {
  test("the same source gives the same function, among the last thousand", () => {
    const first = compileFunction("(() => 'first')");
    expect(compileFunction("(() => 'first')")).toBe(first);
    for (let n = 0; n < 999; n++) compileFunction(`(() => ${n})`);
    expect(compileFunction("(() => 'first')")).toBe(first);
    compileFunction("(() => 'one more')");
    expect(compileFunction("(() => 'first')")).not.toBe(first);
  });

  test("it is strict", () => {
    expect(compileFunction("(function () { return this })")()).toBeUndefined();
    expect(() => compileFunction("(() => { with ({}) {} })")).toThrow(SyntaxError);
  });

  test("what is no function", () => {
    expect(() => compileFunction("5")).toThrow(
      new TypeError("the source of a function was expected; it gives number"),
    );
    expect(() => compileFunction("(() =>")).toThrow(SyntaxError);
  });

  test("nothing is supplied that the source does not name, and the thread's globals stay as they are", () => {
    const names = "[typeof __name, typeof __using, typeof require]";
    expect(handOver(`() => ${names}`)()).toEqual(["function", "function", "function"]);
    expect(
      compileFunction('(() => (0, eval)("[typeof __name, typeof __heddleImport]"))')(),
    ).toEqual(["undefined", "undefined"]);
  });

  test("a name of the function's own is not replaced by a helper", () => {
    expect(handOver("(__name) => { const require = __name; return require }")(7)).toBe(7);
  });
});

describe("imports", () => {
  let folder: string | undefined;

  afterEach(async () => {
    main.path = null;
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = undefined;
  });

  /** A package that only this program has, and that `require` cannot load. */
  async function makeProgram(): Promise<string> {
    folder = await mkdtemp(join(tmpdir(), "heddle-import-"));
    const home = join(folder, "node_modules", "only-here");
    await mkdir(home, { recursive: true });
    const about = {
      name: "only-here",
      exports: { ".": { import: "./a.mjs" }, "./bad": "./bad.mjs" },
    };
    await writeFile(join(home, "package.json"), JSON.stringify(about));
    await writeFile(join(home, "a.mjs"), "export const here = 'from the program';");
    await writeFile(join(home, "bad.mjs"), "import 'nowhere-at-all';");
    return join(folder, "main.js");
  }

  const importing = vm.runInThisContext("async (name) => ({ ...await import(name) })");
  const requiring = vm.runInThisContext("(name) => require(name).here");

  test("packages are found from the main program", async () => {
    main.path = await makeProgram();
    expect(await runInThread(importing, "only-here")).toEqual({ here: "from the program" });
  });

  test("a package that nobody has is named", async () => {
    await expect(runInThread(importing, "only-here")).rejects.toThrow(
      /ERR_MODULE_NOT_FOUND.*Cannot find package 'only-here'/s,
    );
    await expect(runInThread(requiring, "only-here")).rejects.toThrow(
      /Cannot find module 'only-here'/,
    );
  });

  test("a package that misses another says which", async () => {
    main.path = await makeProgram();
    await expect(runInThread(importing, "only-here/bad")).rejects.toThrow(
      /Cannot find package 'nowhere-at-all' imported from .*only-here/,
    );
  });

  test("files by their URL or path", async () => {
    const path = join(await makeProgram(), "../node_modules/only-here/a.mjs");
    const given = { here: "from the program" };
    expect(await runInThread(importing, path)).toEqual(given);
    expect(await runInThread(importing, pathToFileURL(path).href)).toEqual(given);
  });

  test.each([
    ["import", importing],
    ["require", requiring],
  ])("%s of a relative name is refused when it is computed", async (call, fn) => {
    await expect(runInThread(fn, "./work.js")).rejects.toThrow(
      `TypeError: ${call}("./work.js"): a function that was handed over stands in no file to which "./work.js" ` +
        'could be relative. Pass it import.meta.resolve("./work.js") as an argument',
    );
  });

  test("vitest's import", async () => {
    const names = await runInThread(async () => Object.keys(await import("heddle")));
    expect(names).toContain("createTask");
    expect(
      await runSource("(async () => (await __vite_ssr_dynamic_import__('acorn')).version)"),
    ).toMatch(/^8\./);
  });
});
