/*
 * Where the workers' own files are.
 */
import { fileURLToPath } from "node:url";

/** The path of a file beside this one. Workers run the build, also when this side runs the sources. */
export function workerFile(name: "thread-worker" | "process-worker"): string {
  const here = import.meta.url.endsWith(".ts") ? "../../../dist/node/executor/" : "./";
  return fileURLToPath(new URL(`${here}${name}.js`, import.meta.url));
}
