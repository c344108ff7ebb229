/*
 * Which files to check.
 */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../program-file.ts";

const checkable = /\.[cm]?[jt]sx?$/;
const declarations = /\.d\.([^.]+\.)?[cm]?ts$/;

/**
 * The absolute paths of the files that are named, and of all in the folders that are named: without
 * node_modules, dist and what begins with a dot. Throws UsageError for a name that has none.
 */
export function findFiles(names: readonly string[]): string[] {
  const files = new Set<string>();
  for (const name of names) {
    const path = resolve(name);
    if (!statusOf(path, name).isDirectory()) {
      if (!checkable.test(path)) {
        throw new UsageError(
          `${name} is neither TypeScript (.ts .mts .cts .tsx) nor JavaScript (.js .mjs .cjs .jsx)`,
        );
      }
      files.add(path);
      continue;
    }
    const inside = filesIn(path);
    if (inside.length === 0) {
      throw new UsageError(`there is no TypeScript and no JavaScript file in ${name}`);
    }
    for (const file of inside) files.add(file);
  }
  return [...files];
}

function statusOf(path: string, name: string) {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new UsageError(`no such file: ${name}`);
    throw new UsageError(`${name} cannot be read (${code})`);
  }
}

/** Links to folders are not followed: they may lead in a circle. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return isLeftOut(entry.name) ? [] : filesIn(path);
    if (!checkable.test(entry.name) || declarations.test(entry.name)) return [];
    return entry.isFile() || statSync(path, { throwIfNoEntry: false })?.isFile() ? [path] : [];
  });
}

function isLeftOut(name: string): boolean {
  return name.startsWith(".") || name === "node_modules" || name === "dist";
}
