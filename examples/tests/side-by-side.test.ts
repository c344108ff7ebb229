import { describe, expect, it } from "vitest";
import type { Printed } from "../tour/record.ts";
import { sideBySide } from "../tour/side-by-side.ts";
import { type Terminal, terminalOf } from "../tour/terminal.ts";

const terminal = (width: number): Terminal => ({ width, paint: (_, text) => text });

const says = (line: number, text: string): Printed => ({ text, line, at: 0, task: undefined });

const source = `// one
const two = 2;

console.log(two);
`;

describe("sideBySide", () => {
  it("puts the output beside the line that printed it", () => {
    expect(sideBySide(source, [says(4, "2")], terminal(100))).toEqual([
      "1  // one            │",
      "2  const two = 2;    │",
      "3                    │",
      "4  console.log(two); │ 4 ▸  2",
    ]);
  });

  it("begins above it when there is too much to go below", () => {
    const printed = ["a", "b", "c", "d", "e", "f"].map((text) => says(4, text));
    expect(sideBySide(source, printed, terminal(100))).toEqual([
      "1  // one            │ 4 ▸  a",
      "2  const two = 2;    │ 4 ▸  b",
      "3                    │ 4 ▸  c",
      "4  console.log(two); │ 4 ▸  d",
      "                     │ 4 ▸  e",
      "                     │ 4 ▸  f",
    ]);
  });

  it("puts it below on a narrow terminal", () => {
    expect(sideBySide(source, [says(4, "2")], terminal(80))).toEqual([
      "1  // one",
      "2  const two = 2;",
      "3  ",
      "4  console.log(two);",
      "",
      "4 ▸  2",
    ]);
  });

  it.each([20, 40, 80, 96, 100, 120, 200])("keeps to a width of %i", (width) => {
    const long = `  const x = "${"word ".repeat(60)}"; // ${"x".repeat(150)}`;
    const rows = sideBySide(long, [says(1, "output ".repeat(40))], terminal(width));
    expect(Math.max(...rows.map((row) => [...row].length))).toBeLessThanOrEqual(width);
    const text = rows.map((row) => (width < 96 ? row : row.split("│")[0])).join("");
    expect(text.match(/word/g)).toHaveLength(60);
  });

  it("colours the program", () => {
    const marked: Terminal = { width: 80, paint: (style, text) => `<${style}>${text}</>` };
    expect(sideBySide('yield* sleep(10, "a"); // b', [], marked)[0]).toBe(
      '<dim>1  </><magenta>yield*</> sleep(<yellow>10</>, <green>"a"</>); <dim>// b</>',
    );
  });
});

describe("terminalOf", () => {
  const stdout = (fields: object) => fields as NodeJS.WriteStream;
  const tty = { isTTY: true, columns: 80, hasColors: () => true };

  it("paints on a terminal that can show it", () => {
    const before = process.env.NO_COLOR;
    delete process.env.NO_COLOR;
    try {
      expect(terminalOf(stdout(tty)).paint("dim", "x")).toBe("\x1b[2mx\x1b[0m");
      process.env.NO_COLOR = "1";
      expect(terminalOf(stdout(tty)).paint("dim", "x")).toBe("x");
    } finally {
      delete process.env.NO_COLOR;
      if (before !== undefined) process.env.NO_COLOR = before;
    }
    expect(terminalOf(stdout({ ...tty, hasColors: () => false })).paint("dim", "x")).toBe("x");
  });

  it("is 100 columns wide and without colours where there is no terminal", () => {
    const file = terminalOf(stdout({}));
    expect(file.width).toBe(100);
    expect(file.paint("dim", "x")).toBe("x");
    expect(terminalOf(stdout(tty)).width).toBe(80);
  });
});
