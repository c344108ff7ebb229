// Runs the built command, as a shell would.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const bin = fileURLToPath(new URL("../../bin/heddle.js", import.meta.url));

/** The path of a program in fixtures/. */
export const fixture = (name: string) =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** Writes a program where no heddle is installed; broken ones too, which the linters never see. */
export function program(name: string, source: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "heddle-cli-")));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), source);
  return join(folder, name);
}

export interface Outcome {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  outcome: Promise<Outcome>;
  /** Resolves when this was written to stdout. */
  printed(text: string): Promise<void>;
  interrupt(): void;
}

/** Starts `heddle …args`. */
export function start(args: string[], env: NodeJS.ProcessEnv = {}): Running {
  // The test runner may have been started by npm, and in debug mode.
  const { npm_lifecycle_script: _, HEDDLE_DEBUG: __, ...inherited } = process.env;
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    [bin, ...args],
    { cwd: fixture(""), env: { ...inherited, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    outcome: new Promise((resolve) =>
      child.on("close", (status, signal) => resolve({ status, signal, ...output })),
    ),
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => output.stdout.includes(text) && resolve();
        child.stdout.on("data", look);
        child.on("close", () => reject(new Error(`ended without printing ${text}`)));
        look();
      }),
    interrupt: () => void child.kill("SIGINT"),
  };
}

/** Runs `heddle …args` to its end. */
export const heddle = (...args: string[]): Promise<Outcome> => start(args).outcome;
