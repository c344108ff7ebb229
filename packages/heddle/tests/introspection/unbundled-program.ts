/*
 * A program in a process of its own that loads heddle's sources file by file, as programs load the package:
 * for what depends on where code stands. The program is JavaScript and its lines are the engine's.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const root = new URL("../../../../", import.meta.url);
const sources = new URL("../../src/", import.meta.url);

export interface Written {
  /** Line by line; the path of the program is PROGRAM. */
  lines: string[];
  stderr: string[];
}

export interface UnbundledOptions {
  /** How the program's file ends; ".mjs" if not given. */
  ending?: ".mjs" | ".mts" | ".cjs";
  /** Options for Node. */
  nodeOptions?: string[];
  env?: Record<string, string>;
}

/** Run a program that imports "heddle" or "heddle/testing"; rejects if it fails or hangs. */
export async function runUnbundled(
  program: string,
  { ending = ".mjs", nodeOptions = [], env = {} }: UnbundledOptions = {},
): Promise<Written> {
  const folder = await mkdtemp(join(tmpdir(), "heddle-test-"));
  const file = join(folder, `program${ending}`);
  const text = program
    .replaceAll('"heddle"', JSON.stringify(new URL("index.ts", sources).href))
    .replaceAll('"heddle/testing"', JSON.stringify(new URL("testing/index.ts", sources).href));
  try {
    await writeFile(file, text);
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", ...nodeOptions, file],
      { cwd: root, env: { ...process.env, ...env }, timeout: 12_000 },
    );
    const [lines, errors] = [stdout, stderr].map((written) => {
      const named = written
        .replaceAll(pathToFileURL(file).href, "PROGRAM")
        .replaceAll(file, "PROGRAM");
      return named.trimEnd().split("\n");
    });
    return { lines: lines as string[], stderr: errors as string[] };
  } finally {
    await rm(folder, { recursive: true });
  }
}
