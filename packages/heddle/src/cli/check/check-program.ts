/*
 * Takes every rule to every node of the files that are checked.
 */
import { relative } from "node:path";
import type ts from "@typescript/typescript6";
import { findDropped } from "./dropped-callback.ts";
import type { Finding } from "./finding.ts";
import { findFloating } from "./floating-coroutine.ts";
import { HeddleTypes } from "./heddle-types.ts";
import { ignoredIn } from "./ignore-comments.ts";
import { Inspection } from "./inspection.ts";
import type { TypeScript } from "./load-typescript.ts";
import { findMissingStars } from "./missing-star.ts";
import { slashed } from "./project.ts";
import { findSwallowed } from "./swallowed-cancellation.ts";

/** What there is to find in these files of a program. Throws for a file that is not in it. */
export function checkProgram(
  ts: TypeScript,
  program: ts.Program,
  files: readonly string[],
): Finding[] {
  const checker = program.getTypeChecker();
  const types = new HeddleTypes(ts, checker, (path) => ts.sys.readFile(path));
  return files.flatMap((path) => {
    const file = program.getSourceFile(slashed(path));
    if (file === undefined) throw new Error(`${path} is not part of the program`);
    const [broken] = program.getSyntacticDiagnostics(file);
    if (broken !== undefined) return [syntaxError(ts, file, broken)];

    const inspection = new Inspection(ts, checker, types, file);
    const visit = (node: ts.Node): void => {
      findFloating(node, inspection);
      findDropped(node, inspection);
      findMissingStars(node, inspection);
      findSwallowed(node, inspection);
      ts.forEachChild(node, visit);
    };
    visit(file);
    const isIgnored = ignoredIn(ts, file);
    return inspection.remarks
      .filter((remark) => !isIgnored(remark))
      .map(({ rule, start, end, message }) => finding(file, rule, start, end, message));
  });
}

/** The first one alone: what follows it are mostly its consequences. */
function syntaxError(
  ts: TypeScript,
  file: ts.SourceFile,
  { start, length, messageText }: ts.DiagnosticWithLocation,
): Finding {
  const message = ts.flattenDiagnosticMessageText(messageText, " ");
  return finding(file, "syntax-error", start, start + length, message);
}

function finding(
  file: ts.SourceFile,
  rule: Finding["rule"],
  start: number,
  end: number,
  message: string,
): Finding {
  const from = file.getLineAndCharacterOfPosition(start);
  const to = file.getLineAndCharacterOfPosition(end);
  return {
    file: slashed(relative(process.cwd(), file.fileName)),
    line: from.line + 1,
    column: from.character + 1,
    endLine: to.line + 1,
    endColumn: to.character + 1,
    rule,
    message,
  };
}
