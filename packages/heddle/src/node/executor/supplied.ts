/*
 * What stands around a function wherever it is compiled anew, though nobody wrote it there.
 */

import { compilerHelper } from "./compiler-helpers.ts";
import { importInside, importOfVite, requireInside } from "./inline-imports.ts";

/** `sourceOf` writes this for `import`. */
export const IMPORT = "__heddleImport";

const imports: Readonly<Record<string, unknown>> = {
  [IMPORT]: importInside,
  __vite_ssr_dynamic_import__: importOfVite,
  require: requireInside,
};

/** What is supplied by this name; undefined if nothing is. */
export function suppliedValue(name: string): unknown {
  return Object.hasOwn(imports, name) ? imports[name] : compilerHelper(name);
}

/** All names in a source by which something is supplied; one that only looks like it does no harm. */
export function suppliedNames(source: string): string[] {
  const names = new Set(
    source.match(/(?<![\w$#]|(?<!\.\.)\.)(?:_[\w$]+|cov_\w+|require)(?![\w$])/g),
  );
  return [...names].filter((name) => suppliedValue(name) !== undefined);
}
