import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { heddle, program, start } from "./heddle-command.ts";

const done = (stdout: string) => ({ status: 0, signal: null, stdout, stderr: "" });

describe("the main of a program", () => {
  it.each([
    ["a coroutine function, in TypeScript", "using.ts", "held true\nheld false\n"],
    ["an async function", "async-main.mjs", "async function\n"],
    ["a coroutine", "coroutine.mjs", "coroutine\n"],
    ["module.exports", "common.cjs", "module.exports\n"],
    ["exports.default of a compiled module", "common-default.cjs", "exports.default\n"],
    ["the top level of TypeScript", "own-run.ts", "run() at the top level\n"],
    ["the top level of CommonJS", "common-top-level.cjs", "run() of a CommonJS program\n"],
    ["no coroutine at all", "no-coroutine.js", "plain\n"],
  ])("is %s", async (_, file, stdout) => {
    expect(await heddle("run", file)).toEqual(done(stdout));
  });

  it.each([
    ["main.mjs", "import { sleep } from 'heddle'; export default"],
    ["main.mts", "import { sleep } from 'heddle'; export default"],
    ["main.ts", "import { sleep } from 'heddle'; export default"],
    ["main.cjs", "const { sleep } = require('heddle'); module.exports ="],
  ])("may stand where no heddle is installed: %s", async (name, beginning) => {
    const file = program(
      name,
      `${beginning} function* () { console.log(yield* sleep(1, "found")); }`,
    );
    expect(await heddle("run", file)).toEqual(done("found\n"));
  });

  it("uses one heddle, whether TypeScript becomes CommonJS or not", async () => {
    const main = program(
      "main.ts",
      `import { sleep } from "heddle";
       import { pause } from "./pause.mts";
       export default function* () {
         yield* sleep(1);
         yield* pause();
         console.log(typeof require, (yield* pause()) === sleep);
       }`,
    );
    const pause = `
      import { sleep } from "heddle";
      export function* pause() { yield* sleep(1); return sleep; }`;
    writeFileSync(join(dirname(main), "pause.mts"), pause);
    writeFileSync(join(dirname(main), "package.json"), '{ "type": "commonjs" }');
    expect(await heddle("run", main)).toEqual(done("function true\n"));
  });

  it("may have a name that is no URL", async () => {
    const file = program("50% off #1?.mjs", "export default async () => console.log('ran');");
    expect(await heddle("run", file)).toEqual(done("ran\n"));
  });
});

describe("the exit status", () => {
  it("is not what main returns, but process.exitCode", async () => {
    expect(await heddle("run", "returns-number.js")).toEqual(done(""));
    expect(await heddle("run", "exit-code.js")).toEqual({ ...done(""), status: 7 });
  });

  it("is 0 or 1 after all that was printed has gone out", async () => {
    for (const [ending, status] of [
      ["well", 0],
      ["fail", 1],
    ] as const) {
      const outcome = await heddle("run", "flood.js", ending);
      expect([outcome.status, outcome.stdout.length]).toEqual([status, 4000 * 256]);
    }
  });
});

describe("debug mode", () => {
  const debugging = "outside true\ninside true\n";

  it("is off", async () => {
    expect(await heddle("run", "debug.ts")).toEqual(done("outside false\ninside false\n"));
  });

  it("is on by --debug, and by HEDDLE_DEBUG=1", async () => {
    expect(await heddle("run", "--debug", "debug.ts")).toEqual(done(debugging));
    const { outcome } = start(["run", "debug.ts"], { HEDDLE_DEBUG: "1" });
    expect(await outcome).toEqual(done(debugging));
  });
});
