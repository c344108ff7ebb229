// A program and what it printed, side by side:
//
//    8  export default function* main() {     │
//    9    for (const n of [1, 2]) log(n);     │   9 ▸ 1
//   10  }                                     │   9 ▸ 2
//
// The output begins beside the line that printed first, if there is room below for all of it. On a
// narrow terminal it stands below the program.
import { highlight, type Piece } from "./highlight.ts";
import type { Printed } from "./record.ts";
import type { Terminal } from "./terminal.ts";

/** Below this width a program and its output do not fit beside each other. */
const NARROW = 96;
const RULE = " │ ";
/** Columns that the output gets at least. */
const OUTPUT_MINIMUM = 31;

/** A row of a column: its text, painted, and how wide it is. */
interface Row {
  painted: string;
  width: number;
}

export function sideBySide(source: string, printed: Printed[], terminal: Terminal): string[] {
  const lines = source.trimEnd().split("\n");
  const digits = `${lines.length}`.length;
  const sourceRows = (line: string, at: number, width: number) => {
    const indent = line.length - line.trimStart().length + 4;
    return column(`${at + 1}`.padStart(digits), highlight(line), width, indent, terminal);
  };
  const outputRows = ({ text, line }: Printed, width: number) => {
    const mark = line === undefined ? "" : `${`${line}`.padStart(digits)} ▸`;
    return column(mark.padStart(digits + 2), [{ text }], width, 2, terminal);
  };

  if (terminal.width < NARROW) {
    const program = lines.flatMap((line, at) => sourceRows(line, at, terminal.width));
    const output = printed.flatMap((each) => outputRows(each, terminal.width));
    return [...program.map((row) => row.painted), "", ...output.map((row) => row.painted)];
  }
  const longest = Math.max(...lines.map((line) => line.length)) + digits + 2;
  const left = Math.min(longest, terminal.width - RULE.length - OUTPUT_MINIMUM);
  const right = terminal.width - RULE.length - left;

  const program: Row[] = [];
  const firstRow: number[] = [];
  for (const [at, line] of lines.entries()) {
    firstRow.push(program.length);
    program.push(...sourceRows(line, at, left));
  }
  const output = printed.flatMap((each) => outputRows(each, right));
  const first = printed.find(({ line }) => line !== undefined)?.line ?? 1;
  const wished = firstRow[first - 1] ?? 0;
  const start = Math.max(0, Math.min(wished, program.length - output.length));
  const height = Math.max(program.length, start + output.length);
  return Array.from({ length: height }, (_, at) => {
    const { painted, width } = program[at] ?? { painted: "", width: 0 };
    const rule = " ".repeat(left - width) + terminal.paint("dim", RULE);
    return (painted + rule + (output[at - start]?.painted ?? "")).trimEnd();
  });
}

/** A line in a column of this width, with `mark` in the margin of its first row. */
function column(
  mark: string,
  pieces: Piece[],
  width: number,
  indent: number,
  terminal: Terminal,
): Row[] {
  const margin = mark.length + 2;
  return wrap(pieces, width - margin, indent, terminal).map((row, at) => ({
    painted: terminal.paint("dim", (at === 0 ? mark : "").padEnd(margin)) + row.painted,
    width: row.width + margin,
  }));
}

export function wrapText(text: string, terminal: Terminal): string[] {
  return wrap([{ text }], terminal.width, 0, terminal).map((row) => row.painted.trimEnd());
}

/** Breaks a line at `width` columns, behind a space if there is one; what follows is indented. */
function wrap(pieces: Piece[], width: number, indent: number, terminal: Terminal): Row[] {
  const rest = pieces.flatMap(({ text, style }) =>
    Array.from(text, (letter) => ({ letter, style })),
  );
  const rows: Row[] = [];
  do {
    const margin = rows.length === 0 ? 0 : Math.min(indent, width >> 1);
    const room = width - margin;
    let end = Math.min(room, rest.length);
    if (end < rest.length) {
      while (end > room / 2 && rest[end - 1]?.letter !== " ") end--;
      if (end <= room / 2) end = room;
    }
    const taken = rest.splice(0, end);
    let painted = " ".repeat(margin);
    for (let from = 0, to = 0; from < taken.length; from = to) {
      const style = taken[from]?.style;
      while (to < taken.length && taken[to]?.style === style) to++;
      const text = taken
        .slice(from, to)
        .map(({ letter }) => letter)
        .join("");
      painted += style === undefined ? text : terminal.paint(style, text);
    }
    rows.push({ painted, width: margin + taken.length });
  } while (rest.length > 0);
  return rows;
}
