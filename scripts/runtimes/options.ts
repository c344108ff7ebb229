/*
 * The command line of `npm run test:runtimes`.
 */
import { parseArgs } from "node:util";

export const RUNTIMES = [
  "node20",
  "node22",
  "node24",
  "node26",
  "bun",
  "deno",
  "chromium",
] as const;

export type RuntimeName = (typeof RUNTIMES)[number];

export const USAGE = `Usage: npm run test:runtimes -- [options]

Runs the core's tests, and a program on the packed package, on every runtime. Runtimes that are not
here come from npm, into node_modules/.cache/heddle-runtimes (remove it to get their newest versions).

  --only NAME,…   these runtimes only: ${RUNTIMES.join(", ")}
  --grep PATTERN  only the tests whose full name matches this regular expression
  --list          print the runtimes, whether they are here, and end
  --help          print this text

Exit status: 0 all that ran passed; 1 something failed, or nothing ran; 2 bad usage.`;

export interface Options {
  readonly runtimes: readonly RuntimeName[];
  readonly grep: string | undefined;
  readonly list: boolean;
  readonly help: boolean;
}

/** What is wrong with the command line or the tree, in words for the person who typed it. */
export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const { only, grep, list = false, help = false } = parse(args);
  if (grep !== undefined) checkPattern(grep);
  return { runtimes: only === undefined ? RUNTIMES : chosen(only), grep, list, help };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string" },
        grep: { type: "string" },
        list: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    // Node explains at length; its first sentence says what is wrong.
    const [reason] = (error as Error).message.split(/[.\n] ?/);
    throw new UsageError(`${reason}; --help lists the options`);
  }
}

/** In the order of the list, each once. */
function chosen(only: string): RuntimeName[] {
  const names = only.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !RUNTIMES.includes(name as RuntimeName));
  if (unknown.length > 0) {
    throw new UsageError(
      `there is no runtime "${unknown.join('", "')}"; there are: ${RUNTIMES.join(", ")}`,
    );
  }
  return RUNTIMES.filter((name) => names.includes(name));
}

function checkPattern(grep: string): void {
  if (grep === "") throw new UsageError("--grep needs a pattern, not an empty text");
  try {
    new RegExp(grep);
  } catch (error) {
    throw new UsageError(`--grep takes a regular expression: ${(error as Error).message}`);
  }
}
