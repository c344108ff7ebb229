import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { conformance, type StartRunner } from "../command.ts";
import type { Case } from "../corpus.ts";
import { Lost } from "../fresh/children.ts";
import { CPythonUnavailable } from "../fresh/cpython.ts";
import type { Difference } from "../fresh/messages.ts";
import { freshProgram } from "../generator/generate.ts";
import type { Program } from "../program.ts";
import { traceOf } from "../trace.ts";

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

const withoutCPython: StartRunner = async () => {
  throw new CPythonUnavailable("no wasm here");
};

/** The command in a process without CPython, or with what `start` gives. */
async function command(args: string[], start: StartRunner = withoutCPython) {
  const out: string[] = [];
  const errors: string[] = [];
  const status = await conformance(
    args,
    (line) => out.push(line),
    (line) => errors.push(line),
    start,
  );
  return { status, out: out.join("\n").split("\n"), errors };
}

/**
 * In place of CPython and heddle: heddle's own trace twice; where `isWrong` says so, with a line more,
 * or heddle hangs.
 */
function pretending(
  isWrong: (program: Program) => boolean,
  how: "differs" | "hangs" = "differs",
): StartRunner {
  return async () => ({
    version: "3.14.0",
    close() {},
    async run(programs) {
      const given =
        "given" in programs
          ? programs.given
          : programs.indices.map((index) => freshProgram(programs.seed, index).program);
      const differences: Difference[] = [];
      for (const [position, program] of given.entries()) {
        if (!isWrong(program)) continue;
        const expected = await traceOf(program);
        if (how === "hangs") throw new Lost("heddle", "it hung", expected);
        differences.push({ position, expected, actual: [...expected, "9 loop: encore"] });
      }
      return { differences, times: { CPython: 4, heddle: 1 } };
    },
  });
}

const usesLocks = (program: Program) => JSON.stringify(program).includes('"acquire"');

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

describe("--file", () => {
  it("counts the programs that are equal", async () => {
    const file = jsonLines(napping, napping);
    const { status, out } = await command(["--file", file]);
    expect(status).toBe(0);
    expect(out[0]).toMatch(/^area +programs +equal +different +time$/);
    expect(out[1]).toMatch(/ 2 +2 +0 +\d+\.\d s$/);
    expect(out.at(-1)).toBe("2 passed, 0 failed");
  });

  it("shows a difference with its place, and fails", async () => {
    const trace = napping.trace.map((line, index) =>
      index === 1 ? "1 main: sleep 2 -> null" : line,
    );
    const file = jsonLines(napping, { ...napping, trace });
    const { status, out } = await command(["--file", file]);
    expect(status).toBe(1);
    expect(out).toContain("> 1 main: sleep 2 -> null   2 main: sleep 2 -> null");
    expect(out).toContain(`to make it small: npm run conformance -- --file ${file} --shrink`);
    expect(out.at(-1)).toBe("1 passed, 1 failed");
  });

  it("shows a trace that ends too early or too late", async () => {
    const short = { ...napping, trace: napping.trace.slice(0, -1) };
    const long = { ...napping, trace: [...napping.trace, "3 loop: encore"] };
    const { status, out } = await command(["--file", jsonLines(short, long)]);
    expect(status).toBe(1);
    expect(out.some((line) => /^> \(the end\) +2 loop: end$/.test(line))).toBe(true);
    expect(out.some((line) => /^> 3 loop: encore +\(the end\)$/.test(line))).toBe(true);
    expect(out.at(-1)).toBe("0 passed, 2 failed");
  });

  it("shows as many differences as asked for", async () => {
    const wrong = (id: string): Case => ({ ...napping, id, trace: [] });
    const file = jsonLines(wrong("one"), wrong("two"), wrong("three"));
    const { out } = await command(["--file", file, "--show", "2"]);
    expect(out.filter((line) => /^(one|two|three)$/.test(line))).toEqual(["one", "two"]);
    expect(out.at(-1)).toBe("0 passed, 3 failed");
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
    const { status, errors } = await command(["--file", jsonLines(napping, line)]);
    expect(status).toBe(2);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(message);
  });

  it.each([
    ["a missing file", "nowhere.jsonl", /there is no file nowhere\.jsonl/],
    ["a folder", folder, /cannot read/],
    ["an empty file", jsonLines(""), /has no programs in it/],
  ])("refuses %s", async (_what, file, message) => {
    const { status, errors } = await command(["--file", file]);
    expect(status).toBe(2);
    expect(errors).toEqual([expect.stringMatching(message)]);
  });
});

