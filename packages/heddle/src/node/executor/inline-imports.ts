/*
 * `import()` and `require()` inside of a function that has left its file.
 *
 * A package is looked for from where heddle is installed, then from the main program, then from the working
 * directory: one place to npm, but not to pnpm, nor when a program is started from elsewhere. What is relative
 * has nothing to be relative to: `sourceOf` refuses what it sees, this what is computed.
 *
 * The other places have Node's own loader too, hooks and conditions included, by a script that stands there:
 * what `import.meta.resolve` cannot do without a flag. Node warns of an experiment then, so it comes last.
 */

import { existsSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

type Import = (specifier: string, options?: ImportCallOptions) => Promise<unknown>;

let main: string | null = null;

/** Where the main program stands (a path): worker threads and processes have another one of their own. */
export function importFrom(path: string | null): void {
  main = path;
}

/** What `import(specifier, options)` in the source of a function becomes. */
export async function importInside(
  specifier: unknown,
  options?: ImportCallOptions,
): Promise<unknown> {
  const name = checkSpecifier(specifier, "import");
  if (isAbsolute(name)) return importHere(pathToFileURL(name).href, options);
  if (!isPackage(name)) return importHere(name, options);
  let failure: unknown;
  for (const load of importers()) {
    try {
      return await load(name, options);
    } catch (error) {
      if (!isMissing(error, name)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** vite's output, thus tests in vitest: files of the project begin with a slash. */
export async function importOfVite(
  specifier: unknown,
  options?: ImportCallOptions,
): Promise<unknown> {
  if (typeof specifier === "string" && specifier.startsWith("/") && !existsSync(specifier)) {
    return importInside(join(process.cwd(), specifier), options);
  }
  return importInside(specifier, options);
}

/** What `require` is in functions of CommonJS modules. */
export function requireInside(specifier: unknown): unknown {
  const name = checkSpecifier(specifier, "require");
  let failure: unknown;
  for (const place of [import.meta.url, ...places()]) {
    try {
      return createRequire(place)(name);
    } catch (error) {
      if (!isMissing(error, name)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function checkSpecifier(specifier: unknown, call: string): string {
  const name = String(specifier);
  if (!/^\.\.?(\/|$)/.test(name)) return name;
  throw new TypeError(
    `${call}("${name}"): a function that was handed over stands in no file to which "${name}" could be relative. ` +
      `Pass it import.meta.resolve("${name}") as an argument`,
  );
}

const isPackage = (name: string) => !isBuiltin(name) && !/^[a-z][a-z+.-]*:/i.test(name);

const importHere: Import = (specifier, options) =>
  options === undefined ? import(specifier) : import(specifier, options);

const places = () => [...(main === null ? [] : [main]), join(process.cwd(), "/")];

function* importers(): Iterable<Import> {
  yield importHere;
  const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  // Other runtimes have no such thing.
  if (importModuleDynamically === undefined) return;
  for (const filename of places()) {
    const script = new vm.Script(
      "(specifier, options) => options ? import(specifier, options) : import(specifier)",
      { filename, importModuleDynamically },
    );
    yield script.runInThisContext();
  }
}

/** Whether it is this package that is not there, rather than one that it needs. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND") return false;
  const [scope = "", second = ""] = name.split("/");
  const packageName = name.startsWith("@") ? `${scope}/${second}` : scope;
  return error.message.includes(`'${packageName}'`) || error.message.includes(`'${name}'`);
}
