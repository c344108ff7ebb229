/*
 * The table of a run, and below it what failed, what was skipped and what was left out.
 */
import { stripVTControlCharacters } from "node:util";
import type { RuntimeName } from "./options.ts";
import type { TestOutcome } from "./summary.ts";

export interface Row {
  readonly name: RuntimeName;
  readonly version: string;
  readonly outcomes: readonly TestOutcome[];
  /** What went wrong with the packed package; undefined if nothing did. */
  readonly packed: string | undefined;
  /** The files that were left out, each with the reason. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** Milliseconds. */
  readonly time: number;
}

/** Failures that are printed in full for each runtime: a runtime on which nothing works has hundreds. */
const SHOWN = 15;
const WIDTHS = [10, 16, 8, 8, 9, 10, 9, 8];

export const HEAD = line([
  "runtime",
  "version",
  "passed",
  "failed",
  "skipped",
  "left out",
  "package",
  "time",
]);

export function rowLine(row: Row): string {
  const { passed, failed, skipped } = count(row.outcomes);
  return line([
    row.name,
    row.version,
    passed,
    failed,
    skipped,
    row.leftOut.size,
    row.packed === undefined ? "works" : "fails",
    `${(row.time / 1000).toFixed(1)} s`,
  ]);
}

/** The row of a runtime that is not here. */
export function missingLine(name: RuntimeName, reason: string): string {
  return `${name.padEnd(WIDTHS[0] as number)} skipped: ${reason}`;
}

function line(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, i) => (i < 2 ? `${cell}`.padEnd(WIDTHS[i]!) : `${cell}`.padStart(WIDTHS[i]!)))
    .join(" ")
    .trimEnd();
}

export function count(outcomes: readonly TestOutcome[]) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { state } of outcomes) counts[state]++;
  return counts;
}

/** What failed on a runtime, each with its message. */
export function failureLines({ name, outcomes, packed }: Row): string[] {
  const failed = outcomes.filter(({ state }) => state === "failed");
  const lines: string[] = [];
  if (packed !== undefined) lines.push("", `${name}: the packed package`, indented(packed));
  for (const { file, name: test, errors } of failed.slice(0, SHOWN)) {
    lines.push("", [`${name}: ${file}`, test].filter((part) => part !== "").join(" > "));
    for (const error of errors) lines.push(indented(error));
  }
  if (failed.length > SHOWN) {
    lines.push(
      "",
      `${name}: ${failed.length - SHOWN} more failed; --only ${name} --grep NAME for one`,
    );
  }
  return lines;
}

const RUNNERS_FRAME =
  /^\s+at .*(node_modules\/(?!heddle\/)|node:internal|native:|scripts\/runtimes\/|<anonymous>\)?$)/;

/** Without colours, and without the runner's own frames. */
function indented(text: string): string {
  const lines = stripVTControlCharacters(text).trimEnd().split("\n");
  return lines
    .filter((each) => !RUNNERS_FRAME.test(each))
    .map((each) => `  ${each}`)
    .join("\n");
}

/** Why tests were skipped: their notes, or their names, which then have to say it. */
export function skippedLines(rows: readonly Row[]): string[] {
  const lines: string[] = [];
  for (const { name, outcomes } of rows) {
    const notes = new Map<string, number>();
    for (const { state, file, name: test, note = `${file} > ${test}` } of outcomes) {
      if (state === "skipped") notes.set(note, (notes.get(note) ?? 0) + 1);
    }
    for (const [note, tests] of notes) lines.push(`skipped on ${name}: ${tests} × ${note}`);
  }
  return lines;
}

/** The files that were left out and why, with the runtimes that did. */
export function leftOutLines(rows: readonly Row[]): string[] {
  const runtimes = new Map<string, string[]>();
  for (const { name, leftOut } of rows) {
    for (const [file, why] of leftOut) {
      const line = `${file}: ${why}`;
      runtimes.set(line, [...(runtimes.get(line) ?? []), name]);
    }
  }
  return [...runtimes].map(([line, names]) => `left out on ${names.join(", ")}: ${line}`).sort();
}
