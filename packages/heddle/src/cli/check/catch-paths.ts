/*
 * What becomes of a cancellation that a `catch` has caught.
 *
 * The clause is gone through as if its error were a CancelledError: `error instanceof MyError` is
 * false then, `error instanceof Error` true. A condition that asks the error something else
 * (`error.code === "ENOENT"`) is meant to tell errors apart, so it is taken to send a cancellation the
 * better way; one that has nothing to do with it (`attempt === 3`), the worse. Each statement is judged
 * together with what comes after it, which is why most functions here take a `next`.
 */
import type ts from "@typescript/typescript6";
import { CaughtError, type Truth } from "./caught-error.ts";
import type { Inspection } from "./inspection.ts";
import type { TypeScript } from "./load-typescript.ts";

/** How it ends, from good to bad. */
export const Fate = {
  RETHROWN: 0,
  /** Another error is thrown in its place. */
  REPLACED: 1,
  SWALLOWED: 2,
} as const;
type Fate = (typeof Fate)[keyof typeof Fate];

type Next = () => Fate;

interface Target {
  kind: "loop" | "switch" | "block";
  label: string | undefined;
  next: Next;
}

/** What stands around a statement, within the clause. */
interface Around {
  /** Where `break` and `continue` lead, innermost first. */
  targets: readonly Target[];
  /** Where a `throw` leads; undefined is out of the clause. */
  handler: Next | undefined;
}

/** The fate of a cancellation in this clause. */
export function fateIn(clause: ts.CatchClause, inspection: Inspection): Fate {
  const error = new CaughtError(clause, inspection);
  if (error.isKnownToBeCancellation() || error.isThrownLater()) return Fate.RETHROWN;
  const around = { targets: [], handler: undefined };
  const paths = new CatchPaths(error, inspection);
  return paths.block(clause.block.statements, () => Fate.SWALLOWED, around);
}

class CatchPaths {
  readonly #inspection: Inspection;
  readonly #error: CaughtError;

  constructor(error: CaughtError, inspection: Inspection) {
    this.#error = error;
    this.#inspection = inspection;
  }

