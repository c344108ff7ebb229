/*
 * What a function takes from around it, read from its source.
 *
 * Scope analysis (eslint-scope) tells which names reach out of it; a walk over the tree finds what has no name:
 * an outer `this`, `super`, `import.meta`. acorn and eslint-scope take some 9 ms to load, so they are loaded
 * for the first function that is handed over, not with heddle.
 */

import { createRequire } from "node:module";
import type { AnyNode, Program } from "acorn";
import { type Edit, type Outside, OutsideWalk } from "./outside-walk.ts";

export interface Reading {
  readonly form: "arrow" | "function" | "method" | "get" | "set" | "class";
  readonly hasOwnName: boolean;
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  /** Where the parameters of a method begin; what is before them is its name. */
  readonly parameters: number;
  /** By their first use, in the order of the source. */
  readonly outside: readonly Outside[];
  readonly edits: readonly Edit[];
}

type Acorn = typeof import("acorn");
type EslintScope = typeof import("eslint-scope");
type Analyzed = Parameters<EslintScope["analyze"]>[0];

let tools: { acorn: Acorn; scope: EslintScope } | undefined;

function loadTools(): { acorn: Acorn; scope: EslintScope } {
  const require = createRequire(import.meta.url);
  return { acorn: require("acorn"), scope: require("eslint-scope") };
}

/** It is no function in strict mode, or newer than acorn; `index` is where, in the source. */
export class UnreadableFunction extends SyntaxError {
  override readonly name = "UnreadableFunction";
  readonly index: number;

  constructor(error: SyntaxError, index: number) {
    super(error.message.replace(/ \(\d+:\d+\)$/, ""), { cause: error });
    this.index = index;
  }
}

/** Throws UnreadableFunction. */
export function readFunction(source: string): Reading {
  tools ??= loadTools();
  const { program, node, form, offset } = parse(source);
  const reading = {
    form,
    hasOwnName: "id" in node && node.id !== null && node.id !== undefined,
    isAsync: "async" in node && node.async,
    isGenerator: "generator" in node && node.generator,
    parameters: node.start - offset,
  };
  if (form === "class") return { ...reading, outside: [], edits: [] };
  const walk = new OutsideWalk(offset);
  walk.enter(node, {
    ownThis: form !== "arrow",
    receiver: false,
    ownSuper: false,
    privateNames: [],
  });
  const isProgram = (tree: unknown): tree is Analyzed => tree === program;
  if (isProgram(program)) {
    const { globalScope } = tools.scope.analyze(program, {
      ecmaVersion: 2026,
      impliedStrict: true,
    });
    for (const { identifier } of globalScope?.through ?? []) {
      const found = walk.identifiers.get(identifier);
      // A computed name of a method was evaluated where the method was written.
      if (found !== undefined) walk.meetFree(found);
    }
  }
  const outside = walk.outside.sort((one, other) => one.index - other.index);
  return { ...reading, outside: [...firstOfEach(outside)], edits: walk.edits };
}

function* firstOfEach(outside: readonly Outside[]): Iterable<Outside> {
  const met = new Set<string>();
  for (const each of outside) {
    const key = `${each.kind} ${each.name}`;
    if (!met.has(key)) yield each;
    met.add(key);
  }
}

type Parsed = Pick<Reading, "form"> & {
  program: Program;
  node: AnyNode;
  offset: number;
};

/** A method is none by itself: it is tried as an expression, then in an object, then (`#name`) in a class. */
function parse(source: string): Parsed {
  let failure = new UnreadableFunction(new SyntaxError("it is no function"), -1);
  for (const [before, after] of [
    ["(", ")"],
    ["({", "})"],
    ["(class{", "})"],
  ] as const) {
    try {
      const program = tools!.acorn.parse(`${before}${source}\n${after}`, {
        ecmaVersion: "latest",
        // As in a function: `new.target` is found by the walk.
        sourceType: "commonjs",
        strict: true,
        allowSuperOutsideMethod: true,
        allowImportExportEverywhere: true,
        checkPrivateFields: false,
        ranges: true,
      });
      const found = functionIn(program);
      if (found !== null) return { program, offset: before.length, ...found };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // The attempt that came furthest says best what is wrong.
      const index = "pos" in error && typeof error.pos === "number" ? error.pos - before.length : 0;
      if (index > failure.index) failure = new UnreadableFunction(error, index);
    }
  }
  throw failure;
}

function functionIn({ body: [statement] }: Program): Pick<Parsed, "form" | "node"> | null {
  if (statement?.type !== "ExpressionStatement") return null;
  const { expression: node } = statement;
  switch (node.type) {
    case "ArrowFunctionExpression":
      return { form: "arrow", node };
    case "FunctionExpression":
      return { form: "function", node };
    case "ObjectExpression": {
      const [property] = node.properties;
      if (property?.type !== "Property" || property.value.type !== "FunctionExpression")
        return null;
      return { form: property.kind === "init" ? "method" : property.kind, node: property.value };
    }
    case "ClassExpression": {
      const [member] = node.body.body;
      if (member?.type !== "MethodDefinition" || member.key.type !== "PrivateIdentifier") {
        return { form: "class", node };
      }
      const { kind, value } = member;
      return { form: kind === "get" || kind === "set" ? kind : "method", node: value };
    }
    default:
      return null;
  }
}
