/*
 * Which heddle a program gets.
 *
 * Main has to run on the loop of the copy that the program itself imports, so the command looks for
 * it from the program's folder, and takes `run` from there. Where none is installed, the program and
 * the command share the command's own.
 */
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";
import type { ProgramFile } from "./program-file.ts";
import { resolve, resolveOwn } from "./resolve-hook.ts";

/** What Node's types do not know: newer than Node 20, or known by its use alone. */
interface Internals {
  registerHooks?: (hooks: { resolve: typeof resolve }) => void;
  Module: { _resolveFilename(this: unknown, request: string, ...rest: unknown[]): string };
}

/** The path of the module that "heddle" is for this program. Call it before loading the program. */
export function findHeddle(program: ProgramFile): string {
  try {
    return nodeModule.createRequire(program.realPath).resolve("heddle");
  } catch {
    offerOwnHeddle();
    return fileURLToPath(new URL("../index.js", import.meta.url));
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
  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) {
    try {
      return resolveFilename.call(this, request, ...rest);
    } catch (error) {
      const path = resolveOwn(request);
      if (path === undefined) throw error;
      return path;
    }
  };
}
