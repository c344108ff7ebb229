/*
 * What can be the main of a program, and what to say where there is none.
 */

/** How to write it right, for every message here. */
const EXAMPLE = "export default function* main() { … }";

/** Why this default export cannot be run; undefined if it can. */
export function complainOfMain(main: unknown): string | undefined {
  if (isClass(main) || !isRunnable(main)) {
    return (
      `its default export is ${describe(main)}, and no coroutine function, async function or ` +
      `coroutine. Write: ${EXAMPLE}`
    );
  }
  return undefined;
}

/**
 * Why a program without a default export, which has ended and started no run, did nothing of what it
 * was written for; undefined if it may well be a program without coroutines.
 */
export function complainOfNothing(exports: object, source: string): string | undefined {
  const coroutines = Object.entries(exports).filter(([, value]) => isGeneratorFunction(value));
  const [name] = coroutines[0] ?? [];
  if (name !== undefined) {
    return `it exports ${name}, but no default, and starts no run: nothing was run. Write: ${EXAMPLE}`;
  }
  const asked = /\bimport\.meta\.main\b|\brequire\.main\b/.exec(source)?.[0];
  if (asked !== undefined) {
    return (
      `it has no default export, and starts no run: nothing was run. Under heddle run ${asked} is ` +
      `not the program. Write: ${EXAMPLE}`
    );
  }
  return undefined;
}

/** Can `run` do something with this? As a function's result is not known yet, any function can. */
export function isRunnable(value: unknown): boolean {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null) return false;
  if ("then" in value) return typeof value.then === "function";
  return Symbol.iterator in value && "throw" in value && typeof value.throw === "function";
}

function isGeneratorFunction(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object GeneratorFunction]";
}

function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

function describe(value: unknown): string {
  if (isClass(value)) return "a class";
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
