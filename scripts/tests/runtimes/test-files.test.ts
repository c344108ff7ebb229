import { expect, test } from "vitest";
import { findNeeds, findTestFiles } from "../../runtimes/test-files.ts";

const fixtures = "scripts/tests/runtimes/fixtures";

test("a file is left out if it reaches what only Node has, or vitest's module loader", async () => {
  const names = ["outcomes", "uses-files", "uses-storage", "resets"];
  const { server, browser } = await findNeeds(names.map((name) => `${fixtures}/${name}.ts`));
  expect([...server]).toEqual([
    [`${fixtures}/uses-files.ts`, `imports node:fs < ${fixtures}/files-helper.ts`],
    [`${fixtures}/resets.ts`, "calls vi.resetModules()"],
  ]);
  expect([...browser]).toEqual([
    [`${fixtures}/uses-files.ts`, `imports node:fs < ${fixtures}/files-helper.ts`],
    [`${fixtures}/uses-storage.ts`, "imports node:async_hooks"],
    [`${fixtures}/resets.ts`, "calls vi.resetModules()"],
  ]);
});

test("of the core's tests those that start processes are left out, and few others", async () => {
  const { all, leftOut } = await findTestFiles();
  const tests = "packages/heddle/tests";
  expect(leftOut.server.get(`${tests}/task/run-process.test.ts`)).toBe(
    `imports node:child_process < ${tests}/task/program.ts`,
  );
  expect(all).toContain(`${tests}/sync/lock.test.ts`);
  expect(leftOut.browser.has(`${tests}/sync/lock.test.ts`)).toBe(false);
  expect(all.filter((file) => /\/(node|cli)\//.test(file))).toEqual([]);
  expect(leftOut.browser.size).toBeLessThan(all.length / 3);
  for (const file of leftOut.server.keys()) expect(leftOut.browser.has(file)).toBe(true);
});
