/*
 * What compilers write into a function and expect around it.
 *
 * A function's source is what the compiler made of it: TypeScript turns `using` into
 * `__addDisposableResource(…)`, esbuild and tsx name inner functions by `__name(…)`. These helpers stand at the
 * top of a compiled file, outside of the function, yet nobody wrote them: where the function is compiled anew
 * they are supplied. They are looked up by name; esbuild and oxc number what would collide (`__using2`).
 *
 *   TypeScript   all that tslib exports, which is where `importHelpers` takes them from
 *   esbuild      see esbuild-helpers.ts and esbuild-decorators.ts
 *   oxc, Babel   `_usingCtx`; other helpers are not met in code for Node 20 and later
 *   istanbul     `cov_…()`: counters that count nothing, for those of the file stayed behind
 */

import { createRequire } from "node:module";
import { disposeAll, disposeLater, type Held } from "./disposal.ts";
import * as decorators from "./esbuild-decorators.ts";
import * as esbuild from "./esbuild-helpers.ts";

type Helpers = Readonly<Record<string, unknown>>;

/** The name by which oxc's helper is asked for: in vite's output it is an import that has none. */
export const USING_CONTEXT = "__usingCtx";

const ours: Helpers = {
  ...esbuild,
  ...decorators,
  _usingCtx: usingContext,
  [USING_CONTEXT]: usingContext,
  __runInitializers: runInitializers,
};

let tslib: Helpers | undefined;

/** The helper of this name; undefined if no compiler has one. */
export function compilerHelper(name: string): unknown {
  if (!name.startsWith("_")) return /^cov_\w+$/.test(name) ? () => uncounted : undefined;
  return helperOf(name) ?? helperOf(name.replace(/\d+$/, ""));
}

function helperOf(name: string): unknown {
  if (Object.hasOwn(ours, name)) return ours[name];
  if (!name.startsWith("__")) return undefined;
  tslib ??= loadTslib();
  return Object.hasOwn(tslib, name) && name !== "__esModule" ? tslib[name] : undefined;
}

/** Few functions need it: it is loaded for the first that names a helper. */
function loadTslib(): Helpers {
  const loaded: Helpers = createRequire(import.meta.url)("tslib");
  return loaded;
}

/** Both compilers have a helper of this name: esbuild passes a list and a number, TypeScript an object. */
function runInitializers(...args: unknown[]): unknown {
  const [list, flags, self, value] = args;
  if (Array.isArray(list) && typeof flags === "number") {
    return decorators.runListed(list, flags, self, value);
  }
  tslib ??= loadTslib();
  const { __runInitializers: run } = tslib;
  if (typeof run !== "function") throw new TypeError("tslib has no __runInitializers");
  return run(...args);
}

/** oxc's and Babel's `using`: `u` and `a` take resources, `e` an error, `d` disposes. */
function usingContext() {
  const stack: Held[] = [];
  const none = {};
  return {
    e: none as unknown,
    u: (value: unknown) => disposeLater(stack, value, false),
    a: (value: unknown) => disposeLater(stack, value, true),
    d() {
      return disposeAll(stack, this.e, this.e !== none);
    },
  };
}

/** Has every property, each of which is itself, counts as 0 and forgets what it is set to. */
const uncounted: object = new Proxy(() => undefined, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 0 : uncounted),
  set: () => true,
  apply: () => uncounted,
});
