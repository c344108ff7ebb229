/*
 * The other end of `sourceOf`: a function out of its source, on a worker.
 *
 * A script of the engine rather than `eval`, which gives it a name in stacks ("heddle:inline/NAME"), the
 * function's own lines, and works under `--disallow-code-generation-from-strings`. It is strict, whatever the
 * function was. What is supplied from outside (compilers' helpers, `import` and `require`) are parameters of a
 * function around it: the thread's globals stay as they are, and what the source does not name costs nothing.
 */

import vm from "node:vm";
import { boundedCache } from "./bounded-cache.ts";
import { suppliedNames, suppliedValue } from "./supplied.ts";

type Compiled = (...args: unknown[]) => unknown;

const compiled = boundedCache<Compiled>(1_000);

/**
 * The function of which `sourceOf` gave the source. The same source gives the same function, as long as it is
 * among the last 1,000. Throws SyntaxError for what is no expression, TypeError for one that is no function.
 */
export function compileFunction(source: string): Compiled {
  return compiled.get(source) ?? compiled.set(source, compile(source));
}

function compile(source: string): Compiled {
  const names = suppliedNames(source);
  const before = `"use strict";((${names.join(",")})=>`;
  const script = new vm.Script(`${before}${source}\n)`, {
    filename: `heddle:inline/${nameIn(source)}`,
    columnOffset: -before.length,
  });
  const enclose: unknown = script.runInThisContext();
  const made: unknown =
    typeof enclose === "function" ? enclose(...names.map(suppliedValue)) : undefined;
  if (isFunction(made)) return made;
  throw new TypeError(`the source of a function was expected; it gives ${typeof made}`);
}

/** As `sourceOf` writes it. */
function nameIn(source: string): string {
  const [, name] = /^\((?:async\s+)?function\s*\*?\s*([\w$]+)/.exec(source) ?? [];
  const [, key] = /^[\w.]*\(\{[a-z*]*\[("(?:[^"\\]|\\.)*")\]/.exec(source) ?? [];
  return name ?? (key === undefined ? "anonymous" : String(JSON.parse(key)));
}

const isFunction = (value: unknown): value is Compiled => typeof value === "function";
