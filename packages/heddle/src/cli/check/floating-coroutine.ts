/*
 * floating-coroutine: a coroutine that nothing will ever run.
 *
 * A coroutine does nothing until it is awaited or made a task of. Dropped, it is a call that did not
 * happen: no error, no warning. Dropped are expressions whose value nothing takes and variables that
 * are never read; what callbacks return is looked at in dropped-callback.ts. `await` of what a
 * `function*` of the program returned gives it back as it is: promises know nothing of it.
 */
import type ts from "@typescript/typescript6";
import type { Inspection } from "./inspection.ts";

const RULE = "floating-coroutine";

/** Looks at one node. */
export function findFloating(node: ts.Node, inspection: Inspection): void {
  const { ts } = inspection;
  if (ts.isExpressionStatement(node)) {
    discard(node.expression, inspection);
    findUnreadAssignment(node.expression, inspection);
  } else if (ts.isForStatement(node)) {
    if (node.initializer !== undefined && ts.isExpression(node.initializer)) {
      discard(node.initializer, inspection);
    }
    if (node.incrementor !== undefined) discard(node.incrementor, inspection);
  } else if (ts.isBinaryExpression(node)) {
    if (node.operatorToken.kind === ts.SyntaxKind.CommaToken) discard(node.left, inspection);
  } else if (ts.isVariableDeclaration(node)) {
    findUnreadVariable(node, inspection);
  } else if (ts.isAwaitExpression(node)) {
    findUselessAwait(node, inspection);
  } else if (ts.isCallExpression(node)) {
    findPromiseOfCoroutines(node, inspection);
  }
}

/** The value of this expression goes nowhere. */
function discard(expression: ts.Expression, inspection: Inspection): void {
  const { ts, types } = inspection;
  const node = inspection.bare(expression);
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    if (kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment) return;
    if (isJunction(kind, inspection) || kind === ts.SyntaxKind.CommaToken) {
      discard(node.right, inspection);
    }
  } else if (ts.isConditionalExpression(node)) {
    discard(node.whenTrue, inspection);
    discard(node.whenFalse, inspection);
  } else if (ts.isAwaitExpression(node) || isOfObject(node, inspection)) {
    // A rule of its own tells of the one; the other gives back its argument.
  } else if (inspection.mayBeCoroutine(node)) {
    const text = inspection.text(node);
    inspection.report(
      RULE,
      node,
      `nothing awaits \`${text}\`, so it never runs. ${cure(node, inspection)}`,
    );
  } else if (isFreshArray(node, inspection)) {
    const element = inspection.checker.getIndexTypeOfType(
      inspection.typeOf(node),
      ts.IndexKind.Number,
    );
    if (element === undefined || !types.mayBeCoroutine(element)) return;
    inspection.report(
      RULE,
      node,
      `nothing awaits the coroutines in \`${inspection.text(node)}\`, so they never run. ` +
        `Write \`${gathered("gather(…)", node, inspection)}\``,
    );
  }
}

function isJunction(kind: ts.SyntaxKind, { ts }: Inspection): boolean {
  return (
    kind === ts.SyntaxKind.AmpersandAmpersandToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.QuestionQuestionToken
  );
}

/** `Object.defineProperty(coroutine, …)` */
function isOfObject(node: ts.Expression, { ts, file }: Inspection): boolean {
  return ts.isCallExpression(node) && node.expression.getText(file).startsWith("Object.");
}

/** `[a(), b()]`, `items.map(a)`: not one that others hold, as what `sort()` returns. */
function isFreshArray(node: ts.Expression, { ts }: Inspection): boolean {
  if (ts.isArrayLiteralExpression(node)) return true;
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  return /^(map|flatMap|from)$/.test(node.expression.name.text);
}

/** `const page = fetchPage()`, and no word of `page` after it. */
function findUnreadVariable(node: ts.VariableDeclaration, inspection: Inspection): void {
  const { ts } = inspection;
  if (node.initializer === undefined || !ts.isIdentifier(node.name)) return;
  if (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Export) return;
  // `using` is the other rule's.
  if (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Using) return;
  if (!isLocal(node, inspection) || !inspection.mayBeCoroutine(node.initializer)) return;
  if (ts.isAwaitExpression(inspection.bare(node.initializer))) return;
  reportUnread(node.name, node.initializer, node, inspection);
}

