/*
 * Which file to run.
 */
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";

/** The command was called wrongly. The message is all that a user sees of it. */
export class UsageError extends Error {}

export interface ProgramFile {
  /** The absolute path as it was given: what Node has as process.argv[1]. */
  path: string;
  /** Where it is without symbolic links: what its imports are relative to. */
  realPath: string;
  isTypeScript: boolean;
}

const typeScript = /^\.([cm]?ts|[jt]sx)$/;
const javaScript = /^(\.[cm]?js)?$/;

/** The program at `name`. Throws UsageError if there is none that could be run. */
export function findProgram(name: string): ProgramFile {
  const path = resolve(name);
  const realPath = readable(path, name);
  const extension = extname(path);
  if (!typeScript.test(extension) && !javaScript.test(extension)) {
    throw new UsageError(
      `${name} is neither TypeScript (.ts .mts .cts .tsx .jsx) nor JavaScript (.js .mjs .cjs)`,
    );
  }
  return { path, realPath, isTypeScript: typeScript.test(extension) };
}

function readable(path: string, name: string): string {
  try {
    if (statSync(path).isDirectory())
      throw new UsageError(`${name} is a folder: name the file to run`);
    accessSync(path, constants.R_OK);
    return realpathSync(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new UsageError(`no such file: ${name}`);
    throw new UsageError(`${name} cannot be read (${code})`);
  }
}
