/*
 * The options of processes, and what is told to Node.
 */
import type { SpawnOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import { checkAmount, checkFlag, checkOptions, checkText } from "../options.ts";
import { type NodeStdio, nodeStdio, type Stdio } from "./stdio.ts";

export interface SubprocessOptions {
  /** What the process reads; this process's stdin if not given. */
  stdin?: Stdio;
  /** Where it writes; this process's stdout if not given. */
  stdout?: Stdio;
  /** Where it complains; `"stdout"` is where its stdout goes. Counterpart of that: `STDOUT`. */
  stderr?: Stdio | "stdout";
  /** Its working directory; this process's if not given. */
  cwd?: string | URL;
  /** Its whole environment; this process's if not given. */
  env?: Readonly<Record<string, string | undefined>>;
  /**
   * Start it in a process group (and session) of its own, so that what it starts can be signalled together:
   * `killTree()`, and the end of the run. The default is true. Ctrl-C in a terminal does not reach such a
   * group, but this process alone: if that ends its run (`heddle run`, `handleSigint`), the run ends the group;
   * if it ends this process, the group gets SIGKILL. False for programs that use the terminal themselves: an
   * editor, `ssh` asking for a password.
   */
  processGroup?: boolean;
  /** Milliseconds between SIGTERM and SIGKILL when the run ends, or `close()` is called; 1,000 if not given. */
  grace?: number;
  /** The user and the group that it runs as. */
  uid?: number;
  gid?: number;
  /** What it sees as its own name (`argv[0]`); the file's name if not given. Not if stderr goes into stdout's pipe. */
  argv0?: string;
  /** On Windows: show no console window. */
  windowsHide?: boolean;
}

export interface ShellOptions extends SubprocessOptions {
  /** The shell: `/bin/sh` (on Windows what ComSpec names) if not given. */
  shell?: string;
}

const KNOWN = [
  "stdin",
  "stdout",
  "stderr",
  "cwd",
  "env",
  "processGroup",
  "grace",
  "uid",
  "gid",
  "argv0",
  "windowsHide",
];

const GRACE = 1000;

/** A process to be. */
export interface ProcessPlan {
  /** For errors: the call, and the program as its user knows it. */
  readonly call: string;
  readonly program: string;
  readonly file: string;
  readonly args: readonly string[];
  /** stderr goes where stdout goes, into one pipe. */
  readonly merged: boolean;
  readonly grace: number;
  readonly spawn: SpawnOptions & { detached: boolean };
}

/** Throws TypeError or RangeError for what cannot be. `more` are the caller's own options. */
export function execPlan(
  call: string,
  file: unknown,
  args: unknown,
  options: SubprocessOptions,
  more: readonly string[] = [],
): ProcessPlan {
  if (typeof file !== "string" || file === "") {
    throw new TypeError(`${call}() needs the name of a program as its first argument`);
  }
  if (!Array.isArray(args)) {
    throw new TypeError(
      `${call}() takes the program's arguments as an array: ${call}("ls", ["-l"])`,
    );
  }
  for (const [i, arg] of args.entries()) {
    if (typeof arg !== "string") {
      throw new TypeError(`${call}(): arguments are strings, args[${i}] is ${String(arg)}`);
    }
    refuseNul(call, `args[${i}]`, arg);
  }
  refuseNul(call, "the file", file);
  const { merged, spawn, grace } = planOf(call, options, more);
  if (merged && options.argv0 !== undefined) {
    throw new TypeError(
      `${call}(): argv0 does not go with stderr "stdout" and stdout "pipe": a shell that joins them starts the program`,
    );
  }
  const plain = { call, program: file, file, args, merged, grace, spawn };
  // Node gives a pipe to one descriptor only; a shell can double it, and becomes the program.
  return merged ? { ...plain, ...mergedExec(call, file, args) } : plain;
}

function mergedExec(call: string, file: string, args: readonly string[]) {
  if (process.platform === "win32") {
    throw new TypeError(`${call}(): on Windows stderr "stdout" does not go with stdout "pipe"`);
  }
  return { file: "/bin/sh", args: ["-c", 'exec "$0" "$@" 2>&1', file, ...args] };
}

export function shellPlan(
  call: string,
  command: unknown,
  options: ShellOptions,
  more: readonly string[] = [],
): ProcessPlan {
  if (typeof command !== "string" || command === "") {
    throw new TypeError(`${call}() needs a command for the shell as its first argument`);
  }
  refuseNul(call, "the command", command);
  checkText(call, "shell", options?.shell);
  const { merged, spawn, grace } = planOf(call, options, ["shell", ...more]);
  const { shell } = options;
  const common = { call, program: shell ?? "/bin/sh", grace, merged: false };
  if (process.platform === "win32") {
    if (merged) mergedExec(call, command, []);
    return { ...common, file: command, args: [], spawn: { ...spawn, shell: shell ?? true } };
  }
  const script = merged ? `exec 2>&1\n${command}` : command;
  return { ...common, file: shell ?? "/bin/sh", args: ["-c", script], spawn };
}

function planOf(call: string, options: SubprocessOptions, more: readonly string[]) {
  checkOptions(call, options, [...KNOWN, ...more]);
  const { stdin, stdout, stderr, cwd, env, processGroup = true, grace = GRACE } = options;
  const { uid, gid, argv0, windowsHide } = options;
  checkFlag(call, "processGroup", processGroup);
  checkFlag(call, "windowsHide", windowsHide);
  checkAmount(call, "grace", grace, 0);
  checkText(call, "argv0", argv0);
  for (const [name, id] of [
    ["uid", uid],
    ["gid", gid],
  ] as const) {
    checkAmount(call, name, id, 0);
  }
  if (env !== undefined) checkEnvironment(call, env);
  const into = nodeStdio(call, "stdout", stdout);
  const stdio: NodeStdio[] = [
    nodeStdio(call, "stdin", stdin),
    into,
    stderr === "stdout" ? sameAs(into) : nodeStdio(call, "stderr", stderr),
  ];
  const merged = stderr === "stdout" && into === "pipe";
  const spawn = {
    stdio,
    ...(cwd === undefined ? {} : { cwd: directory(call, cwd) }),
    ...(env === undefined ? {} : { env: { ...env } }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(argv0 === undefined ? {} : { argv0 }),
    ...(windowsHide === undefined ? {} : { windowsHide }),
    // On Windows a detached process gets a console of its own.
    detached: processGroup && process.platform !== "win32",
  };
  return { merged, grace, spawn };
}

/** stderr, where stdout goes. A pipe is doubled by the shell. */
function sameAs(stdout: NodeStdio): NodeStdio {
  if (stdout === "inherit") return 1;
  return stdout === "pipe" ? "ignore" : stdout;
}

function directory(call: string, cwd: unknown): string {
  if (cwd instanceof URL) return fileURLToPath(cwd);
  checkText(call, "cwd", cwd);
  refuseNul(call, "cwd", cwd as string);
  return cwd as string;
}

function checkEnvironment(call: string, env: unknown): void {
  if (typeof env !== "object" || env === null) {
    throw new TypeError(`${call}() needs an object as env: { ...process.env, NAME: "value" }`);
  }
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (typeof value !== "string") {
      throw new TypeError(`${call}(): env.${name} is to be a string, got ${String(value)}`);
    }
    refuseNul(call, `env.${name}`, `${name}${value}`);
  }
}

function refuseNul(call: string, what: string, text: string): void {
  if (text.includes("\0")) throw new TypeError(`${call}(): ${what} contains a NUL character`);
}
