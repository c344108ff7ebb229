/*
 * From a reference back to a function, in a worker or for a call back: a module's export, or the source of
 * an inline function.
 *
 * A module is imported as everything else here is, so it is the same one with the same state for all jobs of
 * the worker. TypeScript goes through tsx, unless something that loads it is at work already.
 */
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { registerOwnErrorClass } from "../../executor/error-classes.ts";
import type { FunctionReference } from "../../executor/messages.ts";
import type { Found } from "../../executor/surroundings.ts";
import { ProcessError } from "../process/process-error.ts";
import { compileFunction } from "./compile-function.ts";

const found = new Map<string, Found>();

// Both sides load this file.
registerOwnErrorClass("ProcessError", ProcessError);

export function loadFunction(reference: FunctionReference): Found | Promise<Found> {
  if ("source" in reference) return compileFunction(reference.source);
  const { url, name } = reference;
  return found.get(`${name} ${url}`) ?? importFunction(url, name);
}

async function importFunction(url: string, name: string): Promise<Found> {
  const exports = await importModule(isAbsolute(url) ? pathToFileURL(url).href : url);
  const fn = exports[name] ?? (exports.default as Record<string, unknown> | undefined)?.[name];
  if (typeof fn !== "function") throw notExported(url, name, exports);
  found.set(`${name} ${url}`, fn as Found);
  return fn as Found;
}

async function importModule(specifier: string): Promise<Record<string, unknown>> {
  try {
    return await import(specifier);
  } catch (error) {
    const isPackage = !specifier.includes(":");
    if (!isPackage || (error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error(
      `moduleFunction(): there is no package "${specifier}" where heddle is installed; to name your own ` +
        `module's, give import.meta.resolve("${specifier}")`,
      { cause: error },
    );
  }
}

function notExported(url: string, name: string, exports: Record<string, unknown>): TypeError {
  const what = exports[name] === undefined ? "does not export" : "has no function as";
  const names = Object.keys(exports).filter((key) => typeof exports[key] === "function");
  const there = names.length === 0 ? "no functions" : `the functions ${names.join(", ")}`;
  return new TypeError(`moduleFunction(): ${url} ${what} "${name}"; it exports ${there}`);
}
