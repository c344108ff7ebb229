/*
 * From the reference of a module's function to the function.
 *
 * How a module is imported is the platform's matter: on Node TypeScript and paths have to be cared for, and in
 * a bundle there are no files. A module is the same one, with the same state, for all jobs of a worker.
 */
import type { ModuleReference } from "./module-function.ts";
import type { Found } from "./surroundings.ts";

type Exports = Readonly<Record<string, unknown>>;

/** Finds functions in the modules that `importModule` gives; a function that was found before at once. */
export function exportedFunctions(
  importModule: (url: string) => Promise<object>,
): (reference: ModuleReference) => Found | Promise<Found> {
  const found = new Map<string, Found>();
  const find = async (url: string, name: string): Promise<Found> => {
    const exports = (await importModule(url)) as Exports;
    const fn = exports[name] ?? (exports.default as Exports | undefined)?.[name];
    if (typeof fn !== "function") throw notExported(url, name, exports);
    found.set(`${name} ${url}`, fn as Found);
    return fn as Found;
  };
  return ({ url, name }) => found.get(`${name} ${url}`) ?? find(url, name);
}

function notExported(url: string, name: string, exports: Exports): TypeError {
  const what = exports[name] === undefined ? "does not export" : "has no function as";
  const names = Object.keys(exports).filter((key) => typeof exports[key] === "function");
  const there = names.length === 0 ? "no functions" : `the functions ${names.join(", ")}`;
  return new TypeError(`moduleFunction(): ${url} ${what} "${name}"; it exports ${there}`);
}
