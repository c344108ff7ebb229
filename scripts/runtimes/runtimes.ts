/*
 * The runtimes: where each is to be found, and how it is called.
 */
import { spawnSync } from "node:child_process";
import { findChromium } from "./chromium.ts";
import { findInstalled, install } from "./from-npm.ts";
import type { RuntimeName } from "./options.ts";

export interface Runtime {
  readonly name: RuntimeName;
  /** Path of its program. */
  readonly program: string;
  readonly version: string;
}

/** Where a runtime is, if it is here. */
export function findProgram(name: RuntimeName): string | undefined {
  if (name === "chromium") return findChromium();
  const running = `node${process.versions.node.split(".")[0]}`;
  return name === running ? process.execPath : findInstalled(name);
}

/** A runtime that is here, or the reason why it cannot be used. */
export function runtimeAt(name: RuntimeName, program: string): Runtime | string {
  const { stdout, error, status } = spawnSync(program, ["--version"], { encoding: "utf8" });
  // node: v24.1.0; bun: 1.4.5; deno: deno 2.9.6 (…); chromium: Chromium 149.0.0.1 built on …
  const version = /\d+(\.\d+)+/.exec(stdout ?? "")?.[0];
  if (version !== undefined && status === 0) return { name, program, version };
  return `${program} does not run here (${error?.message ?? `status ${status}`}): remove it`;
}

/** Find a runtime, or fetch it; gives the reason when there is none. */
export function obtain(name: RuntimeName, say: (line: string) => void): Runtime | string {
  let program = findProgram(name);
  if (program === undefined) {
    if (name === "chromium") return "no chromium on the PATH: install it (apt install chromium)";
    say(`${name} is not here: fetching it from npm`);
    const problem = install(name);
    if (problem !== undefined) return problem;
    program = findProgram(name) as string;
  }
  return runtimeAt(name, program);
}

/** How Bun and Deno are told to run a module with `gc()` at hand; the module's path comes next. */
export function commandOf({ name, program }: Runtime): string[] {
  if (name === "deno") {
    return [program, "run", "--allow-all", "--no-lock", "--v8-flags=--expose-gc"];
  }
  return name === "bun" ? [program, "run"] : [program, "--expose-gc"];
}
