/*
 * Bringing the program into this process: TypeScript, and which heddle it gets.
 *
 * TypeScript goes through tsx, which also lowers `using` for Node 20 and 22. JavaScript does not: the
 * loader costs as much as Node's own start. The program is imported, not made Node's main module: its
 * default export is asked for.
 *
 * Main has to run on the loop of the heddle that the program itself imports, so `run` is taken from
 * there, as seen from the program's folder. Where none is installed, both get the command's own.
 */
import * as nodeModule from "node:module";
import { pathToFileURL } from "node:url";
import type { run } from "../task/run.ts";
import { isRunnable } from "./main-function.ts";
import type { ProgramFile } from "./program-file.ts";
import { isHeddle, resolve } from "./resolve-hook.ts";

/** The public face of the copy of heddle that a program uses. */
export interface Heddle {
  run: typeof run;
}

export interface Program {
  exports: Record<string, unknown>;
  /** The default export; of a CommonJS module, whatever `module.exports` was set to. */
  main: unknown;
}

/** Import the program, and with that run its top level. */
export async function loadProgram(file: ProgramFile): Promise<Program> {
  if (file.isTypeScript) await registerTypeScript();
  const exports = (await import(pathToFileURL(file.realPath).href)) as Record<string, unknown>;
  return { exports, main: mainOf(exports, file) };
}

function mainOf(exports: Record<string, unknown>, file: ProgramFile): unknown {
  const main = exports.default;
  const required = nodeModule.createRequire(file.realPath).cache[file.realPath];
  if (required === undefined || required.exports !== main) return main;
  // CommonJS: an object that cannot be run is a list of exports, and no attempt at a main.
  if (typeof main !== "object" || main === null || isRunnable(main)) return main;
  return "default" in main ? main.default : undefined;
}

async function registerTypeScript(): Promise<void> {
  const [esm, cjs] = await Promise.all([import("tsx/esm/api"), import("tsx/cjs/api")]);
  esm.register();
  cjs.register();
}

/**
 * Find the heddle that the program imports. If there is none, see to it that it gets the command's.
 * Call it before loading the program. Returns the module's URL.
 */
export function findHeddle(file: ProgramFile): string {
  try {
    return pathToFileURL(nodeModule.createRequire(file.realPath).resolve("heddle")).href;
  } catch {
    offerOwnHeddle();
    return new URL("../index.js", import.meta.url).href;
  }
}

function offerOwnHeddle(): void {
  const { registerHooks, Module } = nodeModule as unknown as Internals;
  if (registerHooks !== undefined) {
    registerHooks({ resolve });
    return;
  }
  // Before Node 22.15: `import` is resolved in the loaders' thread, and `require` not by hooks.
  nodeModule.register("./resolve-hook.js", import.meta.url);
  const own = nodeModule.createRequire(import.meta.url);
  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) {
    try {
      return resolveFilename.call(this, request, ...rest);
    } catch (error) {
      if (isHeddle(request)) return own.resolve(request);
      throw error;
    }
  };
}

/** What Node's types do not know: newer than Node 20, or known by its use alone. */
interface Internals {
  registerHooks?: (hooks: { resolve: typeof resolve }) => void;
  Module: { _resolveFilename(this: unknown, request: string, ...rest: unknown[]): string };
}
