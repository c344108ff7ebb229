/*
 * floating-coroutine, by way of a callback: it returns a coroutine to somebody who does not look.
 *
 * TypeScript lets a function that returns anything stand where one is wanted that returns nothing, so
 * `items.forEach((item) => work(item))` compiles, and runs nothing. Who does not look is known by the
 * type of what is wanted, `() => void`; of a few calls whose types say otherwise, by name.
 */
import type ts from "@typescript/typescript6";
import { type Inspection, isAsync, isGenerator } from "./inspection.ts";

const RULE = "floating-coroutine";

type InlineFunction = ts.ArrowFunction | ts.FunctionExpression;

/** Looks at one node. */
export function findDropped(node: ts.Node, inspection: Inspection): void {
  const { ts } = inspection;
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    findDroppedByCallee(node, inspection);
  } else if (ts.isMethodDeclaration(node)) {
    findDroppingMethod(node, inspection);
  } else if (isInlineFunction(node, inspection)) {
    const expected = inspection.checker.getContextualType(node);
    if (expected !== undefined && returnsVoid(expected, inspection)) {
      reportCallback(node, inspection);
    }
  }
}

/** Calls whose callbacks may return anything, by type, and are not asked what they returned. */
const droppingGlobals =
  /^(setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame|addEventListener)$/;
const droppingMethods =
  /^(callSoon|callSoonThreadsafe|callLater|callAt|callSoonIn|callLaterIn|callAtIn|addDoneCallback|addSignalHandler|setExceptionHandler)$/;

/** A callback that returns coroutines to a callee that drops them. */
function findDroppedByCallee(
  node: ts.CallExpression | ts.NewExpression,
  inspection: Inspection,
): void {
  const { checker, types } = inspection;
  const dropsAll = dropsByName(node, inspection);
  for (const argument of node.arguments ?? []) {
    const callback = inspection.bare(argument);
    if (isInlineFunction(callback, inspection)) {
      if (dropsAll) reportCallback(callback, inspection);
      continue;
    }
    const returned = inspection.typeOf(callback).getCallSignatures();
    if (!returned.some((s) => types.mayBeCoroutine(s.getReturnType()))) continue;
    const expected = checker.getContextualType(argument);
    if (!dropsAll && (expected === undefined || !returnsVoid(expected, inspection))) continue;
    inspection.report(
      RULE,
      callback,
      `${dropper(node, inspection)}: the coroutine that \`${inspection.text(callback)}\` returns ` +
        `never runs. ${cureFor(node, "…", inspection)}`,
    );
  }
}

function isInlineFunction(node: ts.Node, { ts }: Inspection): node is InlineFunction {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

function dropsByName(node: ts.CallExpression | ts.NewExpression, inspection: Inspection): boolean {
  const { ts, checker, types } = inspection;
  const callee = node.expression;
  const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
  if (!ts.isIdentifier(name)) return false;
  if (droppingMethods.test(name.text)) return types.isOwn(checker.getSymbolAtLocation(name));
  if (!droppingGlobals.test(name.text)) return false;
  const declarations = checker.getSymbolAtLocation(name)?.declarations ?? [];
  return declarations.every((declaration) => declaration.getSourceFile().isDeclarationFile);
}

function dropper(node: ts.CallExpression | ts.NewExpression, { ts, file }: Inspection): string {
  const callee = node.expression;
  const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
  return `\`${name.getText(file).slice(0, 40)}\` drops what its callback returns`;
}

/** Does whoever expects this type want a function, and not what it returns? */
function returnsVoid(expected: ts.Type, inspection: Inspection): boolean {
  const { ts } = inspection;
  const parts = expected.isUnion() ? expected.types : [expected];
  const signatures = parts.flatMap((part) => part.getCallSignatures());
  return (
    signatures.length > 0 &&
    signatures.every((signature) => (signature.getReturnType().flags & ts.TypeFlags.Void) !== 0)
  );
}

/** Points at what the function returns, if it returns coroutines. */
function reportCallback(fn: InlineFunction, inspection: Inspection): void {
  const { ts, checker, types } = inspection;
  const call = fn.parent;
  const isArgument =
    (ts.isCallExpression(call) || ts.isNewExpression(call)) && call.expression !== fn;
  const reason = isArgument
    ? dropper(call, inspection)
    : "what this function returns is dropped by who calls it";
  if (isGenerator(fn)) {
    const signature = checker.getSignatureFromDeclaration(fn);
    if (signature === undefined || !types.mayBeCoroutine(signature.getReturnType())) return;
    inspection.report(
      RULE,
      fn,
      `${reason}: this function* never runs. Make a task of it: \`() => createTask(function* …)\``,
      fn.asteriskToken,
    );
    return;
  }
  for (const value of returnedBy(fn, inspection)) {
    const type = inspection.typeOf(value);
    // What an async function returns is awaited, if it is thenable.
    const floats = isAsync(ts, fn) ? types.mayBePlainCoroutine(type) : types.mayBeCoroutine(type);
    if (!floats) continue;
    const text = inspection.text(value);
    inspection.report(
      RULE,
      value,
      `${reason}: \`${text}\` never runs. ${cureFor(call, text, inspection)}`,
    );
  }
}

function cureFor(call: ts.Node, text: string, { ts }: Inspection): string {
  const task = `\`createTask(${text})\``;
  const isForEach =
    ts.isCallExpression(call) &&
    ts.isPropertyAccessExpression(call.expression) &&
    call.expression.name.text === "forEach";
  return isForEach ? `Write a for…of loop with yield*, or ${task}` : `Make a task of it: ${task}`;
}

function returnedBy(fn: InlineFunction, inspection: Inspection): ts.Expression[] {
  const { ts } = inspection;
  if (!ts.isBlock(fn.body)) return [inspection.bare(fn.body)];
  const values: ts.Expression[] = [];
  inspection.walk(fn.body, (node) => {
    if (ts.isReturnStatement(node) && node.expression)
      values.push(inspection.bare(node.expression));
  });
  return values;
}

/** `*dataReceived(data) { … }` where the base class says that it returns void. */
function findDroppingMethod(node: ts.MethodDeclaration, inspection: Inspection): void {
  const { ts, checker, types } = inspection;
  const owner = node.parent;
  if (!ts.isClassLike(owner) || node.body === undefined) return;
  const signature = checker.getSignatureFromDeclaration(node);
  if (signature === undefined || !types.mayBeCoroutine(signature.getReturnType())) return;
  const name = node.name.getText(inspection.file);
  for (const clause of owner.heritageClauses ?? []) {
    for (const base of clause.types) {
      const inherited = checker.getPropertyOfType(inspection.typeOf(base), name);
      if (inherited === undefined) continue;
      if (!returnsVoid(checker.getTypeOfSymbol(inherited), inspection)) continue;
      const whose = base.expression.getText(inspection.file);
      inspection.report(
        RULE,
        node.name,
        `\`${whose}\` calls \`${name}\` and drops what it returns: this coroutine never runs. ` +
          "Make a task in a plain method: `createTask(…)`",
      );
      return;
    }
  }
}
