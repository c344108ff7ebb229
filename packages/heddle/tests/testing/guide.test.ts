// Holds docs/guide/testing.md to its word: the vitest program there is persist.test.ts beside this file, and
// the one for node:test passes.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { blocksOf } from "../docs/markdown.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const page = readFileSync(join(root, "docs/guide/testing.md"), "utf8");
const programs = blocksOf(page).filter(({ info }) => info === "ts no-run");

test("the program for vitest is a test of this suite", () => {
  const file = readFileSync(new URL("persist.test.ts", import.meta.url), "utf8");
  expect(`${programs[0]?.code}\n`).toBe(file);
});

test("the program for node:test passes", () => {
  // Below node_modules `import "heddle"` finds the package, and no other tool looks.
  const folder = join(root, `node_modules/.cache/heddle/testing-page-${process.pid}`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "orders.mts"), programs[1]?.code ?? "");
  // Inside of a test, node:test would report to the one who has started it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--test-reporter=tap", join(folder, "orders.mts")],
    { cwd: root, env, encoding: "utf8" },
  );
  expect(stdout + stderr).toMatch(/^# pass 2$/m);
  expect(status).toBe(0);
});

test("there are two of them", () => {
  expect(programs).toHaveLength(2);
});
