import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { checkProgram } from "../../../src/cli/check/check-program.ts";
import { loadTypeScript, type TypeScript } from "../../../src/cli/check/load-typescript.ts";
import { programMaker } from "../../../src/cli/check/program.ts";
import { projectsOf } from "../../../src/cli/check/project.ts";
import { UsageError } from "../../../src/cli/program-file.ts";
import { folderOf } from "./folder.ts";

let ts: TypeScript;
let makeProgram: ReturnType<typeof programMaker>;

beforeAll(async () => {
  ts = await loadTypeScript([process.cwd()]);
  makeProgram = programMaker(ts);
});

/** The jsxFactory option tells the projects apart. */
const config = (name: string, rest: object = {}) =>
  JSON.stringify({ compilerOptions: { jsxFactory: name }, ...rest });

/** Which config each file gets. */
function configsOf(folder: string, files: string[], given?: string): Record<string, unknown> {
  const paths = files.map((file) => join(folder, file));
  return Object.fromEntries(
    projectsOf(ts, paths, given).flatMap(({ options, files: own }) =>
      own.map((path) => [path.slice(folder.length + 1), options.jsxFactory]),
    ),
  );
}

const floating = 'import { sleep } from "heddle";\nsleep(1);\n';

/** The lines of what is found in the files of a folder. */
function linesIn(folder: string, files: string[]): string[] {
  const projects = projectsOf(
    ts,
    files.map((file) => join(folder, file)),
  );
  return projects
    .flatMap((project) => checkProgram(ts, makeProgram(project), project.files))
    .map(({ line, rule }) => `${line} ${rule}`);
}

describe("the options of a file", () => {
  it("are those of the nearest tsconfig.json that includes it", () => {
    const folder = folderOf({
      "tsconfig.json": config("outer"),
      "a.ts": "",
      "part/tsconfig.json": config("inner", { include: ["src"] }),
      "part/src/b.ts": "",
      "part/tests/c.ts": "",
    });
    expect(configsOf(folder, ["a.ts", "part/src/b.ts", "part/tests/c.ts"])).toEqual({
      "a.ts": "outer",
      "part/src/b.ts": "inner",
      "part/tests/c.ts": "outer",
    });
  });

  it("are those of the nearest one, where none includes it", () => {
    const folder = folderOf({
      "tsconfig.json": config("outer"),
      "part/tsconfig.json": config("inner"),
      "part/a.js": "",
    });
    expect(configsOf(folder, ["part/a.js"])).toEqual({ "part/a.js": "inner" });
  });

  it("are found through references", () => {
    const folder = folderOf({
      "tsconfig.json": JSON.stringify({
        files: [],
        references: [{ path: "./tsconfig.app.json" }, { path: "./tests" }],
      }),
      "tsconfig.app.json": config("app", { include: ["src"], references: [{ path: "." }] }),
      "src/a.ts": "",
      "tests/tsconfig.json": config("tests"),
      "tests/b.ts": "",
    });
    expect(configsOf(folder, ["src/a.ts", "tests/b.ts"])).toEqual({
      "src/a.ts": "app",
      "tests/b.ts": "tests",
    });
  });

  it("are those of the tsconfig.json that is named", () => {
    const folder = folderOf({
      "tsconfig.json": config("nearest"),
      "other/tsconfig.json": config("named"),
      "a.ts": "",
    });
    const named = { "a.ts": "named" };
    expect(configsOf(folder, ["a.ts"], `${folder}/other/tsconfig.json`)).toEqual(named);
    expect(configsOf(folder, ["a.ts"], `${folder}/other`)).toEqual(named);
  });

  it("may be of a newer compiler", () => {
    const folder = folderOf({
      "tsconfig.json": JSON.stringify({
        compilerOptions: {
          target: "es2099",
          lib: ["es2099"],
          module: "node99",
          moduleResolution: "telepathy",
          erasesAllThings: true,
          strict: true,
        },
      }),
      "a.ts": floating,
    });
    expect(linesIn(folder, ["a.ts"])).toEqual(["2 floating-coroutine"]);
  });

  it("may be missing", () => {
    const folder = folderOf({ "a.ts": floating, "b.js": floating, "c.mjs": floating });
    expect(linesIn(folder, ["a.ts", "b.js", "c.mjs"])).toHaveLength(3);
  });

  it.each([
    ["node10: no exports", { module: "commonjs", moduleResolution: "node10" }],
    ["classic", { module: "esnext", moduleResolution: "classic" }],
    ["nodenext", { module: "nodenext" }],
    ["loose", { module: "preserve", strict: false, target: "es5", types: [] }],
    ["paths that lead nowhere", { module: "preserve", paths: { heddle: ["./gone"] } }],
  ])("find heddle, wherever it is: %s", (_, compilerOptions) => {
    const folder = folderOf({
      "tsconfig.json": JSON.stringify({ compilerOptions }),
      "a.ts": floating,
    });
    expect(linesIn(folder, ["a.ts"])).toEqual(["2 floating-coroutine"]);
  });

  it.each([
    ["no JSON", "{\n  compilerOptions: {{\n}", /tsconfig\.json:2:21: Property assignment expected/],
    ["what it extends is gone", '{ "extends": "./gone.json" }', /tsconfig\.json: .*gone\.json/],
  ])("are refused: %s", (_, text, message) => {
    const folder = folderOf({ "tsconfig.json": text, "a.ts": "" });
    expect(() => configsOf(folder, ["a.ts"])).toThrow(UsageError);
    expect(() => configsOf(folder, ["a.ts"])).toThrow(message);
  });

  it("are refused if the tsconfig.json that is named is not there", () => {
    const folder = folderOf({ "a.ts": "" });
    expect(() => configsOf(folder, ["a.ts"], `${folder}/gone.json`)).toThrow(
      `no such file: ${folder}/gone.json`,
    );
    expect(() => configsOf(folder, ["a.ts"], folder)).toThrow(
      `no such file: ${folder}/tsconfig.json`,
    );
  });
});

