// The command line of the benchmarks.
import { parseArgs } from "node:util";
import { CONTESTANTS, type Contestant, WORKS, type Work } from "../works.ts";

export const USAGE = `npm run bench -- [options]

  --quick               nearly all within a minute: one round, smaller counts, rough figures
  --only WORK,…         these works only (see --list); a directory's name stands for all its works
  --contestants NAME,…  these contestants only
  --only-peers          everybody but heddle, which then need not be built
  --rounds N            outer rounds of each work, in which the contestants alternate
  --node PATH           another Node.js for the JavaScript contestants
  --write               write bench/RESULTS.md after a partial run too (a full one always does)
  --list                the works, their contestants and budgets
  --help                this text

Exit status: 0 done (budgets met or not), 1 a contestant failed, 2 bad usage or heddle not built.
`;

export interface Options {
  readonly quick: boolean;
  readonly works: readonly Work[];
  readonly contestants: ReadonlySet<Contestant>;
  readonly rounds: number | undefined;
  readonly node: string;
  /** Whether the results are to be written: asked for, or nothing was left out. */
  readonly write: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

/** What is wrong with the command line or the tree, in words for the person who typed it. */
export class UsageError extends Error {}

export function parseOptions(argv: readonly string[]): Options {
  const { values } = parse(argv);
  const names = WORKS.map((work) => work.name);
  const directories = WORKS.map((work) => work.programs).filter((name) => !names.includes(name));
  const known = [...names, ...new Set(directories)];
  const only = values.only && list(values.only, known, "work");
  const named = values.contestants && list(values.contestants, CONTESTANTS, "contestant");
  const contestants = new Set<Contestant>(named || CONTESTANTS);
  if (values["only-peers"]) contestants.delete("heddle");
  if (contestants.size === 0) throw new UsageError("--only-peers leaves no contestant.");
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100)) {
    throw new UsageError(`--rounds ${values.rounds}: a whole number from 1 to 100 is expected.`);
  }
  const whole = !values.quick && !only && contestants.size === CONTESTANTS.length && !rounds;
  return {
    quick: values.quick ?? false,
    works: WORKS.filter(({ name, programs, onlyInFull }) => {
      if (!only) return !values.quick || !onlyInFull;
      return only.includes(name) || (directories.includes(programs) && only.includes(programs));
    }),
    contestants,
    rounds,
    node: values.node ?? process.execPath,
    write: values.write ?? whole,
    list: values.list ?? false,
    help: values.help ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        quick: { type: "boolean" },
        only: { type: "string" },
        contestants: { type: "string" },
        "only-peers": { type: "boolean" },
        rounds: { type: "string" },
        node: { type: "string" },
        write: { type: "boolean" },
        list: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function list<T extends string>(text: string, known: readonly T[], what: string): T[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !known.includes(name as T));
  if (unknown.length > 0) {
    throw new UsageError(
      `There is no ${what} "${unknown.join('", "')}". There are: ${known.join(", ")}.`,
    );
  }
  return names as T[];
}
