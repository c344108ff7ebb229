/*
 * missing-star: a coroutine where its result was meant.
 *
 * `yield work()` hands the coroutine to the task, which refuses it; `return work()` makes it the
 * result. And where only a plain value makes sense, in a condition, in arithmetic, in a text, to be
 * taken apart, `yield*` (or `await`) was forgotten: TypeScript lets most of these pass, for a coroutine
 * is an object, and iterable.
 */
import type ts from "@typescript/typescript6";
import { type Inspection, isAsync, isGenerator } from "./inspection.ts";

const RULE = "missing-star";

/** Looks at one node. */
export function findMissingStars(node: ts.Node, inspection: Inspection): void {
  const { ts } = inspection;
  if (ts.isYieldExpression(node)) findYield(node, inspection);
  else if (ts.isReturnStatement(node)) findReturn(node, inspection);
  else if (ts.isBinaryExpression(node)) findInOperation(node, inspection);
  else if (ts.isPrefixUnaryExpression(node)) {
    if (node.operator === ts.SyntaxKind.ExclamationToken) inCondition(node.operand, inspection);
    else inArithmetic(node.operand, inspection);
  } else if (ts.isTemplateExpression(node) && !ts.isTaggedTemplateExpression(node.parent)) {
    for (const { expression } of node.templateSpans) {
      if (inspection.isCoroutine(expression)) asValue(expression, "becomes text", inspection);
    }
  } else if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node)) {
    inCondition(node.expression, inspection);
  } else if (ts.isForStatement(node)) {
    if (node.condition !== undefined) inCondition(node.condition, inspection);
  } else if (ts.isConditionalExpression(node)) {
    inCondition(node.condition, inspection);
  } else if (ts.isSwitchStatement(node)) {
    if (inspection.isCoroutine(node.expression))
      asValue(node.expression, "is compared", inspection);
  } else if (ts.isForOfStatement(node) || ts.isSpreadElement(node)) {
    takenApart(node.expression, inspection);
  } else if (ts.isVariableDeclaration(node) && node.initializer !== undefined) {
    findInDeclaration(node, node.initializer, inspection);
  } else if (ts.isCallExpression(node)) {
    findPrinted(node, inspection);
  }
}

function findYield(node: ts.YieldExpression, inspection: Inspection): void {
  const { ts, types } = inspection;
  const fn = inspection.functionAround(node);
  // An async generator awaits what it yields.
  if (node.asteriskToken || !node.expression || fn === undefined || isAsync(ts, fn)) return;
  const type = inspection.typeOf(node.expression);
  const text = inspection.text(node.expression);
  if (types.mayBeAwaitable(type)) {
    if (isMeantToYield(fn, inspection)) return;
    inspection.report(
      RULE,
      node,
      `\`yield\` without a star does not await \`${text}\`. Write \`yield* ${text}\``,
    );
  } else if (isPromise(type, inspection) && fn.body && inspection.suspendsIn(fn.body)) {
    inspection.report(
      RULE,
      node,
      `a coroutine cannot yield the promise \`${text}\`. Write \`yield* fromPromise(${text})\``,
    );
  }
}

function isPromise(type: ts.Type, { ts, checker }: Inspection): boolean {
  return !(type.flags & ts.TypeFlags.Any) && checker.getPropertyOfType(type, "then") !== undefined;
}

/** A generator of coroutines, for a loop or for gather(): it says so, or is used so. */
function isMeantToYield(fn: ts.FunctionLikeDeclaration, inspection: Inspection): boolean {
  const { checker, types, ts } = inspection;
  if (fn.body !== undefined && inspection.suspendsIn(fn.body)) return false;
  const declared = declaredReturn(fn, inspection);
  const yielded = declared && types.yieldedBy(declared);
  if (yielded !== undefined && types.mayBeAwaitable(yielded)) return true;
  if (fn.name === undefined || !ts.isIdentifier(fn.name)) return false;
  const symbol = checker.getSymbolAtLocation(fn.name);
  const name = fn.name.text;
  const isIterated = (node: ts.Node): boolean =>
    (ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === name &&
      isTakenApart(node, inspection) &&
      checker.getSymbolAtLocation(node.expression) === symbol) ||
    (ts.forEachChild(node, isIterated) ?? false);
  return isIterated(inspection.file);
}

