/*
 * `npm run test:runtimes`: the core's tests on every runtime that the portable core is made for.
 *
 * On each Node vitest itself runs them, sources and all; elsewhere a bundle of those that need no Node
 * does. On each the packed package is tried too.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bundle, bundleTests } from "./bundle.ts";
import { withChromium } from "./chromium.ts";
import { type Options, parseOptions, RUNTIMES, USAGE, UsageError } from "./options.ts";
import { tryPacked, tryPackedInPage, unpackHeddle } from "./packed.ts";
import * as report from "./report.ts";
import { runInPages, runInProcesses } from "./run-bundle.ts";
import { runVitest } from "./run-vitest.ts";
import { commandOf, findProgram, obtain, type Runtime, runtimeAt } from "./runtimes.ts";
import { fileFailure, type TestOutcome } from "./summary.ts";
import { findTestFiles, type Platform, type TestFiles } from "./test-files.ts";

type Print = (line: string) => void;

/** Executes the command; gives the exit status. */
export async function testRuntimes(
  args: readonly string[],
  print: Print,
  complain: Print,
): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) print(USAGE);
    else if (options.list) list(print);
    else return await runAll(options, print, complain);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      complain(`test:runtimes: ${error.message}`);
      return 2;
    }
    if (!isBuildFailure(error)) throw error;
    complain("test:runtimes: esbuild cannot follow the tests' imports; it has said why");
    return 1;
  }
}

/** esbuild prints its errors itself. */
function isBuildFailure(error: unknown): boolean {
  return error instanceof Error && "errors" in error && "warnings" in error;
}

function list(print: Print): void {
  for (const name of RUNTIMES) {
    const program = findProgram(name);
    const runtime = program === undefined ? undefined : runtimeAt(name, program);
    const where = name === "chromium" ? "not on the PATH" : "comes from npm when it is needed";
    print(
      `${name.padEnd(10)} ${typeof runtime === "object" ? runtime.version : (runtime ?? where)}`,
    );
  }
}

async function runAll(options: Options, print: Print, complain: Print): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "heddle-runtimes-"));
  // Also when Ctrl-C ends the process.
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    return await runIn(folder, options, print, complain);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

async function runIn(
  folder: string,
  options: Options,
  print: Print,
  complain: Print,
): Promise<number> {
  const begin = performance.now();
  const work: Work = { files: await findTestFiles(), folder, grep: options.grep, bundles: {} };
  unpackHeddle(folder);
  const rows: report.Row[] = [];
  print(report.HEAD);
  for (const name of options.runtimes) {
    const runtime = obtain(name, complain);
    if (typeof runtime === "string") print(report.missingLine(name, runtime));
    else {
      const row = await runOn(runtime, work);
      print(report.rowLine(row));
      rows.push(row);
    }
  }
  for (const row of rows) for (const line of report.failureLines(row)) print(line);
  const notes = [...report.skippedLines(rows), ...report.leftOutLines(rows)];
  if (notes.length > 0) print(["", ...notes].join("\n"));
  const { passed, failed } = report.count(rows.flatMap(({ outcomes }) => outcomes));
  const broken = rows.filter((row) => row.packed !== undefined).length;
  const time = ((performance.now() - begin) / 1000).toFixed(0);
  print(`\n${rows.length} runtimes: ${passed} passed, ${failed + broken} failed; ${time} s`);
  if (passed + failed > 0) return failed + broken > 0 ? 1 : 0;
  complain(
    options.grep === undefined
      ? "test:runtimes: nothing ran"
      : `test:runtimes: no test's name matches ${options.grep}`,
  );
  return 1;
}

/** What the runtimes have in common. */
interface Work {
  readonly files: TestFiles;
  /** Holds a program beside the packed package, and takes bundles and results. */
  readonly folder: string;
  readonly grep: string | undefined;
  /** Each is made when the first runtime needs it. */
  readonly bundles: Partial<Record<Platform, Bundle>>;
}

async function runOn(runtime: Runtime, work: Work): Promise<report.Row> {
  const begin = performance.now();
  const { name, version, program } = runtime;
  let outcomes: TestOutcome[];
  let packed: string | undefined;
  let leftOut: report.Row["leftOut"] = new Map();
  if (name.startsWith("node")) {
    outcomes = await runVitest(program, work.files.all, work);
    packed = await tryPacked(runtime, work.folder);
  } else {
    const platform = name === "chromium" ? "browser" : "server";
    leftOut = work.files.leftOut[platform];
    const files = work.files.all.filter((file) => !leftOut.has(file));
    work.bundles[platform] ??= await bundleTests(files, join(work.folder, platform), {
      platform,
      grep: work.grep,
    });
    const bundle = work.bundles[platform];
    if (name === "chromium") {
      try {
        [outcomes, packed] = await withChromium(program, async (browser) => [
          await runInPages(browser, files, bundle),
          await tryPackedInPage(browser, work.folder),
        ]);
      } catch (error) {
        outcomes = [fileFailure("", `Chromium cannot be driven: ${(error as Error).message}`)];
      }
    } else {
      outcomes = await runInProcesses(commandOf(runtime), files, bundle);
      packed = await tryPacked(runtime, work.folder);
    }
    outcomes = outcomes.map((outcome) => ({
      ...outcome,
      errors: outcome.errors.map(bundle.located),
    }));
  }
  return { name, version, outcomes, packed, leftOut, time: performance.now() - begin };
}
