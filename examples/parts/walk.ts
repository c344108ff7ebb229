// Every file below a folder, one after another, without following links.
import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Awaitable, type Coroutine, fromPromise, rethrowIfCancelled } from "heddle";

/** Awaits `visit` for each file before it looks for the next; `fail` hears of folders it cannot read. */
export function* walk(
  root: string,
  visit: (path: string) => Awaitable<void>,
  fail: (error: unknown) => void,
): Coroutine<void> {
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: Dirent[] = [];
    try {
      entries = yield* fromPromise(readdir(folder, { withFileTypes: true }));
    } catch (error) {
      rethrowIfCancelled(error);
      fail(error);
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isFile()) yield* visit(path);
      else if (entry.isDirectory()) folders.push(path);
    }
  }
}
