/*
 * Programs of nested scopes, made so that it is known which names nothing declares: exactly these are named.
 */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { sourceOf } from "../../../src/node/executor/inline-function.ts";

const NAMES = ["v0", "v1", "v2", "v3", "v4"];

/** Each with a hole for one name. `*` stands where the name is no variable. */
const uses = {
  plain: "NAME;",
  called: "NAME(1);",
  written: "NAME = 1;",
  shorthand: "({ NAME });",
  spread: "[...NAME];",
  taken: "[NAME] = [1];",
  tag: "NAME`text`;",
  deep: "NAME.v0.v1;",
  key: "x[NAME];",
  computed: "({ [NAME]: 1 });",
  heritage: "(class extends NAME {});",
  "*property": "x.NAME;",
  "*name": "({ NAME: 1, get NAME() { return 1 } });",
  "*member": "(class { NAME = 1; static NAME() {} });",
  "*label": "NAME: for (;;) break NAME;",
  "*text": "'NAME'; /* NAME */",
  "*typeof": "typeof NAME;",
  "*own": "(function NAME() { NAME; });",
  "*class": "(class NAME { m() { return NAME } });",
} as const;

/** Each with holes for what it declares and for what is in it. */
const scopes = {
  block: "{ let NAMES = 0; BODY }",
  late: "{ BODY let NAMES; }",
  arrow: "(NAMES) => { BODY };",
  rest: "(...[NAMES]) => { BODY };",
  pattern: "(function ({ NAMES }) { BODY });",
  defaulted: "(async function* ([NAMES] = []) { BODY });",
  method: "({ async m(NAMES) { BODY } });",
  member: "(class { static *m(NAMES) { BODY } });",
  initial: "(class { a = (NAMES) => { BODY } });",
  staticBlock: "(class { static { let NAMES = 0; BODY } });",
  caught: "try {} catch ([NAMES]) { BODY }",
  loop: "for (const [NAMES] of []) { BODY }",
  counted: "for (let NAMES = 0; ; ) { BODY }",
  hoisted: "(() => { BODY { var NAMES; } });",
  hoistedLoop: "(function () { BODY for (var [NAMES] of []); });",
  functions: "{ BODY FUNCTIONS }",
  switched: "switch (1) { case 0: BODY break; default: let NAMES; }",
} as const;

type Use = { use: keyof typeof uses; name: string };
type Scope = { scope: keyof typeof scopes; names: string[]; body: Item[] };
type Item = Use | Scope;

// Object.keys gives strings: an object may have more than its type tells, these have not.
const keysOf = <T extends object>(table: T) => Object.keys(table) as (keyof T)[];

const { item } = fc.letrec<{ item: Item; use: Use; scope: Scope }>((tie) => ({
  item: fc.oneof({ maxDepth: 4 }, tie("use"), tie("scope")),
  use: fc.record({
    use: fc.constantFrom(...keysOf(uses)),
    name: fc.constantFrom(...NAMES),
  }),
  scope: fc.record({
    scope: fc.constantFrom(...keysOf(scopes)),
    names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }),
    body: fc.array(tie("item"), { maxLength: 4 }),
  }),
}));

/** The program's text; adds to `free`, in their order, the names that are not in `known`. */
function write(each: Item, known: readonly string[], free: Set<string>): string {
  if ("use" in each) {
    if (!each.use.startsWith("*") && !known.includes(each.name)) free.add(each.name);
    return uses[each.use].replaceAll("NAME", each.name);
  }
  const inside = [...known, ...each.names];
  const body = each.body.map((one) => write(one, inside, free)).join(" ");
  const list = ", ";
  return scopes[each.scope]
    .replace("FUNCTIONS", () => each.names.map((name) => `function ${name}() {}`).join(" "))
    .replace("NAMES", () => each.names.join(list))
    .replace("BODY", () => body);
}

function namedBy(fn: () => unknown): string[] {
  try {
    sourceOf(fn, "toThread");
    return [];
  } catch (error) {
    const message = String(error);
    const [, named = message] =
      /: toThread\(\): the function uses (.*?), which (?:is|are)/.exec(message) ?? [];
    return [...named.matchAll(/"(\w+)"/g)].map(([, name]) => name ?? "");
  }
}

test("the error names the free variables, all of them and no other, in their order", () => {
  // The place in a file is of no interest here, and takes some milliseconds.
  vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 6 }), (items) => {
      const free = new Set<string>();
      const body = items.map((each) => write(each, ["x"], free)).join("\n");
      const fn: () => unknown = new Function(`"use strict"; return (x) => {\n${body}\n}`)();
      expect(namedBy(fn)).toEqual([...free]);
    }),
    { numRuns: 500 },
  );
});
