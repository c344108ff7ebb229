/** Runs a case through heddle and says, line by line, where the two traces part. */
import type { Case } from "./corpus.ts";
import { runProgram } from "./interpreter.ts";
import type { Program } from "./program.ts";

/**
 * Lines of a diff from the expected trace to heddle's ("-" CPython, "+" heddle), or undefined if
 * the traces are equal. An error of the interpreter itself is a difference, shown with its stack.
 */
export async function compare({ program, trace }: Case): Promise<string[] | undefined> {
  let actual: readonly string[];
  try {
    actual = await finished(program);
  } catch (error) {
    const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [`! ${shown.split("\n").slice(0, 6).join("\n  ")}`];
  }
  const equal = actual.length === trace.length && actual.every((line, i) => line === trace[i]);
  return equal ? undefined : lineDiff(trace, actual);
}

/**
 * The trace, or an error if the loop never comes to an end. Virtual time needs no real time: only
 * a promise that nobody will settle takes this long.
 */
async function finished(program: Program): Promise<string[]> {
  let watch: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_resolve, reject) => {
    watch = setTimeout(() => reject(new Error("the program never came to its end")), 10_000);
  });
  try {
    return await Promise.race([runProgram(program), never]);
  } finally {
    clearTimeout(watch);
  }
}

const contextLines = 3;

/** A line diff by longest common subsequence, with equal stretches folded. */
export function lineDiff(expected: readonly string[], actual: readonly string[]): string[] {
  const lines = allLines(expected, actual);
  const near = (index: number) =>
    lines.slice(Math.max(0, index - contextLines), index + contextLines + 1).some(isChange);
  const folded: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (near(index)) folded.push(line);
    else if (folded.at(-1) !== "  …") folded.push("  …");
  }
  return folded;
}

function isChange(line: string): boolean {
  return !line.startsWith(" ");
}

function allLines(expected: readonly string[], actual: readonly string[]): string[] {
  // common[i][j]: the length of the longest common subsequence of the rests from i and from j.
  const common = Array.from({ length: expected.length + 1 }, () =>
    new Array<number>(actual.length + 1).fill(0),
  );
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = actual.length - 1; j >= 0; j--) {
      common[i]![j] =
        expected[i] === actual[j]
          ? common[i + 1]![j + 1]! + 1
          : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < expected.length || j < actual.length) {
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      lines.push(`  ${expected[i]}`);
      i += 1;
      j += 1;
    } else if (
      j === actual.length ||
      (i < expected.length && common[i + 1]![j]! >= common[i]![j + 1]!)
    ) {
      lines.push(`- ${expected[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${actual[j]}`);
      j += 1;
    }
  }
  return lines;
}
