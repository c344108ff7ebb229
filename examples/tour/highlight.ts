// Enough colour to read TypeScript by: comments, strings, numbers, keywords. It looks at one line
// alone, so the examples write `//` and no comment or string that goes over several lines.
import type { Style } from "./terminal.ts";

export interface Piece {
  text: string;
  style?: Style;
}

const keywords =
  "as async await break case catch class const continue default else export extends finally for " +
  "from function if implements import in instanceof interface let new of private readonly return " +
  "static super switch this throw try type typeof undefined using void while yield";

const tokens = new RegExp(
  [
    String.raw`(?<comment>//.*|^\s*(?:/\*\*|\*).*)`,
    String.raw`(?<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|${"`"}(?:\\.|[^${"`"}\\])*${"`"})`,
    String.raw`(?<number>\b\d[\d_.]*\b)`,
    String.raw`(?<keyword>\b(?:${keywords.split(" ").join("|")})\b\*?)`,
  ].join("|"),
  "g",
);

const styles: Record<string, Style> = {
  comment: "dim",
  string: "green",
  number: "yellow",
  keyword: "magenta",
};

export function highlight(line: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of line.matchAll(tokens)) {
    const kind = Object.keys(styles).find((name) => match.groups?.[name] !== undefined);
    if (kind === undefined) continue;
    if (match.index > end) pieces.push({ text: line.slice(end, match.index) });
    pieces.push({ text: match[0], style: styles[kind] as Style });
    end = match.index + match[0].length;
  }
  if (end < line.length) pieces.push({ text: line.slice(end) });
  return pieces;
}
