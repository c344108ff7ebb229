/*
 * The error of a `catch` clause, as its statements see it: which variables hold it, and what a condition
 * says of it if it is a cancellation.
 */
import type ts from "@typescript/typescript6";
import { type Inspection, isFunction } from "./inspection.ts";

/** "asked" (it looks at the error) and "unrelated" cannot be told. */
export type Truth = boolean | "asked" | "unrelated";

export class CaughtError {
  readonly #clause: ts.CatchClause;
  readonly #inspection: Inspection;
  /** Variables that hold the error, and those that hold what was made of it. */
  readonly #errors = new Set<ts.Symbol>();
  readonly #related = new Set<ts.Symbol>();

  constructor(clause: ts.CatchClause, inspection: Inspection) {
    this.#clause = clause;
    this.#inspection = inspection;
    const { ts } = inspection;
    const caught = clause.variableDeclaration?.name;
    if (caught === undefined) return;
    if (ts.isIdentifier(caught)) this.#add(this.#errors, caught);
    else this.#addRelated(caught);
    inspection.walk(clause.block, (node) => {
      if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return;
      if (ts.isIdentifier(node.name) && this.isIn(node.initializer)) {
        this.#add(this.#errors, node.name);
      } else if (this.isAskedIn(node.initializer)) {
        this.#addRelated(node.name);
      }
    });
  }

  #add(symbols: Set<ts.Symbol>, name: ts.Node): void {
    const symbol = this.#inspection.checker.getSymbolAtLocation(name);
    if (symbol !== undefined) symbols.add(symbol);
  }

  #addRelated(name: ts.BindingName): void {
    const { ts } = this.#inspection;
    if (ts.isIdentifier(name)) this.#add(this.#related, name);
    else
      for (const part of name.elements)
        if (!ts.isOmittedExpression(part)) this.#addRelated(part.name);
  }

  /** Is the error what this expression gives? */
  isIn(expression: ts.Expression): boolean {
    const { ts, checker } = this.#inspection;
    const node = this.#inspection.bare(expression);
    const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
    return symbol !== undefined && this.#errors.has(symbol);
  }

  /** Does this look at the error, or at what was made of it? */
  isAskedIn(node: ts.Node): boolean {
    const { ts, checker } = this.#inspection;
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      return symbol !== undefined && (this.#errors.has(symbol) || this.#related.has(symbol));
    }
    if (isFunction(ts, node)) return false;
    return ts.forEachChild(node, (child) => this.isAskedIn(child) || undefined) ?? false;
  }

  /** Whoever asks about cancellations by name knows of them. */
  isKnownToBeCancellation(): boolean {
    const { ts, types, checker } = this.#inspection;
    let found = false;
    this.#inspection.walk(this.#clause.block, (node) => {
      if (ts.isStringLiteralLike(node)) found ||= node.text === "CancelledError";
      if (!ts.isIdentifier(node)) return;
      const name = types.ownName(checker.getSymbolAtLocation(node));
      found ||= /^(isCancelled|CancelledError|cancelled|cancelling)$/.test(name ?? "");
    });
    return found;
  }

  /** `failure = error`, and behind the clause `throw failure`. */
  isThrownLater(): boolean {
    const { ts, checker } = this.#inspection;
    const keepers = new Set<ts.Symbol>();
    this.#inspection.walk(this.#clause.block, (node) => {
      if (!ts.isBinaryExpression(node) || !this.isIn(node.right)) return;
      if (node.operatorToken.kind === ts.SyntaxKind.EqualsToken) this.#add(keepers, node.left);
    });
    const body = this.#inspection.functionAround(this.#clause)?.body;
    if (keepers.size === 0 || body === undefined) return false;
    let found = false;
    this.#inspection.walk(body, (node) => {
      if (!ts.isThrowStatement(node) || node.pos < this.#clause.end) return;
      const thrown = checker.getSymbolAtLocation(this.#inspection.bare(node.expression));
      found ||= thrown !== undefined && keepers.has(thrown);
    });
    return found;
  }

  /** `return Promise.reject(error)` */
  isRejectedBy(expression: ts.Expression): boolean {
    const { ts, file } = this.#inspection;
    const node = this.#inspection.bare(expression);
    return (
      ts.isCallExpression(node) &&
      node.expression.getText(file) === "Promise.reject" &&
      node.arguments.some((argument) => this.isIn(argument))
    );
  }

  /** What the condition is, if the error is a cancellation. */
  truthOf(condition: ts.Expression): Truth {
    const { ts } = this.#inspection;
    const node = this.#inspection.bare(condition);
    if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
    if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      const truth = this.truthOf(node.operand);
      return typeof truth === "boolean" ? !truth : truth;
    }
    if (ts.isBinaryExpression(node)) {
      const { kind } = node.operatorToken;
      if (kind === ts.SyntaxKind.AmpersandAmpersandToken) return this.#joined(node, false);
      if (kind === ts.SyntaxKind.BarBarToken) return this.#joined(node, true);
      if (kind === ts.SyntaxKind.InstanceOfKeyword && this.isIn(node.left)) {
        return this.#isInstance(node.right);
      }
    }
    return this.isAskedIn(node) ? "asked" : "unrelated";
  }

  /** Of `a && b` false decides, of `a || b` true. */
  #joined(node: ts.BinaryExpression, deciding: boolean): Truth {
    const truths = [this.truthOf(node.left), this.truthOf(node.right)];
    if (truths.includes(deciding)) return deciding;
    if (truths.includes("asked")) return "asked";
    return truths.includes("unrelated") ? "unrelated" : !deciding;
  }

  /** Is a CancelledError an instance of this class? */
  #isInstance(errorClass: ts.Expression): Truth {
    const { ts, checker } = this.#inspection;
    const name = this.#inspection.bare(errorClass);
    let symbol = checker.getSymbolAtLocation(name);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
    const declarations = symbol?.declarations;
    if (symbol === undefined || declarations === undefined) return "asked";
    if (!/^(Error|Object)$/.test(symbol.name)) return false;
    return declarations.every((declaration) => declaration.getSourceFile().isDeclarationFile);
  }
}
