// The folder that a program was told to work on.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Coroutine, fromPromise, rethrowIfCancelled } from "heddle";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The absolute path of `given`, or of this repository. If that is no folder: says so, sets the exit
 * status to 2 (bad usage), and gives undefined.
 */
export function* chooseFolder(given: string | undefined): Coroutine<string | undefined> {
  const folder = resolve(given ?? repository);
  try {
    const found = yield* fromPromise(stat(folder));
    if (found.isDirectory()) return folder;
    console.error(`not a folder: ${folder}`);
  } catch (error) {
    rethrowIfCancelled(error);
    console.error(`not a folder: ${error instanceof Error ? error.message : error}`);
  }
  process.exitCode = 2;
  return undefined;
}