  block(statements: readonly ts.Statement[], next: Next, around: Around): Fate {
    const [first, ...rest] = statements;
    if (first === undefined) return next();
    return this.#statement(
      first,
      once(() => this.block(rest, next, around)),
      around,
    );
  }

  #statement(node: ts.Statement, next: Next, around: Around, label?: string): Fate {
    const { ts } = this.#inspection;
    if (ts.isBlock(node)) return this.block(node.statements, next, around);
    if (ts.isThrowStatement(node)) {
      return around.handler?.() ?? this.#fateOfThrown(node.expression);
    }
    if (ts.isReturnStatement(node)) {
      return node.expression && this.#error.isRejectedBy(node.expression)
        ? Fate.RETHROWN
        : Fate.SWALLOWED;
    }
    if (ts.isBreakOrContinueStatement(node)) {
      return targetOf(node, around.targets, ts)?.next() ?? Fate.SWALLOWED;
    }
    if (ts.isIfStatement(node)) {
      return this.#fork(
        this.#error.truthOf(node.expression),
        () => this.#statement(node.thenStatement, next, around),
        () => (node.elseStatement ? this.#statement(node.elseStatement, next, around) : next()),
      );
    }
    if (ts.isTryStatement(node)) return this.#try(node, next, around);
    const within = (kind: Target["kind"], name: string | undefined): Around => ({
      ...around,
      targets: [{ kind, label: name, next }, ...around.targets],
    });
    if (ts.isSwitchStatement(node)) return this.#switch(node, next, within("switch", label));
    if (ts.isLabeledStatement(node)) {
      const { text } = node.label;
      return this.#statement(node.statement, next, within("block", text), text);
    }
    if (ts.isIterationStatement(node, false)) {
      const body = this.#statement(node.statement, next, within("loop", label));
      return isEndless(node, this.#inspection) ? body : worse(body, next());
    }
    if (ts.isExpressionStatement(node) && this.#throws(node.expression)) {
      return around.handler?.() ?? Fate.RETHROWN;
    }
    return next();
  }

  #fork(truth: Truth, yes: Next, no: Next): Fate {
    if (truth === true) return yes();
    if (truth === false) return no();
    return truth === "asked" ? better(yes(), no()) : worse(yes(), no());
  }

  #switch(node: ts.SwitchStatement, next: Next, around: Around): Fate {
    const { ts } = this.#inspection;
    const { clauses } = node.caseBlock;
    const fates = clauses.map((_, at) =>
      this.block(
        clauses.slice(at).flatMap(({ statements }) => statements),
        next,
        around,
      ),
    );
    if (!clauses.some((clause) => ts.isDefaultClause(clause))) fates.push(next());
    const asks =
      this.#error.isAskedIn(node.expression) ||
      clauses.some((clause) => ts.isCaseClause(clause) && this.#error.isAskedIn(clause.expression));
    return fates.reduce(asks ? better : worse);
  }

  #try(node: ts.TryStatement, next: Next, around: Around): Fate {
    const { tryBlock, catchClause, finallyBlock } = node;
    const last = once(() =>
      finallyBlock ? this.block(finallyBlock.statements, next, around) : next(),
    );
    if (catchClause === undefined) return this.block(tryBlock.statements, last, around);
    const handler = once(() => this.block(catchClause.block.statements, last, around));
    return worse(this.block(tryBlock.statements, last, { ...around, handler }), handler());
  }

  #fateOfThrown(expression: ts.Expression): Fate {
    const { ts } = this.#inspection;
    const node = this.#inspection.bare(expression);
    if (ts.isConditionalExpression(node)) {
      return this.#fork(
        this.#error.truthOf(node.condition),
        () => this.#fateOfThrown(node.whenTrue),
        () => this.#fateOfThrown(node.whenFalse),
      );
    }
    if (this.#error.isIn(node)) return Fate.RETHROWN;
    // A function may give back the error itself; `new` never does.
    const isMade =
      ts.isNewExpression(node) || ts.isIdentifier(node) || !this.#error.isAskedIn(node);
    return isMade ? Fate.REPLACED : Fate.RETHROWN;
  }

  /** `rethrowIfCancelled(error)`, or a call that never returns. */
  #throws(expression: ts.Expression): boolean {
    const { ts, types, checker } = this.#inspection;
    const node = this.#inspection.bare(expression);
    if (this.#inspection.typeOf(node).flags & ts.TypeFlags.Never) return true;
    if (!ts.isCallExpression(node) || !node.arguments.some((a) => this.#error.isIn(a)))
      return false;
    const callee = node.expression;
    const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
    return types.ownName(checker.getSymbolAtLocation(name)) === "rethrowIfCancelled";
  }
}

function targetOf(
  { kind, label }: ts.BreakOrContinueStatement,
  targets: readonly Target[],
  { SyntaxKind }: TypeScript,
): Target | undefined {
  if (label !== undefined) return targets.find((target) => target.label === label.text);
  return targets.find(
    (target) =>
      target.kind === "loop" || (target.kind === "switch" && kind === SyntaxKind.BreakStatement),
  );
}

/** `while (true)`, `for (;;)` */
function isEndless(node: ts.IterationStatement, { ts }: Inspection): boolean {
  if (ts.isForStatement(node)) return node.condition === undefined;
  return ts.isWhileStatement(node) && node.expression.kind === ts.SyntaxKind.TrueKeyword;
}

const better = (a: Fate, b: Fate): Fate => (a < b ? a : b);
const worse = (a: Fate, b: Fate): Fate => (a > b ? a : b);

/** What comes after a fork would be judged once for each way. */
function once(judge: Next): Next {
  let fate: Fate | undefined;
  return () => {
    fate ??= judge();
    return fate;
  };
}
