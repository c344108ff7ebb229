/**
 * A child process that runs programs on one bundle, until one of them is not equal:
 * `child.ts BUNDLE CASES`. It says which program it begins with, so that one that hangs is known.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { traceOf } from "../trace.ts";
import { isSameTrace } from "../trace.ts";
import type { Report, StoredCase } from "./plant.ts";

const [bundle, cases, keepOn] = process.argv.slice(2) as [string, string, string];
const { traceOf: trace } = (await import(pathToFileURL(bundle).href)) as {
  traceOf: typeof traceOf;
};
const stored = JSON.parse(readFileSync(cases, "utf8")) as StoredCase[];

function say(report: Report): void {
  process.send?.(report);
}

for (const [position, { program, expected }] of stored.entries()) {
  say({ kind: "begins", position });
  if (isSameTrace(expected, await trace(program))) continue;
  say({ kind: "different", position });
  if (keepOn !== "all") break;
}
process.disconnect?.();
