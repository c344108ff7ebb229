// The rules, on many small programs.

import { beforeAll, describe, expect, test } from "vitest";
import { type Case, given, givenModule, marksIn } from "./case.ts";
import { type Checked, checkSources } from "./check-sources.ts";
import * as floating from "./floating-coroutine.cases.ts";
import * as comments from "./ignore-comments.cases.ts";
import * as languages from "./languages.cases.ts";
import * as missing from "./missing-star.cases.ts";
import * as swallowed from "./swallowed-cancellation.cases.ts";

interface Table {
  area: string;
  extension: string;
  cases: readonly Case[];
}

/** Programs that are right have no type errors either: else they might not be what they look like. */
const right: Table[] = [
  { area: "floating-coroutine leaves alone", extension: "ts", cases: floating.fine },
  { area: "missing-star leaves alone", extension: "ts", cases: missing.fine },
  { area: "swallowed-cancellation leaves alone", extension: "ts", cases: swallowed.fine },
  { area: "heddle-ignore silences", extension: "ts", cases: comments.ignored },
];

const tables: Table[] = [
  { area: "floating-coroutine finds", extension: "ts", cases: floating.found },
  { area: "missing-star finds", extension: "ts", cases: missing.found },
  { area: "swallowed-cancellation finds", extension: "ts", cases: swallowed.found },
  { area: "heddle-ignore does not silence", extension: "ts", cases: comments.heeded },
  { area: "all rules hold in", extension: "mjs", cases: languages.modules },
  { area: "all rules hold in", extension: "cjs", cases: languages.commonJs },
  { area: "all rules hold in", extension: "tsx", cases: languages.tsx },
  ...right,
];

const fileOf = ({ area, extension }: Table, name: string) =>
  `${[area, name].join(" ").replaceAll(/\W+/g, "-")}.${extension}`;

let checked: Checked;

beforeAll(async () => {
  const sources = new Map([["given.ts", givenModule]]);
  for (const table of tables) {
    for (const [name, source] of table.cases) {
      const isWhole = /^\s*import |\brequire\(/m.test(source);
      sources.set(fileOf(table, name), `${isWhole ? "" : given}\n${source}`);
    }
  }
  checked = await checkSources(sources);
}, 60_000);

for (const table of tables) {
  describe(table.area, () => {
    test.each(table.cases)("%s", (name, source) => {
      const findings = checked.findingsIn(fileOf(table, name));
      // Lines count from the first of the program's own.
      const found = findings.map(({ line, rule }) => `${line - 1} ${rule}`);
      const messages = findings.map(({ message }) => message).join("\n");
      expect(found.sort(), messages).toEqual(marksIn(source).sort());
    });
  });
}

for (const table of right) {
  test(`${table.area}: no type errors there`, () => {
    const errors = table.cases.flatMap(([name]) =>
      checked.typeErrorsIn(fileOf(table, name)).map((message) => `${name}: ${message}`),
    );
    expect(errors).toEqual([]);
  });
}
