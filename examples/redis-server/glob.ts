// Redis's patterns: `*`, `?`, `[a-z]`, `[^abc]`, and `\` before what is meant literally.

/**
 * Does all of `text` match? When something does not, the last `*` takes one character more: no pattern
 * takes longer than the product of both lengths, as a regular expression could.
 */
export function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1; // behind the last star
  let taken = 0; // where in the text that star stops
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = ++p;
      taken = t;
      continue;
    }
    const next = matchOne(pattern, p, text[t]!);
    if (next > 0) {
      p = next;
      t++;
    } else if (star >= 0) {
      p = star;
      t = ++taken;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** Where the pattern goes on behind what matches `char`; 0 if it does not. */
function matchOne(pattern: string, p: number, char: string): number {
  switch (pattern[p]) {
    case undefined:
      return 0;
    case "?":
      return p + 1;
    case "[":
      return matchSet(pattern, p + 1, char);
    case "\\":
      if (p + 1 < pattern.length) return pattern[p + 1] === char ? p + 2 : 0;
  }
  return pattern[p] === char ? p + 1 : 0;
}

function matchSet(pattern: string, from: number, char: string): number {
  const negated = pattern[from] === "^";
  let p = negated ? from + 1 : from;
  let found = false;
  while (p < pattern.length && pattern[p] !== "]") {
    if (pattern[p] === "\\" && p + 1 < pattern.length) p++;
    const low = pattern[p]!;
    let high = low;
    if (pattern[p + 1] === "-" && p + 2 < pattern.length) {
      high = pattern[p + 2]!;
      p += 2;
    }
    const [least, most] = low <= high ? [low, high] : [high, low];
    if (char >= least && char <= most) found = true;
    p++;
  }
  return found === negated ? 0 : Math.min(p + 1, pattern.length);
}
