// Runs the programs of docs/guide/command.md as that page says.

import { readFileSync } from "node:fs";
import { dirname, sep } from "node:path";
import { expect, it } from "vitest";
import { blocksOf } from "../docs/markdown.ts";
import { heddle, program } from "./heddle-command.ts";

const page = readFileSync(new URL("../../../../docs/guide/command.md", import.meta.url), "utf8");
const programs = blocksOf(page).filter(({ info }) => info === "ts no-run");

it.each(programs)("line $line prints what it says it prints", async ({ code, next }) => {
  const name = /^\/\/ (\S+)\n/.exec(code)?.[1] ?? "";
  const [command, output] = next?.info === "sh" ? [next, next.next] : [undefined, next];
  const args = command?.code.split(name)[1]?.trim().split(" ") ?? [];
  const file = program(name, code);
  const { status, stdout, stderr } = await heddle("run", file, ...args);
  const printed = (stdout + stderr).replaceAll(dirname(file) + sep, "").trimEnd();
  expect([status, printed]).toEqual([1, output?.code]);
});

it("has programs", () => {
  expect(programs.length).toBe(2);
});
