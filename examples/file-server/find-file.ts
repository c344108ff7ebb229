// Which file a request means. Nothing outside of the served directory is told: `..` is refused before it is
// looked at, and where links lead is checked by what the system says. That is a moment before the file is
// opened: who may write in the directory, and swaps a link in that moment, can get around it.
import type { Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { type Coroutine, fromPromise, rethrowIfCancelled } from "heddle";
import { HttpError } from "./http-error.ts";

export interface Found {
  /** Without links. */
  path: string;
  stats: Stats;
  isDirectory: boolean;
}

/** The names in the path of a URL: in "/a%20b/c" they are "a b" and "c". */
export function namesIn(path: string): string[] {
  if (path[0] !== "/") throw new HttpError(400);
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw new HttpError(400); // %zz, or no UTF-8
  }
  if (decoded.includes("\0")) throw new HttpError(400);
  const names = decoded.split(sep === "/" ? "/" : /[/\\:]/);
  if (names.includes("..")) throw new HttpError(403);
  return names.filter((name) => name !== "" && name !== ".");
}

/** `root` is a real path. Throws an HttpError, or the system's error. */
export function* findFile(root: string, names: readonly string[]): Coroutine<Found> {
  const path = yield* fromPromise(realpath(join(root, ...names)));
  const inside = path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
  if (!inside) throw new HttpError(403);
  const stats = yield* fromPromise(stat(path));
  const isDirectory = stats.isDirectory();
  // A pipe would never end; a device might do anything.
  if (!isDirectory && !stats.isFile()) throw new HttpError(403);
  return { path, stats, isDirectory };
}

/** The `index.html` of a directory, if it has one. */
export function* findIndex(root: string, names: readonly string[]): Coroutine<Found | undefined> {
  try {
    const found = yield* findFile(root, [...names, "index.html"]);
    return found.isDirectory ? undefined : found;
  } catch (error) {
    rethrowIfCancelled(error);
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}
