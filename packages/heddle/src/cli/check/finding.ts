/*
 * What the check finds.
 */

/** The rules, by the names that ignore comments use. */
export type Rule = "floating-coroutine" | "missing-star" | "swallowed-cancellation";

export interface Finding {
  /** Relative to the current folder, with slashes. */
  file: string;
  /** Lines and columns count from 1; the end is where the next character would stand. */
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  rule: Rule | "syntax-error";
  message: string;
}

/** By file, then by place. */
export function inOrder(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1);
}
