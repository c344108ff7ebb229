// What one source file imports, and which restricted names it touches.
//
// Found are the global's bare name, as a value or as a type; `globalThis.name` under any casts; and
// the few members and calls below of globals that are otherwise harmless. A local variable or
// parameter of such a name is found too: name it something else. An alias of globalThis hides what
// is read through it.

import { type Node, parseSync } from "oxc-parser";

interface Import {
  specifier: string;
  /** "type" leaves no trace in the output; "dynamic" is loaded when the call is made. */
  kind: "value" | "type" | "dynamic";
  line: number;
}

export interface Source {
  imports: Import[];
  touched: { name: string; line: number }[];
}

const schedulers = /^((set|clear)(Timeout|Interval|Immediate)|queueMicrotask|performance)$/;
const runtimes = /^(process|console|crypto|Buffer|NodeJS|Deno|Bun|global|require)$/;
const members = /^(Date\.now|Math\.random|AbortSignal\.timeout)$/;

export function readSource(path: string, text: string): Source {
  const source: Source = { imports: [], touched: [] };

  const visit = (node: Node, parent?: Node, role?: string): void => {
    const line = () => text.slice(0, node.start).split("\n").length;
    const imported = importOf(node);
    if (imported) source.imports.push({ ...imported, line: line() });
    const name = restrictedNameOf(node, parent, role);
    if (name) source.touched.push({ name, line: line() });

    for (const [key, value] of Object.entries(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child?.type === "string") visit(child, node, key);
      }
    }
  };
  visit(parseSync(path, text, { preserveParens: false }).program);
  return source;
}

function importOf(node: Node): Omit<Import, "line"> | undefined {
  if (!("source" in node) || node.source?.type !== "Literal") return undefined;
  const isType =
    node.type === "TSImportType" ||
    // `import { type X } from` is no type import: the compiler keeps it as `import {} from`.
    ("importKind" in node && node.importKind === "type") ||
    ("exportKind" in node && node.exportKind === "type");
  const kind = isType ? "type" : node.type === "ImportExpression" ? "dynamic" : "value";
  return { specifier: String(node.source.value), kind };
}

function restrictedNameOf(node: Node, parent?: Node, role?: string): string | undefined {
  switch (node.type) {
    case "Identifier":
      return isRestricted(node.name) && !isLabel(parent, role) ? node.name : undefined;
    case "MemberExpression":
      return isRestricted(pathOf(node)) ? pathOf(node) : undefined;
    case "VariableDeclarator": {
      if (node.id.type !== "ObjectPattern" || !node.init) return undefined;
      const from = pathOf(node.init);
      const keys = node.id.properties.map((property) =>
        // `{ setTimeout }` declares a local of that name, which is found by itself.
        property.type === "Property" && !(property.shorthand && from === "globalThis")
          ? `${from}.${pathOf(property.key)}`
          : "",
      );
      return keys.find(isRestricted);
    }
    case "NewExpression":
    case "CallExpression":
      return pathOf(node.callee) === "Date" && node.arguments.length === 0 ? "Date()" : undefined;
    default:
      return undefined;
  }
}

function isRestricted(path: string): boolean {
  const name = path.replace(/^globalThis\./, "");
  return schedulers.test(name) || runtimes.test(name) || members.test(name);
}

/** A dotted path, whatever its casts: `(globalThis as Host).Date["now"]` is "globalThis.Date.now". */
function pathOf(node: Node): string {
  if (node.type === "TSAsExpression") return pathOf(node.expression);
  if (node.type === "MemberExpression") return `${pathOf(node.object)}.${pathOf(node.property)}`;
  if (node.type === "Literal") return String(node.value);
  return node.type === "Identifier" ? node.name : "";
}

/** Whether a name refers to no variable here: a property's name, or a name in another module. */
function isLabel(parent?: Node, role?: string): boolean {
  if (role === "imported" || role === "exported" || role === "label") return true;
  if (parent?.type === "TSQualifiedName") return role === "right";
  return (
    (role === "property" || role === "key") && !(parent && "computed" in parent && parent.computed)
  );
}
