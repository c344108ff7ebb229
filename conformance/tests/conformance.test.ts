import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { conformance } from "../command.ts";
import { compare, lineDiff } from "../comparison.ts";
import { type Case, readArea, requiredAreas } from "../corpus.ts";
import { runProgram } from "../interpreter.ts";
import type { Program } from "../program.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-conformance-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** A file of JSON lines: objects as they are written, strings as raw lines. */
function jsonLines(...lines: (object | string)[]): string {
  files += 1;
  const path = join(folder, `${files}.jsonl`);
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  writeFileSync(path, `${text.join("\n")}\n`);
  return path;
}

async function command(...args: string[]) {
  const out: string[] = [];
  const errors: string[] = [];
  const status = await conformance(
    args,
    (line) => out.push(line),
    (line) => errors.push(line),
  );
  return { status, out: out.join("\n").split("\n"), errors };
}

const napping: Case = {
  id: "napping",
  program: {
    main: [
      { op: "sleep", ticks: 2 },
      { op: "return", value: "rested" },
    ],
  },
  trace: [
    "0 main: start",
    "2 main: sleep 2 -> null",
    '2 main: end -> "rested"',
    '2 loop: main -> "rested"',
    "2 loop: end",
  ],
};

describe("the corpus", () => {
  it.each([...requiredAreas])("area %s: every twentieth program is equal", async (area) => {
    const sample = readArea(area).filter((_case, index) => index % 20 === 0);
    expect(sample.length).toBeGreaterThan(0);
    const differing: string[] = [];
    for (const one of sample) {
      const difference = await compare(one);
      if (difference) differing.push([one.id, ...difference].join("\n"));
    }
    expect(differing).toEqual([]);
  });
});

describe("the interpreter", () => {
  it("stops a program that waits for nothing", async () => {
    const program: Program = {
      objects: { F: { type: "future" } },
      main: [{ op: "await", var: "F" }],
    };
    expect(await runProgram(program)).toEqual(["0 main: start", "0 loop: deadlock"]);
  });

  it("stops a program that goes on for ever", async () => {
    const program: Program = {
      main: [{ op: "repeat", n: 1e9, body: [{ op: "sleep", ticks: 0, quiet: true }] }],
    };
    expect(await runProgram(program)).toEqual(["0 main: start", "0 loop: limit"]);
  });

  it("cancels what main left behind in the order of creation", async () => {
    const sleeper = (name: string) =>
      ({ op: "spawn", name, body: [{ op: "sleep", ticks: 9 }] }) as const;
    const program: Program = { main: [sleeper("a"), sleeper("b"), { op: "sleep", ticks: 1 }] };
    expect((await runProgram(program)).slice(-7)).toEqual([
      "1 loop: main -> null",
      "1 loop: shutdown 2",
      "1 a: sleep 9 ! CancelledError",
      "1 a: end ! CancelledError",
      "1 b: sleep 9 ! CancelledError",
      "1 b: end ! CancelledError",
      "1 loop: end",
    ]);
  });

  it("has no effect where a name is unbound or of another kind", async () => {
    const program: Program = {
      objects: { L: { type: "lock" } },
      main: [
        { op: "await", var: "nobody" },
        { op: "cancel", var: "L" },
        { op: "gather", args: [{ name: "never", body: [] }, "nobody"] },
      ],
    };
    expect((await runProgram(program)).slice(1, 4)).toEqual([
      "0 main: unbound nobody",
      "0 main: unbound L",
      "0 main: unbound nobody",
    ]);
  });
});

describe("the command", () => {
  it("counts the programs of a file that are equal", async () => {
    const { status, out } = await command("--file", jsonLines(napping));
    expect(status).toBe(0);
    expect(out.at(-1)).toBe("1 passed, 0 failed");
  });

  it("reports a planted wrong trace with its place, and fails", async () => {
    const trace = napping.trace.map((line, index) =>
      index === 1 ? "1 main: sleep 2 -> null" : line,
    );
    const { status, out } = await command("--file", jsonLines(napping, { ...napping, trace }));
    expect(status).toBe(1);
    expect(out).toContain("  - 1 main: sleep 2 -> null");
    expect(out).toContain("  + 2 main: sleep 2 -> null");
    expect(out.at(-1)).toBe("1 passed, 1 failed");
  });

  it("reports a trace that ends too early or too late", async () => {
    const short = { ...napping, trace: napping.trace.slice(0, -1) };
    const long = { ...napping, trace: [...napping.trace, "3 loop: encore"] };
    const { status, out } = await command("--file", jsonLines(short, long));
    expect(status).toBe(1);
    expect(out).toContain("  + 2 loop: end");
    expect(out).toContain("  - 3 loop: encore");
    expect(out.at(-1)).toBe("0 passed, 2 failed");
  });

  it("shows as many differences as asked for", async () => {
    const wrong = (id: string): Case => ({ ...napping, id, trace: [] });
    const file = jsonLines(wrong("one"), wrong("two"), wrong("three"));
    const { out } = await command("--file", file, "--show", "2");
    expect(out.filter((line) => /^(one|two|three)$/.test(line))).toEqual(["one", "two"]);
    expect(out.at(-1)).toBe("0 passed, 3 failed");
  });

  it.each([
    ["a missing file", ["--file", "nowhere.jsonl"], /no file nowhere\.jsonl/],
    ["an unknown option", ["--fast"], /'--fast'/],
    ["an unknown area", ["--areas", "tasks,knitting"], /no area "knitting"/],
    ["a file and areas at once", ["--file", "x", "--areas", "tasks"], /exclude each other/],
    ["a count that is none", ["--show", "many"], /--show takes a number, not "many"/],
  ])("refuses %s", async (_what, args, message) => {
    const { status, out, errors } = await command(...args);
    expect(status).toBe(2);
    expect(out).toEqual([""]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(message);
    expect(errors[0]).not.toContain("\n");
  });

  it.each([
    ["broken JSON", '{"id": "x", ', /:2: not JSON/],
    ["a program that is none", { id: "x", program: [], trace: [] }, /:2: "program"/],
    ["a trace that is none", { ...napping, trace: [1] }, /:2: "trace"/],
    [
      "an unknown statement",
      { ...napping, program: { main: [{ op: "call", body: [{ op: "knit" }] }] } },
      /:2: no statement is called "knit"/,
    ],
  ])("names the line of %s", async (_what, line, message) => {
    const { status, errors } = await command("--file", jsonLines(napping, line));
    expect(status).toBe(2);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(message);
  });
});

describe("lineDiff", () => {
  it("folds equal lines that are far from a change", () => {
    const lines = Array.from({ length: 9 }, (_, index) => `line ${index}`);
    expect(lineDiff(lines, [...lines, "more"])).toEqual([
      "  …",
      "  line 6",
      "  line 7",
      "  line 8",
      "+ more",
    ]);
  });
});
