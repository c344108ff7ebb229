import { expect, test } from "vitest";
import {
  failureLines,
  HEAD,
  leftOutLines,
  missingLine,
  type Row,
  rowLine,
  skippedLines,
} from "../../runtimes/report.ts";

const file = "packages/heddle/tests/sync/lock.test.ts";
const row: Row = {
  name: "bun",
  version: "1.4.5",
  outcomes: [
    { file, name: "Lock > is fair", state: "passed", errors: [] },
    { file, name: "Lock > is free", state: "failed", errors: ["\u001b[31mno\u001b[39m\n    at x"] },
    { file, name: "needs gc()", state: "skipped", errors: [] },
    { file, name: "a", state: "skipped", note: "there is no gc()", errors: [] },
    { file, name: "b", state: "skipped", note: "there is no gc()", errors: [] },
  ],
  packed: undefined,
  leftOut: new Map([["a.test.ts", "imports node:os"]]),
  time: 1234,
};

test("the row of a runtime stands under the table's head", () => {
  expect([HEAD, rowLine(row)].map((line) => line.replaceAll(/ +/g, " "))).toEqual([
    "runtime version passed failed skipped left out package time",
    "bun 1.4.5 1 1 3 1 works 1.2 s",
  ]);
  expect(rowLine(row)).toHaveLength(HEAD.length);
  expect(rowLine({ ...row, packed: "it did not run" })).toContain(" fails ");
  expect(missingLine("chromium", "install it")).toBe("chromium   skipped: install it");
});

test("a failure has its runtime, file, name and message, without colours", () => {
  expect(failureLines(row)).toEqual(["", `bun: ${file} > Lock > is free`, "  no\n      at x"]);
  expect(failureLines({ ...row, outcomes: [], packed: "it did not run" })).toEqual([
    "",
    "bun: the packed package",
    "  it did not run",
  ]);
});

test("of the frames those of the project are kept", () => {
  const error = [
    "Error: no",
    "    at f (packages/heddle/src/task/task.ts:1:2)",
    "    at g (node_modules/@vitest/runner/dist/chunk-artifact.js:3:4)",
    "    at new Promise (<anonymous>)",
    "    at node:internal/process/task_queues:5:6",
  ].join("\n");
  const failed = { file, name: "n", state: "failed", errors: [error] } as const;
  expect(failureLines({ ...row, outcomes: [failed] }).at(-1)).toBe(
    "  Error: no\n      at f (packages/heddle/src/task/task.ts:1:2)",
  );
});

test("hundreds of failures are cut short, and counted", () => {
  const outcomes = Array.from({ length: 300 }, (_, n) => ({
    file,
    name: `test ${n}`,
    state: "failed" as const,
    errors: ["no"],
  }));
  const lines = failureLines({ ...row, outcomes });
  expect(lines.filter((line) => line.startsWith(`bun: ${file}`))).toHaveLength(15);
  expect(lines.at(-1)).toBe("bun: 285 more failed; --only bun --grep NAME for one");
});

test("skipped tests and files that were left out are told with their reasons", () => {
  expect(skippedLines([row])).toEqual([
    `skipped on bun: 1 × ${file} > needs gc()`,
    "skipped on bun: 2 × there is no gc()",
  ]);
  const deno: Row = { ...row, name: "deno" };
  const chromium: Row = {
    ...row,
    name: "chromium",
    leftOut: new Map([...row.leftOut, ["b.test.ts", "imports node:events < left-pad"]]),
  };
  expect(leftOutLines([row, deno, chromium])).toEqual([
    "left out on bun, deno, chromium: a.test.ts: imports node:os",
    "left out on chromium: b.test.ts: imports node:events < left-pad",
  ]);
});
