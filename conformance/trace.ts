/** The trace of a program on heddle, whatever happens. */
import { runProgram } from "./interpreter.ts";
import type { Program } from "./program.ts";

/**
 * Resolves with the trace. An error of the interpreter itself (or of heddle where no error is foreseen)
 * stands in place of the trace, with its stack.
 */
export async function traceOf(program: Program): Promise<string[]> {
  try {
    return await finished(program);
  } catch (error) {
    const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return shown
      .split("\n")
      .slice(0, 6)
      .map((line) => `! ${line.trim()}`);
  }
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

export function isSameTrace(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