/** Is this what a loop goes over, a spread, or an argument that is read to its end? */
function isTakenApart(node: ts.Expression, { ts, file }: Inspection): boolean {
  const { parent } = node;
  if (ts.isSpreadElement(parent)) return true;
  if (ts.isForOfStatement(parent)) return parent.expression === node;
  if (!ts.isCallExpression(parent)) return false;
  return /^(Array\.from|asCompleted|wait)$/.test(parent.expression.getText(file));
}

/** The return type that is written, or that the place of a function expression asks for. */
function declaredReturn(
  fn: ts.FunctionLikeDeclaration,
  { ts, checker }: Inspection,
): ts.Type | undefined {
  if (fn.type !== undefined) return checker.getTypeFromTypeNode(fn.type);
  if (!ts.isFunctionExpression(fn)) return undefined;
  return checker.getContextualType(fn)?.getCallSignatures()[0]?.getReturnType();
}

function findReturn(node: ts.ReturnStatement, inspection: Inspection): void {
  const { ts, types } = inspection;
  const fn = inspection.functionAround(node);
  if (node.expression === undefined || fn === undefined) return;
  if (!isGenerator(fn) || isAsync(ts, fn) || !isCoroutineFunction(fn, inspection)) return;
  if (!inspection.mayBeCoroutine(node.expression)) return;
  const declared = fn.type && returnedBy(fn.type, inspection);
  if (declared !== undefined && types.mayBeAwaitable(declared)) return;
  const text = inspection.text(node.expression);
  inspection.report(
    RULE,
    node,
    `this returns the coroutine \`${text}\`, not its result. Write \`return yield* ${text}\``,
  );
}

/** `T` of `Coroutine<T>`. */
function returnedBy(node: ts.TypeNode, { checker }: Inspection): ts.Type | undefined {
  const returned = checker.getPropertyOfType(checker.getTypeFromTypeNode(node), "return");
  const parameter =
    returned && checker.getTypeOfSymbol(returned).getCallSignatures()[0]?.getParameters()[0];
  return parameter && checker.getTypeOfSymbol(parameter);
}

/** It suspends, or yields nothing that would make it a generator of something else. */
function isCoroutineFunction(fn: ts.FunctionLikeDeclaration, inspection: Inspection): boolean {
  const { ts, types } = inspection;
  if (fn.body === undefined) return false;
  if (inspection.suspendsIn(fn.body)) return true;
  let yieldsOther = false;
  inspection.walk(fn.body, (node) => {
    if (!ts.isYieldExpression(node)) return;
    yieldsOther ||=
      node.expression === undefined || !types.mayBeAwaitable(inspection.typeOf(node.expression));
  });
  return !yieldsOther;
}

function findInOperation(node: ts.BinaryExpression, inspection: Inspection): void {
  const { ts } = inspection;
  const { kind } = node.operatorToken;
  const { SyntaxKind } = ts;
  switch (kind) {
    case SyntaxKind.AmpersandAmpersandToken:
    case SyntaxKind.BarBarToken:
      inCondition(node.left, inspection);
      break;
    case SyntaxKind.EqualsEqualsToken:
    case SyntaxKind.EqualsEqualsEqualsToken:
    case SyntaxKind.ExclamationEqualsToken:
    case SyntaxKind.ExclamationEqualsEqualsToken:
      comparedWith(node.left, node.right, inspection);
      comparedWith(node.right, node.left, inspection);
      break;
    case SyntaxKind.EqualsToken:
      if (ts.isArrayLiteralExpression(node.left)) takenApart(node.right, inspection);
      break;
    default:
      if (isArithmetic(kind, inspection)) {
        inArithmetic(node.left, inspection);
        inArithmetic(node.right, inspection);
      }
  }
}

function isArithmetic(kind: ts.SyntaxKind, { ts }: Inspection): boolean {
  const { SyntaxKind } = ts;
  return (
    (kind >= SyntaxKind.LessThanToken && kind <= SyntaxKind.GreaterThanEqualsToken) ||
    (kind >= SyntaxKind.PlusToken && kind <= SyntaxKind.CaretToken) ||
    (kind >= SyntaxKind.FirstCompoundAssignment && kind < SyntaxKind.BarBarEqualsToken)
  );
}

