/**
 * The command `npm run conformance`: runs programs through heddle, compares the traces with those
 * of CPython, prints the share that is equal and the first differences.
 */
import { parseArgs } from "node:util";
import { compare } from "./comparison.ts";
import { areas, type Case, readArea, readCases, requiredAreas, UsageError } from "./corpus.ts";

const usage = `Usage: npm run conformance -- [options]

Runs programs through heddle and compares the traces with CPython's, line for line.

  --areas A,B   only these areas of the corpus (default: all)
  --file F      instead of the corpus: a file of JSON lines {"id", "program", "trace"}
  --quick       only every tenth program
  --show N      print the first N differences (default: 3)
  --help        print this text

Exit status: 0 equal; 1 a required area (${requiredAreas.join(", ")}) or the file
given with --file differs; 2 bad usage.`;

type Print = (line: string) => void;

/** Programs that are counted together: an area, or a file. */
interface Suite {
  readonly name: string;
  readonly required: boolean;
  readonly cases: readonly Case[];
}

interface Options {
  readonly suites: readonly Suite[];
  readonly show: number;
}

/** Executes the command; gives the exit status. */
export async function conformance(args: string[], print: Print, complain: Print): Promise<number> {
  try {
    const options = parse(args);
    if (options !== "help") return await runSuites(options, print);
    print(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`conformance: ${error.message}`);
    return 2;
  }
}

function parse(args: string[]): Options | "help" {
  const { areas: chosen, file, quick, show, help } = parseOptions(args);
  if (help) return "help";
  if (!/^\d+$/.test(show)) throw new UsageError(`--show takes a number, not "${show}"`);
  if (file !== undefined && chosen !== undefined) {
    throw new UsageError("--file and --areas exclude each other: take one of them");
  }
  const suites =
    file === undefined
      ? [...new Set(chosen?.split(",") ?? areas())].map((area) => areaSuite(area.trim()))
      : [{ name: file, required: true, cases: readCases(file) }];
  return { suites: quick ? suites.map(sampled) : suites, show: Number(show) };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        areas: { type: "string" },
        file: { type: "string" },
        quick: { type: "boolean", default: false },
        show: { type: "string", default: "3" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    // Node explains at length; its first sentence says what is wrong.
    const [reason] = (error as Error).message.split(/[.\n] ?/);
    throw new UsageError(`${reason}; --help lists the options`);
  }
}

function areaSuite(area: string): Suite {
  return { name: area, required: requiredAreas.includes(area), cases: readArea(area) };
}

function sampled(suite: Suite): Suite {
  return { ...suite, cases: suite.cases.filter((_case, index) => index % 10 === 0) };
}

async function runSuites({ suites, show }: Options, print: Print): Promise<number> {
  const differences: string[] = [];
  const requiredThatDiffer: string[] = [];
  const width = Math.max(...suites.map(({ name }) => name.length));
  let passed = 0;
  let failed = 0;
  for (const { name, required, cases } of suites) {
    let equal = 0;
    for (const one of cases) {
      const difference = await compare(one);
      if (difference === undefined) equal += 1;
      else if (differences.length < show) differences.push([one.id, ...difference].join("\n  "));
    }
    passed += equal;
    failed += cases.length - equal;
    if (required && equal < cases.length) requiredThatDiffer.push(name);
    const note = required ? "" : " (not required)";
    print(`${name.padEnd(width)} ${equal}/${cases.length} equal${note}`);
  }
  if (differences.length > 0) {
    print(`\nThe first differences (- CPython, + heddle), ${differences.length} of ${failed}:`);
    for (const difference of differences) print(`\n${difference}`);
    print("");
  }
  if (requiredThatDiffer.length > 0)
    print(`must be equal, but differ: ${requiredThatDiffer.join(", ")}`);
  print(`${passed} passed, ${failed} failed`);
  return requiredThatDiffer.length > 0 ? 1 : 0;
}
