/** Whether one program differs, and how. */
import type { Program } from "../program.ts";
import { Lost, type Runner } from "./children.ts";

export interface Traces {
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

/**
 * The two traces, if they are not equal. A program that heddle does not bring to its end differs; one
 * that CPython's side cannot run is no program, and does not count.
 */
export async function differenceOf(runner: Runner, program: Program): Promise<Traces | undefined> {
  try {
    const { differences } = await runner.run({ given: [program] });
    const [difference] = differences;
    return difference?.expected.some((line) => line.startsWith("! ")) ? undefined : difference;
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
    return error.side === "CPython" ? undefined : tracesOf(error);
  }
}

/** What stands for the traces of a program that one side did not bring to its end. */
export function tracesOf({ side, message, expected }: Lost): Traces {
  const note = [`! ${side}: ${message}`];
  return side === "CPython" ? { expected: note, actual: [] } : { expected, actual: note };
}
