/*
 * Lets a program that stands where no heddle is installed import the command's own.
 *
 * One function for both kinds of hooks: `registerHooks` calls it in this thread, and `next` returns;
 * for `register` it runs in the loaders' thread, and `next` returns a promise.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

interface Resolved {
  url: string;
  shortCircuit?: boolean;
}

type Next = (specifier: string, context: object) => Resolved | Promise<Resolved>;

// To this file, "heddle" is the package that it belongs to.
const own = createRequire(import.meta.url);

/** The path of an entry point of the command's own heddle; undefined for other packages. */
export function resolveOwn(specifier: string): string | undefined {
  return /^heddle(\/|$)/.test(specifier) ? own.resolve(specifier) : undefined;
}

export function resolve(
  specifier: string,
  context: object,
  next: Next,
): Resolved | Promise<Resolved> {
  const instead = (error: unknown): Resolved => {
    const path = resolveOwn(specifier);
    if (path === undefined) throw error;
    return { url: pathToFileURL(path).href, shortCircuit: true };
  };
  try {
    const found = next(specifier, context);
    return found instanceof Promise ? found.catch(instead) : found;
  } catch (error) {
    return instead(error);
  }
}
