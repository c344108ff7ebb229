/*
 * From a reference back to a function, in a worker or for a call back: a module's export, or the source of
 * an inline function.
 */
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { registerOwnErrorClass } from "../../executor/error-classes.ts";
import { exportedFunctions } from "../../executor/exported-function.ts";
import type { FunctionReference } from "../../executor/messages.ts";
import type { Found } from "../../executor/surroundings.ts";
import { ProcessError } from "../process/process-error.ts";
import { compileFunction } from "./compile-function.ts";

// Both sides load this file.
registerOwnErrorClass("ProcessError", ProcessError);

const exported = exportedFunctions((url) =>
  importModule(isAbsolute(url) ? pathToFileURL(url).href : url),
);

export function loadFunction(reference: FunctionReference): Found | Promise<Found> {
  return "source" in reference ? compileFunction(reference.source) : exported(reference);
}

async function importModule(specifier: string): Promise<object> {
  try {
    return await import(specifier);
  } catch (error) {
    const isPackage = !specifier.includes(":");
    if (!isPackage || (error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error(
      `moduleFunction(): there is no package "${specifier}" where heddle is installed; for the one that ` +
        `your own module sees, give import.meta.resolve("${specifier}")`,
      { cause: error },
    );
  }
}
