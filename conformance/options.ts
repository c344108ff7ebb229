/** The command line of `npm run conformance`. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { corpusAreas, UsageError } from "./corpus.ts";
import { indicesOf } from "./fresh/run-fresh.ts";
import { areaNames } from "./generator/areas.ts";

export const usage = `Usage: npm run conformance -- [options]

Runs programs through heddle and compares the traces with CPython's, line for line: first the
corpus, then fresh programs, which CPython 3.14 (the package pyodide) runs beside heddle.

  --corpus         only the corpus, whose traces are stored: needs no CPython
  --programs N     only fresh programs, N of them (without this and --corpus: both, N = 10000)
  --seed S         fresh programs of this seed (default: 1); program I of a seed is always the same
  --index I        only program I of the seed
  --areas A,B      only these areas, of the corpus and of fresh programs (default: all)
  --file F         instead: a file of JSON lines {"id", "program", "trace"}; needs no CPython
  --quick          the whole corpus, then 500 fresh programs
  --show N         print the first N differences (default: 3)
  --shrink         make those as small as they can be, print them, and write them to a file for --file
  --write F        that file (default: node_modules/.cache/heddle/shrunk.jsonl)
  --jobs N         processes for fresh programs (default: 2, or 1 for few programs)
  --faults         instead: plant faults in heddle, and see fresh programs find them (N = 2000)
  --only A,B       only these faults
  --help           print this text

Areas of the corpus: ${corpusAreas().join(", ")}.
Fresh programs are made for: ${areaNames.join(", ")}.

Exit status: 0 all equal (--faults: all found); 1 something differs (a fault was not found);
2 bad usage, or CPython is needed and cannot be loaded.`;

const usualPrograms = 10_000;
const quickPrograms = 500;
const faultPrograms = 2_000;

/** Fewer programs than this are run before a second process has loaded CPython. */
const fewPrograms = 3_000;

/** Fresh programs to run. */
export interface FreshOptions {
  readonly seed: number;
  readonly indices: readonly number[];
  readonly jobs: number;
  /** They were asked for: without CPython the command fails. */
  readonly asked: boolean;
}

export interface Options {
  /** Areas of the corpus. */
  readonly corpus: readonly string[];
  readonly file: string | undefined;
  readonly fresh: FreshOptions | undefined;
  readonly show: number;
  readonly shrink: boolean;
  readonly write: string | undefined;
}

export interface FaultOptions {
  readonly seed: number;
  readonly indices: readonly number[];
  readonly jobs: number;
  readonly only: readonly string[] | undefined;
}

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "faults"; readonly options: FaultOptions }
  | { readonly kind: "compare"; readonly options: Options };

type Values = ReturnType<typeof parse>;

/** What the arguments ask for; throws UsageError. */
export function parseCommand(args: string[]): Command {
  const values = parse(args);
  if (values.help) return { kind: "help" };
  exclude(values, "file", [
    "areas",
    "corpus",
    "programs",
    "seed",
    "index",
    "quick",
    "jobs",
    "faults",
  ]);
  exclude(values, "index", ["areas", "corpus", "programs", "quick", "jobs", "faults"]);
  exclude(values, "quick", ["programs", "corpus", "faults"]);
  exclude(values, "faults", ["corpus", "shrink", "show", "write"]);
  if (values.only !== undefined && !values.faults) throw new UsageError("--only needs --faults");
  if (values.write !== undefined && !values.shrink) throw new UsageError("--write needs --shrink");

  const jobs = values.jobs === undefined ? undefined : wholeNumber("jobs", values.jobs, 1, 64);
  const seed = wholeNumber("seed", values.seed ?? "1", 0);
  const known = [...new Set([...corpusAreas(), ...areaNames])];
  const areas = values.areas === undefined ? known : list("area", values.areas, known);
  const count = values.programs && wholeNumber("programs", values.programs, 1, 10_000_000);
  const fresh = (usual: number): FreshOptions => {
    const generated = areas.filter((area) => (areaNames as readonly string[]).includes(area));
    if (generated.length === 0) {
      throw new UsageError(
        `no fresh programs are made for ${areas.join(", ")}; they are for ${areaNames.join(", ")}`,
      );
    }
    const indices = indicesOf(count || usual, generated);
    const enough = indices.length < fewPrograms ? 1 : Math.min(2, availableParallelism());
    return { seed, indices, jobs: jobs ?? enough, asked: Boolean(count) };
  };

  if (values.faults) {
    const { indices } = fresh(faultPrograms);
    const only = values.only?.split(",").map((name) => name.trim());
    return { kind: "faults", options: { seed, indices, jobs: jobs ?? 2, only } };
  }
  const options = {
    file: values.file,
    show: wholeNumber("show", values.show ?? "3", 0),
    shrink: values.shrink ?? false,
    write: values.write,
  };
  if (values.file !== undefined) {
    return { kind: "compare", options: { ...options, corpus: [], fresh: undefined } };
  }
  if (values.index !== undefined) {
    const indices = [wholeNumber("index", values.index, 0)];
    const one = { seed, indices, jobs: 1, asked: true };
    return { kind: "compare", options: { ...options, corpus: [], fresh: one } };
  }
  const corpus =
    count && !values.corpus ? [] : areas.filter((area) => corpusAreas().includes(area));
  const onlyCorpus = values.corpus && !count;
  const anyFresh = areas.some((area) => (areaNames as readonly string[]).includes(area));
  const usual = values.quick ? quickPrograms : usualPrograms;
  return {
    kind: "compare",
    options: {
      ...options,
      corpus,
      fresh: onlyCorpus || (!count && !anyFresh) ? undefined : fresh(usual),
    },
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        areas: { type: "string" },
        corpus: { type: "boolean" },
        faults: { type: "boolean" },
        file: { type: "string" },
        help: { type: "boolean" },
        index: { type: "string" },
        jobs: { type: "string" },
        only: { type: "string" },
        programs: { type: "string" },
        quick: { type: "boolean" },
        seed: { type: "string" },
        show: { type: "string" },
        shrink: { type: "boolean" },
        write: { type: "string" },
      },
    }).values;
  } catch (error) {
    // Node explains at length; its first sentence says what is wrong.
    const [reason] = (error as Error).message.split(/[.\n] ?/);
    throw new UsageError(`${reason}; --help lists the options`);
  }
}

function exclude(values: Values, option: keyof Values, others: readonly (keyof Values)[]): void {
  const other = others.find((one) => values[one] !== undefined);
  if (values[option] === undefined || other === undefined) return;
  throw new UsageError(`--${option} and --${other} exclude each other: take one of them`);
}

function wholeNumber(option: string, text: string, low: number, high = 2 ** 32 - 1): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  const range = low === 0 ? "" : ` of ${low} or more`;
  const most = high === 2 ** 32 - 1 ? "" : ` (at most ${high})`;
  throw new UsageError(`--${option} takes a whole number${range}${most}, not "${text}"`);
}

function list(what: string, text: string, known: readonly string[]): string[] {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new UsageError(`there is no ${what} "${unknown}"; the ${what}s are ${known.join(", ")}`);
}
