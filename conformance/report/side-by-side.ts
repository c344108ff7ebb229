/** Two traces in two columns, around the place where they part. */

const linesBefore = 8;
const linesAfter = 10;
const widest = 72;

/**
 * Lines for the user: a head, then both traces from a little before the first difference to a little
 * after it, the differing lines marked by ">". With `whole` nothing is left out.
 */
export function sideBySide(
  expected: readonly string[],
  actual: readonly string[],
  { whole = false } = {},
): string[] {
  const length = Math.max(expected.length, actual.length);
  const parting = firstDifference(expected, actual);
  const from = whole ? 0 : Math.max(0, parting - linesBefore);
  const to = whole ? length : Math.min(length, parting + linesAfter);
  const left = expected.slice(from, to);
  const width = Math.min(widest, Math.max("CPython".length, ...left.map((line) => line.length)));

  const row = (mark: string, a: string, b: string) =>
    `${mark} ${cut(a, width).padEnd(width)}  ${cut(b, widest)}`.trimEnd();
  const rows = [row(" ", "CPython", "heddle")];
  if (from > 0) rows.push(row(" ", more(from, "before"), ""));
  for (let i = from; i < to; i++) {
    const [a, b] = [expected[i], actual[i]];
    rows.push(row(a === b ? " " : ">", a ?? "(the end)", b ?? "(the end)"));
  }
  if (to < length) rows.push(row(" ", more(length - to, "after"), ""));
  return rows;
}

/** The index of the first line that is not equal in both. */
function firstDifference(a: readonly string[], b: readonly string[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return length;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function more(count: number, where: string): string {
  return `… ${count} ${count === 1 ? "line" : "lines"} ${where}`;
}
