/*
 * vitest itself on some version of Node: on each of them the tests run as `npm test` runs them, those
 * that start processes included.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runChild, tail } from "./child.ts";
import { root } from "./sources.ts";
import { fileFailure, type TestOutcome } from "./summary.ts";
import type { Told } from "./vitest-reporter.ts";

/** Milliseconds for all tests: they take some ten seconds, on a crowded machine a minute. */
const LIMIT = 150_000;

/** Run these test files on the Node at `node`. */
export async function runVitest(
  node: string,
  files: readonly string[],
  { folder, grep, limit = LIMIT }: { folder: string; grep?: string | undefined; limit?: number },
): Promise<TestOutcome[]> {
  const output = join(folder, "told.jsonl");
  writeFileSync(output, "");
  const ended = await runChild(
    [
      node,
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--no-color",
      "--typecheck.enabled=false",
      "--reporter=./scripts/runtimes/vitest-reporter.ts",
      ...(grep === undefined ? [] : [`--testNamePattern=${grep}`]),
      ...files,
    ],
    { cwd: root, limit, env: { HEDDLE_TOLD: output } },
  );
  const unfinished = new Set([""]);
  const outcomes: TestOutcome[] = [];
  for (const line of readFileSync(output, "utf8").split("\n")) {
    if (line === "") continue;
    const told: Told = JSON.parse(line);
    if ("begins" in told) unfinished.add(told.begins);
    else {
      unfinished.delete(told.ends);
      outcomes.push(...told.outcomes);
    }
  }
  const said = tail(ended.stdout + ended.stderr);
  const fault = `vitest ${ended.fault ?? "ended too early"}${said === "" ? "" : `; it said:\n${said}`}`;
  // The run as a whole is named only if no file is to blame.
  if (unfinished.size > 1) unfinished.delete("");
  for (const file of unfinished) outcomes.push(fileFailure(file, fault));
  if (ended.fault && !outcomes.some(({ state }) => state === "failed")) {
    outcomes.push(fileFailure("", `${fault}, though no test failed`));
  }
  // With a pattern, what was not chosen looks like what was skipped.
  return grep === undefined ? outcomes : outcomes.filter(({ state }) => state !== "skipped");
}
