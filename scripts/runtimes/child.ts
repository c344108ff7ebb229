/*
 * A child process that ends: by itself, or when its time is over. It leads a group of processes, where
 * there are such, so that those which it has started end with it, however busy they are.
 */
import { type ChildProcess, spawn } from "node:child_process";

const hasGroups = process.platform !== "win32";
const ENDS = ["SIGINT", "SIGTERM"] as const;
const running = new Set<ChildProcess>();

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(hasGroups ? -child.pid : child.pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** What Ctrl-C no longer does by itself: the terminal does not know the groups. */
function interrupted(): void {
  for (const child of running) kill(child);
  process.exit(130);
}

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** How it ended, when that was not well. */
  readonly fault: string | undefined;
}

/** Run a command to its end, but no longer than `limit` milliseconds. */
export function runChild(
  command: readonly string[],
  options: { limit: number; cwd: string; env?: Record<string, string> },
): Promise<Ended> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: hasGroups,
    });
    if (running.size === 0) for (const signal of ENDS) process.on(signal, interrupted);
    running.add(child);
    let stdout = "";
    let stderr = "";
    let late = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => {
      late = true;
      kill(child);
    }, options.limit);
    const end = (fault: string | undefined) => {
      clearTimeout(timer);
      running.delete(child);
      if (running.size === 0) for (const signal of ENDS) process.off(signal, interrupted);
      resolve({ stdout, stderr, fault });
    };
    child.on("error", (error) => end(`could not be started: ${error.message}`));
    child.on("close", (status, signal) => {
      if (late) end(`had not ended after ${options.limit / 1000} s and was killed`);
      else if (signal) end(`was killed by ${signal}`);
      else end(status === 0 ? undefined : `ended with status ${status}`);
    });
  });
}

/** The last lines of what a process printed. */
export function tail(text: string, lines = 15): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
