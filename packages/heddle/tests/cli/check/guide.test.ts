// Checks the programs of docs/guide/command.md: what is found is what the page says.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { blocksOf } from "../../docs/markdown.ts";
import { type Checked, checkSources } from "./check-sources.ts";

const page = readFileSync(new URL("../../../../../docs/guide/command.md", import.meta.url), "utf8");
const programs = blocksOf(page).filter(({ info }) => info === "typescript");
const nameOf = (code: string) => /^\/\/ (\S+)\n/.exec(code)?.[1] ?? "";

let checked: Checked;

beforeAll(async () => {
  checked = await checkSources(new Map(programs.map(({ code }) => [nameOf(code), code])));
}, 60_000);

test.each(programs)("line $line has what it says is found", ({ code, next }) => {
  const lines = checked.findingsIn(nameOf(code)).map(({ file, line, column, rule, message }) => {
    return `${basename(file)}:${line}:${column}  ${rule}  ${message}`;
  });
  expect(lines.join("\n")).toBe(next?.info === "text" ? next.code : "");
});

test("there are programs", () => {
  expect(programs.map(({ code }) => nameOf(code))).toEqual([
    "floating.ts",
    "stars.ts",
    "swallowed.ts",
    "meant.ts",
  ]);
});
