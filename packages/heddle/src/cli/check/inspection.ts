/*
 * What the rules ask and say while a file is walked through.
 */
import type ts from "@typescript/typescript6";
import type { Rule } from "./finding.ts";
import type { HeddleTypes } from "./heddle-types.ts";
import type { TypeScript } from "./load-typescript.ts";

/** From where to where, and why. */
export interface Remark {
  rule: Rule;
  start: number;
  end: number;
  message: string;
  /** Which node it is about. */
  node: ts.Node;
}

/** A function of any kind; undefined is the top level. */
export type FunctionNode = ts.FunctionLikeDeclaration | undefined;

/** How awaiting is written in a function: `yield*`, `await`, or not at all. */
export type Way = "coroutine" | "async" | "plain";

export class Inspection {
  readonly ts: TypeScript;
  readonly checker: ts.TypeChecker;
  readonly types: HeddleTypes;
  readonly file: ts.SourceFile;
  readonly remarks: Remark[] = [];
  readonly #said = new Set<string>();

  constructor(ts: TypeScript, checker: ts.TypeChecker, types: HeddleTypes, file: ts.SourceFile) {
    this.ts = ts;
    this.checker = checker;
    this.types = types;
    this.file = file;
  }

  /** Once for each place: two rules can lead to the same expression. */
  report(rule: Rule, node: ts.Node, message: string, last: ts.Node = node): void {
    const start = node.getStart(this.file);
    if (this.#said.has(`${rule} ${start}`)) return;
    this.#said.add(`${rule} ${start}`);
    this.remarks.push({ rule, start, end: last.getEnd(), message, node });
  }

  typeOf(node: ts.Node): ts.Type {
    return this.checker.getTypeAtLocation(node);
  }

  mayBeCoroutine(node: ts.Expression): boolean {
    return this.types.mayBeCoroutine(this.typeOf(node));
  }

  isCoroutine(node: ts.Expression): boolean {
    return this.types.isCoroutine(this.typeOf(node));
  }

  /** The expression without parentheses, casts and the like around it. */
  bare(node: ts.Expression): ts.Expression {
    const { ts } = this;
    let at = node;
    while (
      ts.isParenthesizedExpression(at) ||
      ts.isAssertionExpression(at) ||
      ts.isNonNullExpression(at) ||
      ts.isSatisfiesExpression(at)
    ) {
      at = at.expression;
    }
    return at;
  }

  /** The function whose body a node stands in. */
  functionAround(node: ts.Node): FunctionNode {
    for (let at = node.parent; at !== undefined; at = at.parent) {
      if (isFunction(this.ts, at)) return at;
    }
    return undefined;
  }

  wayIn(fn: FunctionNode): Way {
    if (fn === undefined) return "async";
    if (isAsync(this.ts, fn)) return "async";
    return isGenerator(fn) ? "coroutine" : "plain";
  }

  /** Everything in a function that is not in a function inside of it. */
  walk(node: ts.Node, visit: (node: ts.Node) => void): void {
    this.ts.forEachChild(node, (child) => {
      visit(child);
      if (!isFunction(this.ts, child) && !this.ts.isClassLike(child)) this.walk(child, visit);
    });
  }

  /** Does something in there wait for what is heddle's? */
  suspendsIn(body: ts.Node): boolean {
    let suspends = false;
    this.walk(body, (node) => {
      suspends ||= this.isSuspensionPoint(node);
    });
    return suspends;
  }

  /** `yield*` or `await` of what is heddle's. */
  isSuspensionPoint(node: ts.Node): boolean {
    const { ts } = this;
    if (ts.isYieldExpression(node)) {
      if (node.asteriskToken === undefined || node.expression === undefined) return false;
      return this.types.mayBeAwaitable(this.typeOf(node.expression));
    }
    if (ts.isAwaitExpression(node)) return this.types.mayBeAwaitable(this.typeOf(node.expression));
    // A queue, a reader, what asCompleted() returns.
    if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) {
      return this.types.isOwn(this.typeOf(node.expression).getSymbol());
    }
    return false;
  }

  /** The text of an expression, short enough for a line. */
  text(node: ts.Expression): string {
    const bare = this.bare(node);
    const text = oneLine(bare.getText(this.file));
    if (text.length <= 40) return text;
    if (!this.ts.isCallExpression(bare)) return `${text.slice(0, 36)} …`;
    const callee = oneLine(bare.expression.getText(this.file));
    const name = callee.length <= 30 ? callee : `…${/\.?[\w$#]+$/.exec(callee)?.[0] ?? ""}`;
    return `${name}(${bare.arguments.length > 0 ? "…" : ""})`;
  }
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, " ");

export function isFunction(ts: TypeScript, node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && "body" in node;
}

export function isAsync(ts: TypeScript, fn: ts.FunctionLikeDeclaration): boolean {
  return (ts.getCombinedModifierFlags(fn) & ts.ModifierFlags.Async) !== 0;
}

export function isGenerator(fn: ts.FunctionLikeDeclaration): boolean {
  return fn.asteriskToken !== undefined;
}