/** `page = fetchPage()`, and `page` is never read. */
function findUnreadAssignment(expression: ts.Expression, inspection: Inspection): void {
  const { ts, checker } = inspection;
  const node = inspection.bare(expression);
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return;
  if (!ts.isIdentifier(node.left) || !inspection.mayBeCoroutine(node.right)) return;
  if (ts.isAwaitExpression(inspection.bare(node.right))) return;
  const declaration = checker.getSymbolAtLocation(node.left)?.valueDeclaration;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return;
  if (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Export) return;
  if (declaration.getSourceFile() !== inspection.file || !isLocal(declaration, inspection)) return;
  reportUnread(node.left, node.right, declaration, inspection);
}

function reportUnread(
  name: ts.Identifier,
  value: ts.Expression,
  declaration: ts.VariableDeclaration,
  inspection: Inspection,
): void {
  if (isRead(declaration, inspection)) return;
  inspection.report(
    RULE,
    name,
    `\`${name.text}\` is never read, so \`${inspection.text(value)}\` never runs. ` +
      cure(value, inspection),
    value,
  );
}

/** Not visible to other files: those of a script are. */
function isLocal(declaration: ts.VariableDeclaration, inspection: Inspection): boolean {
  const { ts, file } = inspection;
  if (inspection.functionAround(declaration) !== undefined) return true;
  const list = declaration.parent;
  const isScoped = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.BlockScoped) !== 0;
  const isNested = list.parent.parent !== file;
  return (isScoped && isNested) || ts.isExternalModule(file);
}

function isRead(declaration: ts.VariableDeclaration, inspection: Inspection): boolean {
  const { ts, checker, file } = inspection;
  const symbol = checker.getSymbolAtLocation(declaration.name);
  const name = declaration.name.getText(file);
  const read = (node: ts.Node): boolean => {
    if (!ts.isIdentifier(node) || node.text !== name || node === declaration.name) {
      return ts.forEachChild(node, read) ?? false;
    }
    const { parent } = node;
    if (ts.isShorthandPropertyAssignment(parent) || ts.isExportSpecifier(parent)) return true;
    const isTarget =
      ts.isBinaryExpression(parent) &&
      parent.left === node &&
      parent.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      ts.isExpressionStatement(parent.parent);
    return !isTarget && checker.getSymbolAtLocation(node) === symbol;
  };
  return read(file);
}

/** `await work()`, where `work` is a `function*`: no promise, so nothing is awaited. */
function findUselessAwait(node: ts.AwaitExpression, inspection: Inspection): void {
  const type = inspection.typeOf(node.expression);
  if (!inspection.types.mayBePlainCoroutine(type)) return;
  const text = inspection.text(node.expression);
  inspection.report(
    RULE,
    node,
    `\`await\` does not run \`${text}\`: what a function* returns is no promise. ` +
      `Write \`await createTask(${text})\``,
  );
}

/** `Promise.all([work()])`: the same. */
function findPromiseOfCoroutines(node: ts.CallExpression, inspection: Inspection): void {
  const { ts, checker, types } = inspection;
  const callee = node.expression;
  if (!ts.isPropertyAccessExpression(callee) || !ts.isIdentifier(callee.expression)) return;
  if (callee.expression.text !== "Promise") return;
  if (!/^(all|allSettled|any|race)$/.test(callee.name.text)) return;
  const [list] = node.arguments;
  if (list === undefined) return;
  const element = checker.getIndexTypeOfType(inspection.typeOf(list), ts.IndexKind.Number);
  if (element === undefined || !types.mayBePlainCoroutine(element)) return;
  const call = `Promise.${callee.name.text}`;
  inspection.report(
    RULE,
    node,
    `\`${call}\` does not run coroutines: what a function* returns is no promise. ` +
      `Write \`${gathered("gather([…])", node, inspection)}\``,
  );
}

/** What to write instead, where the coroutine `node` stands. */
function cure(node: ts.Expression, inspection: Inspection): string {
  const text = inspection.text(node);
  const plain = inspection.types.mayBePlainCoroutine(inspection.typeOf(node));
  const task = `\`createTask(${text})\``;
  const fn = inspection.functionAround(node);
  switch (inspection.wayIn(fn)) {
    case "coroutine":
      return `Write \`yield* ${text}\` or ${task}`;
    case "async":
      if (fn === undefined) return `Write \`await run(${text})\``;
      return plain
        ? `Write \`await createTask(${text})\` or ${task}`
        : `Write \`await ${text}\` or ${task}`;
    case "plain":
      return `Write ${task}, or make this function a function* and write \`yield* ${text}\``;
  }
}

/** gather() starts at once, so it need not be awaited to run. */
function gathered(text: string, node: ts.Node, inspection: Inspection): string {
  const way = inspection.wayIn(inspection.functionAround(node));
  return way === "coroutine" ? `yield* ${text}` : way === "async" ? `await ${text}` : text;
}
