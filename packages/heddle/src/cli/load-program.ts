/*
 * Bringing the program into this process.
 *
 * TypeScript goes through tsx, which also lowers `using` for Node 20 and 22. JavaScript does not: the
 * loader costs more than Node's own start. The program is imported, not made Node's main module: its
 * default export is asked for.
 */
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { isRunnable } from "./main-function.ts";
import type { ProgramFile } from "./program-file.ts";

export interface Program {
  exports: Record<string, unknown>;
  /** The default export; of a CommonJS module, whatever `module.exports` was set to. */
  main: unknown;
}

/** Import the program, and with that run its top level. `heddle`: the path of the copy it uses. */
export async function loadProgram(file: ProgramFile, heddle: string): Promise<Program> {
  if (file.isTypeScript) await registerTypeScript(heddle);
  const exports = (await import(pathToFileURL(file.realPath).href)) as Record<string, unknown>;
  return { exports, main: mainOf(exports, file) };
}

function mainOf(exports: Record<string, unknown>, file: ProgramFile): unknown {
  const main = exports.default;
  const required = createRequire(file.realPath).cache[file.realPath];
  if (required === undefined || required.exports !== main) return main;
  // CommonJS: an object that cannot be run is a list of exports, and no attempt at a main.
  if (typeof main !== "object" || main === null || isRunnable(main)) return main;
  return "default" in main ? main.default : undefined;
}

async function registerTypeScript(heddle: string): Promise<void> {
  const [esm, cjs] = await Promise.all([import("tsx/esm/api"), import("tsx/cjs/api")]);
  // Where TypeScript becomes CommonJS (package.json does not say "module"), tsx compiles the ES
  // modules that it requires as well. Of heddle that would make a second copy, with a loop of its
  // own, beside the one that `import` gives; Node can require it as it is.
  const { extensions } = createRequire(import.meta.url);
  const asItIs = extensions[".js"];
  esm.register();
  cjs.register();
  const compiled = extensions[".js"];
  const folder = dirname(heddle) + sep;
  extensions[".js"] = (module, path) => (path.startsWith(folder) ? asItIs : compiled)(module, path);
}