/** A coroutine may be compared with another, or with nothing; never with a text or a number. */
function comparedWith(node: ts.Expression, other: ts.Expression, inspection: Inspection): void {
  const { ts } = inspection;
  const primitive =
    ts.TypeFlags.StringLike |
    ts.TypeFlags.NumberLike |
    ts.TypeFlags.BooleanLike |
    ts.TypeFlags.BigIntLike;
  const type = inspection.typeOf(other);
  const parts = type.isUnion() ? type.types : [type];
  if (!parts.every(({ flags }) => flags & primitive)) return;
  if (inspection.isCoroutine(node)) asValue(node, "is compared", inspection);
}

function inArithmetic(node: ts.Expression, inspection: Inspection): void {
  if (inspection.isCoroutine(node)) asValue(node, "is used in arithmetic", inspection);
}

function inCondition(expression: ts.Expression, inspection: Inspection): void {
  const { ts } = inspection;
  const node = inspection.bare(expression);
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    // Their left sides are conditions wherever they stand.
    if (
      kind === ts.SyntaxKind.AmpersandAmpersandToken ||
      kind === ts.SyntaxKind.BarBarToken ||
      kind === ts.SyntaxKind.CommaToken
    ) {
      inCondition(node.right, inspection);
    }
  } else if (inspection.isCoroutine(node) && !maybeUnset(node, inspection)) {
    asValue(node, "is tested", inspection);
  }
}

/** `if (waiting)` asks whether there is a coroutine, where there may be none. */
function maybeUnset(node: ts.Expression, { ts, checker }: Inspection): boolean {
  // What a call returns is known for sure; of variables TypeScript may have narrowed the type.
  if (ts.isCallExpression(node)) return false;
  const symbol = checker.getSymbolAtLocation(node);
  const declaration = symbol?.valueDeclaration;
  if (symbol === undefined || declaration === undefined) return true;
  if (!ts.isVariableDeclaration(declaration) || declaration.type !== undefined) return true;
  return (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) === 0;
}

/** `for (const line of reader.readline())`, `[...]`, `const [a, b] = gather(…)`. */
function takenApart(node: ts.Expression, inspection: Inspection): void {
  if (!inspection.types.isAwaitable(inspection.typeOf(node))) return;
  asValue(node, "is taken apart", inspection);
}

function findInDeclaration(
  node: ts.VariableDeclaration,
  value: ts.Expression,
  inspection: Inspection,
): void {
  const { ts } = inspection;
  if (ts.isArrayBindingPattern(node.name)) takenApart(value, inspection);
  // `using` shares a bit with the others: const and using together are `await using`.
  else if (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Using && inspection.isCoroutine(value)) {
    if (!canBeHeld(value, inspection)) asValue(value, "is held by `using`", inspection);
  }
}

/** What `pool.map` gives can be awaited or held: unlike coroutines it has an `asyncDispose` of its own. */
function canBeHeld(value: ts.Expression, { checker }: Inspection): boolean {
  const properties = checker.getTypeAtLocation(value).getProperties();
  return properties.some(({ name }) => name.startsWith("__@asyncDispose"));
}

/** `console.log(fetchPage())`. */
function findPrinted(node: ts.CallExpression, inspection: Inspection): void {
  const { ts } = inspection;
  const callee = node.expression;
  if (!ts.isPropertyAccessExpression(callee) || !ts.isIdentifier(callee.expression)) return;
  if (callee.expression.text !== "console") return;
  for (const argument of node.arguments) {
    if (ts.isCallExpression(argument) && inspection.isCoroutine(argument)) {
      asValue(argument, "is printed", inspection);
    }
  }
}

function asValue(node: ts.Expression, where: string, inspection: Inspection): void {
  inspection.report(
    RULE,
    node,
    `\`${inspection.text(node)}\` ${where} before it is awaited. Write ${awaited(node, inspection)}`,
  );
}

function awaited(node: ts.Expression, inspection: Inspection): string {
  const { ts } = inspection;
  const text = inspection.text(node);
  const isPlain = inspection.types.mayBePlainCoroutine(inspection.typeOf(node));
  const isOperand = ts.isBinaryExpression(node.parent) || ts.isPrefixUnaryExpression(node.parent);
  const star = isOperand ? `\`(yield* ${text})\`` : `\`yield* ${text}\``;
  switch (inspection.wayIn(inspection.functionAround(node))) {
    case "coroutine":
      return star;
    case "async":
      return isPlain ? `\`await createTask(${text})\`` : `\`await ${text}\``;
    case "plain":
      return `${star} in a function*`;
  }
}
