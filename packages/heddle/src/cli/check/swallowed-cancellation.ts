/*
 * swallowed-cancellation: a `catch` or a `finally` that ends a cancellation.
 *
 * A cancellation is an error that is thrown where the task waits, and JavaScript's `catch` catches
 * everything. A clause around a wait that does not let it pass makes a task that cannot be cancelled:
 * its timeouts never fire, and the end of its group waits for it. So does a `return` in `finally`.
 */
import type ts from "@typescript/typescript6";
import { Fate, fateIn } from "./catch-paths.ts";
import { type Inspection, isAsync, isGenerator } from "./inspection.ts";

const RULE = "swallowed-cancellation";

/** Looks at one node. */
export function findSwallowed(node: ts.Node, inspection: Inspection): void {
  const { ts } = inspection;
  if (!ts.isTryStatement(node)) return;
  const fn = inspection.functionAround(node);
  // Nobody cancels the top level.
  if (fn === undefined || !(isAsync(ts, fn) || isGenerator(fn))) return;
  const { tryBlock, catchClause, finallyBlock } = node;
  const waits = inspection.suspendsIn(tryBlock);
  if (catchClause !== undefined && waits) findInCatch(catchClause, inspection);
  if (finallyBlock === undefined) return;
  if (waits || (catchClause !== undefined && inspection.suspendsIn(catchClause))) {
    findInFinally(finallyBlock, finallyBlock, inspection);
  }
}

function findInCatch(clause: ts.CatchClause, inspection: Inspection): void {
  const fate = fateIn(clause, inspection);
  if (fate === Fate.RETHROWN) return;
  const what =
    fate === Fate.SWALLOWED
      ? "this `catch` swallows cancellations, so the task cannot be cancelled here"
      : "this `catch` throws another error in place of a cancellation, so the task fails instead";
  const name = clause.variableDeclaration?.name.getText(inspection.file) ?? "";
  const cure = /^[\w$]+$/.test(name)
    ? `Begin it with \`rethrowIfCancelled(${name})\``
    : "Write `catch (error)`, and begin it with `rethrowIfCancelled(error)`";
  const last = clause.variableDeclaration ?? clause.getFirstToken(inspection.file);
  inspection.report(RULE, clause, `${what}. ${cure}`, last);
}

/** Ways out of the block that are no error. */
function findInFinally(block: ts.Block, node: ts.Node, inspection: Inspection): void {
  const { ts } = inspection;
  inspection.walk(node, (child) => {
    const leaves =
      ts.isReturnStatement(child) ||
      (ts.isBreakOrContinueStatement(child) && !staysIn(block, child, inspection));
    if (!leaves) return;
    const word = child.getFirstToken(inspection.file)?.getText(inspection.file);
    inspection.report(
      RULE,
      child,
      `\`${word}\` in finally drops the error that is on its way, a cancellation too. ` +
        "Put it behind the try statement",
    );
  });
}

/** Does it lead to something inside of the block? */
function staysIn(block: ts.Block, jump: ts.BreakOrContinueStatement, { ts }: Inspection): boolean {
  for (let at: ts.Node = jump.parent; at !== block; at = at.parent) {
    if (jump.label !== undefined) {
      if (ts.isLabeledStatement(at) && at.label.text === jump.label.text) return true;
    } else if (ts.isIterationStatement(at, false)) return true;
    else if (ts.isSwitchStatement(at) && ts.isBreakStatement(jump)) return true;
  }
  return false;
}
