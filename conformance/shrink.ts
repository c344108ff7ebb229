/**
 * Makes a program that differs as small as it can be: delta debugging over its statements, then over
 * what the statements are made of. Each step is tried, and kept if the program still differs.
 */
import type { Program } from "./program.ts";

type Node = Record<string, unknown>;

/** Does this program still differ? */
export type Differs = (program: Program) => Promise<boolean>;

/** The smallest program found that still differs; `program` itself must. */
export async function shrink(program: Program, differs: Differs): Promise<Program> {
  let smallest = program;
  for (let before: Program | undefined; before !== smallest; ) {
    before = smallest;
    for (const pass of [withoutChunks, withInsidesOut, simplified]) {
      smallest = await exhaust(smallest, pass, differs);
    }
  }
  return smallest;
}

/** The variants of a program that a pass tries, the boldest first. */
type Pass = (program: Program) => Iterable<Program>;

/** Takes the first variant that differs, as often as there is one. */
async function exhaust(program: Program, pass: Pass, differs: Differs): Promise<Program> {
  for (let smallest = program; ; ) {
    let smaller: Program | undefined;
    for (const variant of pass(smallest)) {
      if (await differs(variant)) {
        smaller = variant;
        break;
      }
    }
    if (smaller === undefined) return smallest;
    smallest = smaller;
  }
}

/** A place in a program: the keys that lead there. */
type Path = readonly (string | number)[];

/** Leaves out parts of the lists: halves first, single elements last; and objects, and options. */
function* withoutChunks(program: Program): Iterable<Program> {
  const lists = [...listsIn(program)];
  const longest = Math.max(0, ...lists.map(({ list }) => list.length));
  for (let size = 2 ** Math.floor(Math.log2(Math.max(1, longest))); size >= 1; size /= 2) {
    for (const { path, list } of lists) {
      if (list.length < size) continue;
      for (let at = 0; at < list.length; at += size) {
        yield changed(program, path, [...list.slice(0, at), ...list.slice(at + size)]);
      }
    }
  }
  for (const name of Object.keys(program.objects ?? {})) {
    yield changed(program, ["objects", name], undefined);
  }
  if (program.options) yield changed(program, ["options"], undefined);
}

/** Puts what is inside of a statement in its place. */
function* withInsidesOut(program: Program): Iterable<Program> {
  for (const { path, list } of listsIn(program)) {
    for (const [at, item] of list.entries()) {
      const bodies = [...bodiesOf(item)];
      for (const inside of bodies.length > 1 ? [bodies.flat(), ...bodies] : bodies) {
        yield changed(program, path, [...list.slice(0, at), ...inside, ...list.slice(at + 1)]);
      }
    }
  }
}

/** The statements inside of a statement, or of its clauses and coroutines. */
function* bodiesOf(item: unknown): Iterable<unknown[]> {
  if (!isNode(item) || !("op" in item)) return;
  for (const value of Object.values(item)) {
    if (isBody(value)) yield value;
    else if (Array.isArray(value))
      yield* value.flatMap((one) => (isBody(one?.body) ? [one.body] : []));
    else if (isNode(value) && isBody(value.body)) yield value.body;
  }
}

/** Leaves out fields that need not be there, and makes numbers and values plain. */
function* simplified(program: Program): Iterable<Program> {
  for (const { path, node } of nodesIn(program)) {
    for (const [key, value] of Object.entries(node)) {
      if (optional.has(key) && !isNeeded(node, key))
        yield changed(program, [...path, key], undefined);
      for (const simpler of simplerThan(key, value))
        yield changed(program, [...path, key], simpler);
    }
  }
}

/** Fields without which most statements still are some. */
const optional = new Set([
  "by",
  "bind",
  "catch",
  "ctx",
  "default",
  "eager",
  "else",
  "except",
  "finally",
  "immediate",
  "lock",
  "maxsize",
  "mode",
  "msg",
  "n",
  "quiet",
  "raise",
  "return_exceptions",
  "return_when",
  "timeout",
  "token",
  "value",
]);

/** Where they are needed. */
const needed: Readonly<Record<string, string>> = {
  ctx_run: "ctx",
  log: "msg",
  repeat: "n",
  task_factory: "eager",
  var_reset: "token",
  var_set: "value",
  wait_for: "timeout",
};

function isNeeded({ op, type }: Node, key: string): boolean {
  return needed[String(op)] === key || (type !== undefined && key === "value");
}

/** Of these fields any number is as good as another. */
const counts = new Set(["ticks", "when", "delay", "n", "timeout", "atleast", "parties", "maxsize"]);

function* simplerThan(key: string, value: unknown): Iterable<unknown> {
  if (typeof value === "number" && counts.has(key)) {
    for (const simpler of [0, 1, 2, Math.floor(value / 2), value - 1]) {
      if (simpler < value && simpler >= 0) yield simpler;
    }
  }
  if (key === "on" && value !== "any") yield "any";
  if (key === "error" && value !== "ErrA" && value !== "CancelledError") yield "ErrA";
}

/** All lists that elements can be left out of: bodies, clauses, arguments, errors. */
function* listsIn(node: unknown, path: Path = []): Iterable<{ path: Path; list: unknown[] }> {
  if (Array.isArray(node)) {
    const key = path.at(-1);
    // Fields of plain values, such as `value`, are no lists of the program.
    if (node.every(isNode) || key === "args") yield { path, list: node };
  }
  for (const [key, child] of childrenOf(node)) yield* listsIn(child, [...path, key]);
}

function* nodesIn(node: unknown, path: Path = []): Iterable<{ path: Path; node: Node }> {
  if (isNode(node)) yield { path, node };
  for (const [key, child] of childrenOf(node)) yield* nodesIn(child, [...path, key]);
}

function childrenOf(node: unknown): Iterable<[string | number, unknown]> {
  if (Array.isArray(node)) return node.entries();
  return isNode(node) ? Object.entries(node) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list of statements; an empty one may be anything. */
function isBody(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.every((one) => isNode(one) && "op" in one);
}

/** A copy of the program with another value at this place, or none. */
function changed(program: Program, path: Path, value: unknown): Program {
  return change(program, path, value) as Program;
}

function change(node: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(node)) {
    return node.map((child, index) => (index === key ? change(child, rest, value) : child));
  }
  const { [key]: child, ...others } = node as Node;
  const replaced = change(child, rest, value);
  return replaced === undefined ? others : { ...(node as Node), [key]: replaced };
}
