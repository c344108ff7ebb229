/*
 * How a worker finds a function: by its module and name, or by its source.
 */
import type { FunctionReference } from "../../executor/messages.ts";
import { referenceOf } from "../../executor/module-function.ts";
import type { AnyFunction } from "../../executor/surroundings.ts";
import { sourceOf } from "./inline-function.ts";

export function referenceTo(fn: AnyFunction, call: string): FunctionReference {
  if (typeof fn !== "function") {
    throw new TypeError(
      `${call}() needs a function to run, got ${fn === null ? "null" : typeof fn}`,
    );
  }
  return referenceOf(fn) ?? { source: sourceOf(fn, call), name: fn.name };
}
