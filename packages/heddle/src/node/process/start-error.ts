/*
 * Why a process could not be started, in words. The system says ENOENT for a missing program, for a
 * missing directory to start it in, and for a script whose interpreter is missing.
 */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { ProcessPlan } from "./process-options.ts";

interface SystemError extends Error {
  code?: string;
  errno?: number;
  syscall?: string;
}

const MEANINGS: Record<string, string> = {
  E2BIG:
    "its arguments and environment are larger than the system takes: pass them by stdin or a file",
  EAGAIN: "this user may have no more processes, or the system has none left",
  EMFILE: "this process has too many files and connections open",
  ENFILE: "the system has too many files open",
  ENOMEM: "there is not enough memory",
  EPERM: "this user may not start processes as another user",
};

/** The error for a process that did not start; it keeps the system's `code`. */
export function startError(failure: unknown, plan: ProcessPlan): unknown {
  const error = failure as SystemError;
  if (!(failure instanceof Error) || typeof error.code !== "string") return failure;
  const { code, errno } = error;
  const why = meaningOf(code, plan) ?? error.message;
  return Object.assign(
    new Error(`cannot start ${plan.program}: ${why} (${code})`, { cause: failure }),
    { code, errno, syscall: "spawn", path: plan.program },
  );
}

function meaningOf(code: string, plan: ProcessPlan): string | undefined {
  const cwd = plan.spawn.cwd as string | undefined;
  if (cwd !== undefined && !isDirectory(cwd)) {
    if (code === "ENOENT") return `there is no directory ${cwd} to start it in`;
    if (code === "ENOTDIR") return `${cwd}, where it is to start, is no directory`;
  }
  const path = resolve(cwd ?? ".", plan.program);
  if (code === "EACCES") {
    if (existsSync(path) && isDirectory(path)) return "it is a directory";
    return "this user may not run it (is it executable?)";
  }
  if (code !== "ENOENT") return MEANINGS[code];
  if (!plan.program.includes("/")) {
    const line = /\s/.test(plan.program)
      ? "; arguments go into the array, a command line to createSubprocessShell()"
      : "";
    return `there is no program ${plan.program} on the PATH${line}`;
  }
  if (existsSync(path)) return "the interpreter that its first line names does not exist";
  return "there is no such file";
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** For programs that a shell is to start: what would be found missing only there. Throws the system's codes. */
export function findProgram(plan: ProcessPlan): void {
  const { program, spawn } = plan;
  const cwd = (spawn.cwd as string | undefined) ?? ".";
  const { PATH = "/usr/bin:/bin" } = spawn.env ?? process.env;
  const places = program.includes("/") ? [""] : PATH.split(delimiter);
  let denied = false;
  for (const place of places) {
    const path = resolve(cwd, join(place, program));
    if (!existsSync(path)) continue;
    try {
      accessSync(path, constants.X_OK);
      if (!isDirectory(path)) return;
    } catch {
      // The next place may have one that can be run.
    }
    denied = true;
  }
  const code = denied ? "EACCES" : "ENOENT";
  throw Object.assign(new Error(`spawn ${program} ${code}`), { code, syscall: "spawn" });
}
