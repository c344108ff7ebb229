import { describe, expect, it } from "vitest";
import { showProgress } from "../report/progress.ts";
import { sideBySide } from "../report/side-by-side.ts";
import { table } from "../report/table.ts";

describe("sideBySide", () => {
  const lines = Array.from({ length: 30 }, (_none, index) => `${index} main: log p${index}`);

  it("shows a window around the first difference", () => {
    const other = lines.map((line, index) => (index === 15 ? "15 main: unbound X" : line));
    const shown = sideBySide(lines, other);
    expect(shown[0]).toBe("  CPython           heddle");
    expect(shown[1]).toBe("  … 7 lines before");
    expect(shown.find((line) => line.startsWith(">"))).toBe(
      "> 15 main: log p15  15 main: unbound X",
    );
    expect(shown.at(-1)).toBe("  … 5 lines after");
    expect(shown).toHaveLength(3 + 8 + 10);
  });

  it("shows where one of them ends", () => {
    expect(sideBySide(["0 main: start"], ["0 main: start", "0 loop: end"])).toEqual([
      "  CPython        heddle",
      "  0 main: start  0 main: start",
      "> (the end)      0 loop: end",
    ]);
  });

  it("leaves nothing out when asked to", () => {
    expect(sideBySide(lines, [...lines, "more"], { whole: true })).toHaveLength(1 + 31);
  });

  it("cuts what is too wide", () => {
    const [, row] = sideBySide(["x".repeat(200)], ["y".repeat(200)]);
    expect(row).toBe(`> ${"x".repeat(71)}…  ${"y".repeat(71)}…`);
  });
});

describe("table", () => {
  it("aligns numbers to the right", () => {
    expect(
      table([
        ["area", "equal"],
        ["locks", "7"],
        ["x", "1234567"],
      ]),
    ).toEqual(["area     equal", "locks        7", "x      1234567"]);
  });
});

describe("progress", () => {
  it("is silent where there is no terminal and little time", () => {
    const written: string[] = [];
    const stream = { isTTY: false, write: (text: string) => written.push(text) };
    const progress = showProgress(
      "programs",
      "different",
      9,
      stream as unknown as typeof process.stderr,
    );
    progress.update(5, 1);
    progress.end();
    expect(written).toEqual([]);
  });
});