describe("fresh programs", () => {
  it("are counted by area", async () => {
    const { status, out } = await command(
      ["--programs", "110", "--seed", "5"],
      pretending(() => false),
    );
    expect(status).toBe(0);
    expect(out[0]).toMatch(/^fresh programs of seed 5, CPython 3\.14\.0, \d+\.\d s:$/);
    expect(out[1]).toMatch(/^area +programs +equal +different +CPython +heddle$/);
    expect(out[2]).toMatch(/^tasks +10 +10 +0 +0\.0 s +0\.0 s$/);
    expect(out.at(-2)).toMatch(/^all +110 +110 +0 /);
    expect(out.at(-1)).toBe("110 passed, 0 failed");
  });

  it("that differ are shown with what makes them small, the first ones first", async () => {
    const args = ["--programs", "99", "--seed", "5", "--show", "2"];
    const { status, out } = await command(args, pretending(usesLocks));
    expect(status).toBe(1);
    const wrong = Array.from({ length: 99 }, (_none, index) => index).filter((index) =>
      usesLocks(freshProgram(5, index).program),
    );
    const again = out.filter((line) => line.startsWith("to make it small"));
    expect(again).toEqual(
      wrong
        .slice(0, 2)
        .map(
          (index) => `to make it small: npm run conformance -- --seed 5 --index ${index} --shrink`,
        ),
    );
    expect(out).toContain(`The first differences, 2 of ${wrong.length}:`);
    expect(out.at(-1)).toBe(`${99 - wrong.length} passed, ${wrong.length} failed`);
  });

  it("that hang are run one by one, and named", async () => {
    const start = pretending(usesLocks, "hangs");
    const { status, out } = await command(["--programs", "12", "--areas", "locks"], start);
    expect(status).toBe(1);
    const hanging = Array.from({ length: 12 }, (_none, i) => freshProgram(1, i * 11 + 5)).filter(
      ({ program }) => usesLocks(program),
    );
    expect(hanging.length).toBeGreaterThan(0);
    expect(out.at(-1)).toBe(`${12 - hanging.length} passed, ${hanging.length} failed`);
    expect(out).toContain(hanging[0]?.id);
    expect(out.some((line) => /^> 0 main: start +! heddle: it hung$/.test(line))).toBe(true);
  });

  it("are given up when too many hang", async () => {
    const start = pretending(() => true, "hangs");
    const { status, out } = await command(["--programs", "100", "--show", "1"], start);
    expect(status).toBe(1);
    expect(out).toContain("90 were not run: too many never came to their end");
    expect(out.at(-1)).toBe("0 passed, 10 failed");
  });

  it("are left out by default where CPython cannot be loaded, and that is said", async () => {
    const { status, out } = await command(["--areas", "locks"]);
    expect(status).toBe(0);
    expect(out).toContain("no fresh programs: no wasm here");
    expect(out.at(-1)).toBe("497 passed, 0 failed");
  });

  it("need CPython when they are asked for", async () => {
    const { status, errors } = await command(["--programs", "5"]);
    expect(status).toBe(2);
    expect(errors).toEqual(["conformance: no wasm here"]);
  });
});

describe("--shrink", () => {
  it("makes the differences small, and writes them to a file for --file", async () => {
    const path = join(folder, "made/here/shrunk.jsonl");
    const args = ["--programs", "60", "--show", "1", "--shrink", "--write", path];
    const { status, out } = await command(args, pretending(usesLocks));
    expect(status).toBe(1);
    const [line] = readFileSync(path, "utf8").trim().split("\n");
    const { id, program, trace } = JSON.parse(line!) as Case;
    expect(id).toMatch(/-1-\d+-shrunk$/);
    expect(program.main).toHaveLength(1);
    expect(program.main[0]).toMatchObject({ op: "acquire" });
    expect(trace).toEqual(await traceOf(program));
    expect(out).toContain(JSON.stringify(program));
    expect(out.some((one) => /^> \(the end\) +9 loop: encore$/.test(one))).toBe(true);
    expect((await command(["--file", path])).status).toBe(0);
  });

  it("says that a stored trace is not CPython's", async () => {
    const file = jsonLines({ ...napping, trace: ["0 main: start"] });
    const { status, out } = await command(
      ["--file", file, "--shrink"],
      pretending(() => false),
    );
    expect(status).toBe(1);
    expect(out).toContain("napping: CPython's trace is heddle's, and not the one that is stored");
  });

  it("needs CPython", async () => {
    const file = jsonLines({ ...napping, trace: [] });
    const { status, errors } = await command(["--file", file, "--shrink"]);
    expect(status).toBe(2);
    expect(errors).toEqual(["conformance: no wasm here"]);
  });
});

describe("the command", () => {
  it("prints how it is used", async () => {
    const { status, out } = await command(["--help"]);
    expect(status).toBe(0);
    expect(out[0]).toMatch(/^Usage: npm run conformance/);
  });

  it("refuses bad usage in one line", async () => {
    const { status, out, errors } = await command(["--programs", "many"]);
    expect(status).toBe(2);
    expect(out).toEqual([""]);
    expect(errors).toEqual([
      expect.stringMatching(/^conformance: --programs takes .* not "many"$/),
    ]);
  });

  it("refuses faults that there are not", async () => {
    const { status, errors } = await command(["--faults", "--only", "rust"]);
    expect(status).toBe(2);
    expect(errors).toEqual([
      expect.stringMatching(/there is no fault "rust"; the faults are .*timers-lifo/),
    ]);
  });
});
