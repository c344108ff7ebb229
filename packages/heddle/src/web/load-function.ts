/*
 * From a reference back to a function, in a page and in its workers.
 */
import { exportedFunctions } from "../executor/exported-function.ts";
import type { FunctionReference } from "../executor/messages.ts";
import { referenceOf } from "../executor/module-function.ts";
import type { AnyFunction, Found } from "../executor/surroundings.ts";

/**
 * Modules of a bundle, by the names that `moduleFunction` is given instead of URLs: in a bundle there are no files
 * that could be loaded by a URL.
 */
export type BundledModules = Readonly<Record<string, () => Promise<object>>>;

export function functionLoader(
  modules: BundledModules,
): (reference: FunctionReference) => Found | Promise<Found> {
  const exported = exportedFunctions((url) =>
    Object.hasOwn(modules, url)
      ? (modules[url] as () => Promise<object>)()
      : // What bundlers would make of an import of something unknown fails.
        import(/* webpackIgnore: true */ /* @vite-ignore */ url),
  );
  return (reference) => {
    if ("url" in reference) return exported(reference);
    throw new TypeError(
      "a Web Worker runs functions of modules alone, and the other side sent source",
    );
  };
}

export function checkModules(call: string, modules: BundledModules): void {
  const isRight =
    typeof modules === "object" &&
    modules !== null &&
    Object.values(modules).every((load) => typeof load === "function");
  if (isRight) return;
  throw new TypeError(
    `${call}: modules must be an object of functions, such as { work: () => import("./work.js") }`,
  );
}

export function referenceTo(fn: AnyFunction, call: string): FunctionReference {
  if (typeof fn !== "function") {
    throw new TypeError(
      `${call}() needs a function to run, got ${fn === null ? "null" : typeof fn}`,
    );
  }
  const reference = referenceOf(fn);
  if (reference === undefined) {
    const name = fn.name || "work";
    throw new TypeError(
      `${call}() got the function ${fn.name || "(without a name)"} itself, and a Web Worker can only load a ` +
        "module that exports it: hand over " +
        `moduleFunction(new URL("./${name}.js", import.meta.url), "${name}")`,
    );
  }
  if (reference.url.startsWith("file:") && isOnTheWeb()) {
    throw new TypeError(
      `${call}(): ${reference.url} is a file, which a page cannot load: give moduleFunction() ` +
        'new URL("./work.js", import.meta.url)',
    );
  }
  return reference;
}

function isOnTheWeb(): boolean {
  const { location } = globalThis as { location?: { protocol: string } };
  return location?.protocol.startsWith("http") === true;
}