describe("the compiler", () => {
  const fake = (version: string) =>
    `exports.version = "${version}"; exports.createProgram = () => {};`;
  const packageJson = (name: string) => JSON.stringify({ name, main: "index.js" });

  it("is the project's own", async () => {
    const folder = folderOf({
      "node_modules/typescript/package.json": packageJson("typescript"),
      "node_modules/typescript/index.js": fake("5.4.5"),
    });
    expect((await loadTypeScript([folder])).version).toBe("5.4.5");
  });

  it("is TypeScript 6, where typescript has no API, or is too old", async () => {
    for (const useless of ['exports.version = "7.0.2";', fake("5.2.2")]) {
      const folder = folderOf({
        "node_modules/typescript/package.json": packageJson("typescript"),
        "node_modules/typescript/index.js": useless,
        "node_modules/@typescript/typescript6/package.json": packageJson("@typescript/typescript6"),
        "node_modules/@typescript/typescript6/index.js": fake("6.0.2"),
      });
      expect((await loadTypeScript([folder])).version).toBe("6.0.2");
    }
  });

  it("is the command's own, where the project has none", async () => {
    expect((await loadTypeScript([folderOf({})])).version).toBe(ts.version);
  });

  it("is asked for, if there is none at all", async () => {
    const folder = folderOf({
      "node_modules/typescript/package.json": packageJson("typescript"),
      "node_modules/typescript/index.js": 'exports.version = "7.0.2";',
    });
    const none = folderOf({});
    await expect(loadTypeScript([none], none)).rejects.toThrow(
      "check needs the API of TypeScript 5.3 to 6, and found none. " +
        "Install it: npm install --save-dev @typescript/typescript6",
    );
    await expect(loadTypeScript([folder], none)).rejects.toThrow("and found typescript 7.0.2.");
  });
});
