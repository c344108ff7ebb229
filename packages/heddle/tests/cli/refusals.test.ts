import { chmodSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { fixture, heddle, program } from "./heddle-command.ts";

const refused = (stderr: string) => ({
  status: 2,
  signal: null,
  stdout: "",
  stderr: `${stderr}\n`,
});

const example = "Write: export default function* main() { … }";

describe("a file that cannot be run, status 2", () => {
  it("is not there", async () => {
    expect(await heddle("run", "no/where.ts")).toEqual(
      refused("heddle: no such file: no/where.ts"),
    );
  });

  it("is a folder", async () => {
    expect(await heddle("run", ".")).toEqual(
      refused("heddle: . is a folder: name the file to run"),
    );
  });

  it("is written in something else", async () => {
    const file = program("main.py", "print(1)");
    expect(await heddle("run", file)).toEqual(
      refused(
        `heddle: ${file} is neither TypeScript (.ts .mts .cts .tsx .jsx) nor JavaScript ` +
          "(.js .mjs .cjs)",
      ),
    );
  });

  it("may not be read", async (test) => {
    if (process.getuid?.() === 0) test.skip("root may read every file");
    const file = program("secret.js", "");
    chmodSync(file, 0);
    expect(await heddle("run", file)).toEqual(refused(`heddle: ${file} cannot be read (EACCES)`));
  });

  it("leads nowhere", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-cli-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "loop.js");
    symlinkSync(file, file);
    expect(await heddle("run", file)).toEqual(refused(`heddle: ${file} cannot be read (ELOOP)`));
  });
});

describe("a program that cannot be parsed, status 2", () => {
  const broken = "// The second line:\nconst = 1;\n";

  it.each([
    ["broken.ts", 'Expected identifier but found "="'],
    ["broken.mjs", "Unexpected token '='"],
    ["broken.cjs", "Unexpected token '='"],
  ])("is %s", async (name, what) => {
    const file = program(name, broken);
    expect(await heddle("run", file)).toEqual(refused(`${file}:2:7: syntax error: ${what}`));
  });

  it.each(["ts", "mjs"])("imports a broken module (.%s)", async (extension) => {
    const imported = program("broken.mjs", broken);
    const importer = `console.log("not reached");\nimport ${JSON.stringify(imported)};\n`;
    expect(await heddle("run", program(`main.${extension}`, importer))).toEqual(
      refused(`${imported}:2:7: syntax error: Unexpected token '='`),
    );
  });

  it("awaits at the top level of what is to become CommonJS", async () => {
    const file = program("main.ts", "console.log(1);\nawait 1;\n");
    expect(await heddle("run", file)).toEqual(
      refused(
        `${file}:2:1: syntax error: Top-level await is currently not supported with the "cjs" ` +
          'output format. Make this an ES module: "type": "module" in package.json, or a file ' +
          "named .mts",
      ),
    );
  });

  it("imports what is not exported", async () => {
    const file = program("main.mjs", '\nimport { joinPath } from "node:path";');
    expect(await heddle("run", file)).toEqual(
      refused(
        `${file}:2:10: syntax error: The requested module 'node:path' does not provide an export ` +
          "named 'joinPath'",
      ),
    );
  });

  it("is not one that fails to parse something else, status 1", async () => {
    const { status, stdout, stderr } = await heddle("run", "json.js");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^SyntaxError: .*\n {4}at JSON\.parse \(<anonymous>\)\n {4}at /);
    expect(stderr).toContain(`${fixture("json.js")}:2:6`);
  });

  it("is not one that imports something broken later, status 1", async () => {
    const imported = program("broken.mjs", broken);
    const file = program("main.mjs", `await import(${JSON.stringify(imported)});`);
    const { status, stderr } = await heddle("run", file);
    // Node 24 adds the frame of the import.
    expect([status, stderr.split("\n")[0]]).toEqual([1, "SyntaxError: Unexpected token '='"]);
  });
});

describe("a program with nothing to run, status 2", () => {
  it("exports a class", async () => {
    expect(await heddle("run", "class-export.js")).toEqual(
      refused(
        "heddle: class-export.js: its default export is a class, and no coroutine function, async " +
          `function or coroutine. ${example}`,
      ),
    );
  });

  it.each([
    ["42", "a number"],
    ["{ fetch() {} }", "an object"],
    ["null", "null"],
    ["[1, 2]", "an array"],
  ])("exports %s", async (value, what) => {
    const file = program("main.mjs", `export default ${value};`);
    expect(await heddle("run", file)).toEqual(
      refused(
        `heddle: ${file}: its default export is ${what}, and no coroutine function, async ` +
          `function or coroutine. ${example}`,
      ),
    );
  });

  it("exports a coroutine function by another name", async () => {
    expect(await heddle("run", "named-export.js")).toEqual(
      refused(
        "heddle: named-export.js: it exports main, but no default, and starts no run: nothing was " +
          `run. ${example}`,
      ),
    );
  });

  it("asks whether it is Node's main module", async () => {
    expect(await heddle("run", "main-idiom.cjs")).toEqual(
      refused(
        "heddle: main-idiom.cjs: it has no default export, and starts no run: nothing was run. " +
          `Under heddle run require.main is not the program. ${example}`,
      ),
    );
  });
});
