/*
 * What in a function's tree depends on what is around the function. `import()` is no such thing: it is given
 * another name, by which an import that works in another thread is supplied.
 */

import type { AnyNode, Node } from "acorn";
import { USING_CONTEXT } from "./compiler-helpers.ts";
import { IMPORT, suppliedValue } from "./supplied.ts";

/** Something outside of the function on which it depends. Positions are indices into its source. */
export interface Outside {
  readonly kind:
    | "variable"
    | "import"
    | "this"
    | "arguments"
    | "super"
    | "new.target"
    | "import.meta"
    | "private name"
    | "relative import"
    | "eval";
  /** As the user wrote it. */
  readonly name: string;
  readonly index: number;
}

/** Another text for a part of the source. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What of `this`, `super` and private names is the function's own at a place. */
interface Place {
  readonly ownThis: boolean;
  /** Whoever calls it gives a `this`. */
  readonly receiver: boolean;
  readonly ownSuper: boolean;
  readonly privateNames: readonly string[];
}

interface Ancestors {
  readonly node: AnyNode;
  readonly parent: Ancestors | null;
}

const OWN = { ownThis: true, receiver: true, ownSuper: true };

/** Goes through a function once; then it is told which identifiers are free. */
export class OutsideWalk {
  readonly outside: Outside[] = [];
  readonly edits: Edit[] = [];
  readonly identifiers = new Map<unknown, Ancestors>();
  readonly #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  enter(node: AnyNode, place: Place, parent: Ancestors | null = null): void {
    const here = { node, parent };
    switch (node.type) {
      case "Identifier":
        this.identifiers.set(node, here);
        return;
      case "ThisExpression":
        if (!place.receiver) this.#meet("this", "this", node);
        return;
      case "Super":
        if (!place.ownSuper) this.#meet("super", "super", node);
        return;
      case "MetaProperty":
        if (node.meta.name === "import") this.#meet("import.meta", "import.meta", node);
        else if (!place.ownThis) this.#meet("new.target", "new.target", node);
        return;
      case "PrivateIdentifier":
        if (!place.privateNames.includes(node.name))
          this.#meet("private name", `#${node.name}`, node);
        return;
      case "ImportExpression":
        this.#meetImport(node, node.source, "import");
        this.edits.push({
          start: node.start - this.#offset,
          end: node.start - this.#offset + 6,
          text: IMPORT,
        });
        break;
      case "CallExpression": {
        const { callee, arguments: given } = node;
        const isEval = callee.type === "Identifier" && callee.name === "eval";
        if (isEval) this.#meet("eval", "a direct eval()", node);
        const isImport =
          callee.type === "Identifier" && callee.name === "__vite_ssr_dynamic_import__";
        const isRequire = callee.type === "Identifier" && callee.name === "require";
        if (isImport || isRequire)
          this.#meetImport(node, given[0], isImport ? "import" : "require");
        break;
      }
      case "FunctionExpression":
      case "FunctionDeclaration":
        // `super` was said by whoever entered: it belongs to methods.
        this.#enterAll(node, { ...place, ownThis: true, receiver: true }, here);
        return;
      case "ClassExpression":
      case "ClassDeclaration":
        this.#enterClass(node, place, here);
        return;
      case "Property":
        if (node.method || node.kind !== "init") {
          this.#enterMember(node, place, here);
          return;
        }
        break;
    }
    this.#enterAll(node, place, here);
  }

  #enterAll(node: AnyNode, place: Place, here: Ancestors): void {
    for (const child of childrenOf(node)) this.enter(child, place, here);
  }

  #enterClass(
    node: Extract<AnyNode, { type: "ClassExpression" | "ClassDeclaration" }>,
    place: Place,
    here: Ancestors,
  ): void {
    if (node.id) this.enter(node.id, place, here);
    if (node.superClass) this.enter(node.superClass, place, here);
    const declared = node.body.body.flatMap((member) =>
      "key" in member && member.key.type === "PrivateIdentifier" ? [member.key.name] : [],
    );
    const inside = { ...place, privateNames: [...place.privateNames, ...declared] };
    for (const member of node.body.body) {
      if (member.type === "StaticBlock") this.#enterAll(member, { ...inside, ...OWN }, here);
      else this.#enterMember(member, inside, here);
    }
  }

  #enterMember(
    node: Extract<AnyNode, { type: "MethodDefinition" | "PropertyDefinition" | "Property" }>,
    place: Place,
    here: Ancestors,
  ): void {
    const way = { node, parent: here };
    if (node.computed || node.key.type !== "PrivateIdentifier") this.enter(node.key, place, way);
    if (node.value) this.enter(node.value, { ...place, ...OWN }, way);
  }

  #meetImport(call: Node, specifier: AnyNode | undefined, name: string): void {
    const text = textOf(specifier);
    if (text !== null && /^\.\.?(\/|$)/.test(text)) {
      this.#meet("relative import", `${name}("${text}")`, call);
    }
  }

  /** An identifier that nothing in the function declares. */
  meetFree({ node, parent }: Ancestors): void {
    if (node.type !== "Identifier") return;
    const { name } = node;
    const around = parent?.node;
    if (name === "arguments") {
      this.#meet("arguments", name, node);
      return;
    }
    if (around?.type === "UnaryExpression" && around.operator === "typeof") return;
    const member =
      around?.type === "MemberExpression" && around.object === node && !around.computed
        ? around.property
        : undefined;
    const property = member?.type === "Identifier" ? member.name : undefined;
    if (property === "default" && parent && isUsingContext(parent)) {
      const { start, end } = parent.node;
      this.edits.push({
        start: start - this.#offset,
        end: end - this.#offset,
        text: USING_CONTEXT,
      });
      return;
    }
    if (isImportMeta.test(name)) {
      this.#meet("import.meta", "import.meta", node);
    } else if (property !== undefined && isVite.test(name)) {
      const imported = property === "default" ? "a default import" : `"${property}"`;
      this.#meet("import", imported, node);
    } else if (name in globalThis || suppliedValue(name) !== undefined) {
      return;
    } else if (property !== undefined && isCommonJs.test(name)) {
      this.#meet("import", `"${property}" (${name}.${property})`, node);
    } else {
      // TypeScript's CommonJS for what the module exports itself.
      const written = name === "exports" && property !== undefined ? property : name;
      this.#meet("variable", `"${written}"`, node);
    }
  }

  #meet(kind: Outside["kind"], name: string, node: Node): void {
    this.outside.push({ kind, name, index: node.start - this.#offset });
  }
}

/** Of vite, and of esbuild's CommonJS. */
const isImportMeta = /^(?:__vite_ssr_import_meta__|import_meta\d*|define_import_meta_default\d*)$/;
const isVite = /^__(?:vi|vite_ssr)_import_\d+__$/;
/** esbuild's and TypeScript's names for an imported module: import_heddle, heddle_1. */
const isCommonJs = /^import_\w+$|^\w+_\d+$/;

/** oxc's helper in vite's output, `_usingCtx = (0, X.default)()`, where X.default is what is given. */
function isUsingContext({ parent }: Ancestors): boolean {
  const call = parent?.node.type === "SequenceExpression" ? parent.parent : parent;
  const target = call?.parent?.node;
  if (call?.node.type !== "CallExpression" || target?.type !== "VariableDeclarator") return false;
  return target.id.type === "Identifier" && /^_usingCtx\d*$/.test(target.id.name);
}

function textOf(node: AnyNode | undefined): string | null {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type !== "TemplateLiteral" || node.expressions.length > 0) return null;
  return node.quasis[0]?.value.cooked ?? null;
}

function* childrenOf(node: AnyNode): Iterable<AnyNode> {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield child;
  }
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;
