/*
 * A place in the source, as reports name it.
 */

/** A function and where in it the program stands. Lines and columns count from 1. */
export interface CodePlace {
  /** "(anonymous)" if it has no name. */
  readonly functionName: string;
  /** A path; a URL for what did not come from a file. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** @internal As a line of a native stack, which editors and terminals make a link of. */
export function formatPlace({ functionName, file, line, column }: CodePlace): string {
  return `at ${functionName} (${file}:${line}:${column})`;
}

/** @internal Engines name a script by its URL, source maps and older modules by its path: always the path. */
export function pathOf(script: string): string {
  if (!script.startsWith("file://")) return script;
  const path = decodeURIComponent(new URL(script).pathname);
  return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path;
}
