/*
 * A program in a process of its own: for what only a whole process shows (it ends by itself, it has
 * unhandled rejections, it is interrupted, its garbage is collected).
 *
 * esbuild makes one file of the program and the library's sources, so the process starts in the time
 * that Node takes and never sees a stale build.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const sources = fileURLToPath(new URL("../../src/", import.meta.url));

export interface Ended {
  /** Exit status; null if a signal ended the process. */
  status: number | null;
  signal: NodeJS.Signals | null;
  /** What it wrote, line by line. */
  lines: string[];
  stderr: string;
}

export interface ProgramOptions {
  /** Options for Node, `--expose-gc`, say. */
  nodeOptions?: string[];
  env?: Record<string, string>;
  /** Called for each line that the program writes. */
  onLine?(line: string, child: ChildProcess): void;
}

/** A process that has not ended after this many milliseconds hangs: it is killed. */
const PATIENCE = 8_000;

/** Run a TypeScript program that imports "heddle" and "heddle/testing" to its end. */
export async function runProgram(program: string, options: ProgramOptions = {}): Promise<Ended> {
  const bundle = await build({
    stdin: { contents: program, resolveDir: sources, loader: "ts" },
    alias: {
      heddle: join(sources, "index.ts"),
      "heddle/testing": join(sources, "testing/index.ts"),
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
  });
  const folder = await mkdtemp(join(tmpdir(), "heddle-test-"));
  try {
    const file = join(folder, "program.mjs");
    await writeFile(file, bundle.outputFiles[0]?.text ?? "");
    return await untilItEnds(
      spawn(process.execPath, [...(options.nodeOptions ?? []), file], {
        env: { ...process.env, ...options.env },
        stdio: ["ignore", "pipe", "pipe"],
      }),
      options,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

function untilItEnds(child: ChildProcess, options: ProgramOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    let told = 0;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      const whole = stdout.split("\n").slice(0, -1);
      for (; told < whole.length; told++) options.onLine?.(whole[told] as string, child);
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the program did not end. It wrote:\n${stdout}\n${stderr}`));
    }, PATIENCE);
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      const lines = stdout.split("\n");
      if (lines.at(-1) === "") lines.pop();
      resolve({ status, signal, lines, stderr });
    });
  });
}
