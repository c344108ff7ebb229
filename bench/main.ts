// `npm run bench`: heddle side by side with its peers, in one run, against the budgets of the design.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Row, rowsOf } from "./harness/comparison.ts";
import { describeMachine } from "./harness/machine.ts";
import { type Options, parseOptions, USAGE, UsageError } from "./harness/options.ts";
import { headLine, markdown, rowsIn, textLine } from "./harness/report.ts";
import { type Result, runWork } from "./harness/rounds.ts";
import { HEDDLE, Toolchains } from "./harness/toolchains.ts";
import { WORKS } from "./works.ts";

const QUICK_LIMIT = 52_000;

async function main(options: Options): Promise<number> {
  const begin = performance.now();
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.list) {
    list();
    return 0;
  }
  if (options.contestants.has("heddle") && !existsSync(HEDDLE)) {
    throw new UsageError(
      "heddle is not built: packages/heddle/dist is missing. Run `npm run build` first, or pass " +
        "--only-peers to measure the others without it.",
    );
  }

  const machine = describeMachine();
  const toolchains = new Toolchains(options.node);
  const results: Result[] = [];
  const rows: Row[] = [];
  console.log(headLine());
  for (const work of options.works) {
    const result = await runWork(work, {
      toolchains,
      contestants: options.contestants,
      quick: options.quick,
      rounds: options.rounds,
      deadline: options.quick ? begin + QUICK_LIMIT : Number.POSITIVE_INFINITY,
      progress,
    });
    progress("");
    const its = rowsOf(result, toolchains.nodeVersion, options.quick);
    results.push(result);
    rows.push(...its);
    for (const row of its) console.log(textLine(row));
  }

  const skipped = describeSkipped(results);
  for (const text of skipped) console.error(`skipped: ${text}`);
  const failures = describeFailures(results);
  for (const text of failures) console.error(`failed: ${text}`);
  if (options.write && failures.length === 0) {
    const what = WORKS.map((work): [string, string] => [work.name, work.what]);
    const versions = toolchains.versions();
    const file = resultsFile(options, toolchains);
    const others = WORKS.filter((work) => !options.works.includes(work)).map(({ name }) => name);
    const kept = existsSync(file) ? rowsIn(readFileSync(file, "utf8"), others) : [];
    writeFileSync(file, markdown({ rows, machine, versions, skipped, what, kept }));
    console.error(`written: ${file}`);
  }
  const seconds = Math.round((performance.now() - begin) / 1000);
  const budgets = options.quick
    ? "a quick run shows that everything works; its figures are rough and get no verdicts"
    : `${count(rows, "met")} budgets met, ${count(rows, "not met")} not met`;
  console.error(`${budgets}; ${seconds} s`);
  return failures.length > 0 ? 1 : 0;
}

function list(): void {
  for (const work of WORKS) {
    console.log(`${work.name}: ${work.what}\n  contestants: ${work.contestants.join(", ")}`);
    for (const { against, text, node } of work.budgets) {
      console.log(`  budget: ${text} (${against}${node ? `, Node ${node}` : ""})`);
    }
  }
}

/** Another Node has a file of its own: its figures do not replace those of the usual one. */
function resultsFile(options: Options, toolchains: Toolchains): string {
  const other = options.node !== process.execPath;
  const suffix = other ? `-node-${Number.parseInt(toolchains.nodeVersion, 10)}` : "";
  return join(import.meta.dirname, `RESULTS${suffix}.md`);
}

/** One line for each reason, with the contestants and the works that it concerns. */
function describeSkipped(results: readonly Result[]): string[] {
  const works = new Map<string, string[]>();
  for (const { work, skipped } of results) {
    for (const { contestant, why } of skipped) {
      const key = `${contestant}: ${why}`;
      works.set(key, [...(works.get(key) ?? []), work.name]);
    }
  }
  return [...works].map(([key, names]) => `${key} (${names.join(", ")})`);
}

function describeFailures(results: readonly Result[]): string[] {
  return results.flatMap(({ work, outcomes }) =>
    outcomes
      .filter(({ failure }) => failure)
      .map(({ contestant, failure }) => `${work.name}, ${contestant}: ${failure}`),
  );
}

function count(rows: readonly Row[], verdict: string): number {
  return rows.filter((row) => row.verdict === verdict).length;
}

/** One line that is overwritten, on a terminal only. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));
try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
