/*
 * `// heddle-ignore RULE: reason`
 *
 * On a line of its own the comment stands for the line of the next code, behind code for its own line.
 * A finding is silenced by one for its line, for the line where its statement begins, and in a `catch`
 * also by one that is the first thing in the clause.
 */
import type ts from "@typescript/typescript6";
import type { Remark } from "./inspection.ts";
import type { TypeScript } from "./load-typescript.ts";

const comments = /(?:\/\/|\/\*)[^\S\n]*heddle-ignore[^\S\n]+([\w-]+(?:[^\S\n]*,[^\S\n]*[\w-]+)*)/g;

/** Tells whether a comment in the file silences a remark. */
export function ignoredIn(ts: TypeScript, file: ts.SourceFile): (remark: Remark) => boolean {
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line;
  const rules = new Map<number, string[]>();
  for (const match of file.text.matchAll(comments)) {
    const [, names = ""] = match;
    const line = lineOf(match.index);
    const before = file.text.slice(file.getPositionOfLineAndCharacter(line, 0), match.index);
    const target = before.trim() === "" ? lineOf(codeAfter(ts, file, match.index)) : line;
    rules.set(target, [...(rules.get(target) ?? []), ...names.split(/\s*,\s*/)]);
  }

  return ({ rule, start, node }) => {
    const lines = [lineOf(start), lineOf(statementOf(ts, node).getStart(file))];
    if (ts.isCatchClause(node)) {
      lines.push(lineOf(node.block.statements[0]?.getStart(file) ?? node.block.end - 1));
    }
    return lines.some((line) => rules.get(line)?.includes(rule));
  };
}

/** The position of the first code after the comment that begins at `position`. */
function codeAfter(ts: TypeScript, file: ts.SourceFile, position: number): number {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, true);
  scanner.setText(file.text, position);
  scanner.scan();
  return scanner.getTokenStart();
}

function statementOf(ts: TypeScript, node: ts.Node): ts.Node {
  let at = node;
  while (at.parent !== undefined && !isOuter(ts, at.parent)) at = at.parent;
  return at;
}

/** What holds statements, or members. */
function isOuter(ts: TypeScript, node: ts.Node): boolean {
  return (
    ts.isBlock(node) ||
    ts.isSourceFile(node) ||
    ts.isCaseOrDefaultClause(node) ||
    ts.isModuleBlock(node) ||
    ts.isClassLike(node)
  );
}
