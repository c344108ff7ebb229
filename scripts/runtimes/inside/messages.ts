/*
 * What the runtime tells the command while it runs one file of tests, one line of JSON each.
 */
import type { TestOutcome } from "../summary.ts";

export type Message =
  /** This test begins: if no more is heard, it hangs. */
  | { readonly begins: string }
  /** The file is done. */
  | { readonly outcomes: readonly TestOutcome[] };

/** Begins each line that is a message; tests may print others. */
export const MARK = "\u0001heddle ";
