/*
 * createSubprocessExec and createSubprocessShell: processes with streams.
 */
import type { Coroutine, ThenableAwaitable } from "../../coroutine/types.ts";
import { caller, ownedCall } from "../../task/owned-promise.ts";
import { checkAmount } from "../options.ts";
import { Process } from "./process.ts";
import {
  execPlan,
  type ProcessPlan,
  type ShellOptions,
  type SubprocessOptions,
  shellPlan,
} from "./process-options.ts";
import { startProcess } from "./start-process.ts";
import { SubprocessStreams } from "./subprocess-streams.ts";

interface Limited {
  /** Bytes that a line may have, and half of what the readers buffer; 65,536 if not given. */
  limit?: number;
}

export interface CreateSubprocessExecOptions extends SubprocessOptions, Limited {}
export interface CreateSubprocessShellOptions extends ShellOptions, Limited {}

/**
 * Start a program, found by the PATH unless `file` has a "/" in it. Its stdin, stdout and stderr are this
 * process's own, unless the options say otherwise: `"pipe"` gives streams.
 *
 * The process belongs to the running `run()`, which ends it (SIGTERM, after the grace SIGKILL, to it and to all
 * that it has started) and waits for that. What it has started in the background is ended then, too, if the
 * process itself has ended long ago. Neither outlives this process: when that ends by `process.exit`, Ctrl-C,
 * SIGTERM or SIGHUP in the middle of the run, they get SIGKILL.
 *
 * Always suspends. Throws an Error with the system's `code` if it cannot be started: "ENOENT" if there is
 * no such program, or no such `cwd`, "EACCES" if it may not be run, "E2BIG" for too long arguments; TypeError or
 * RangeError, at once, for options that cannot be. On cancellation there is no process.
 * Counterpart: `asyncio.create_subprocess_exec`.
 *
 * @example
 * const process = yield* createSubprocessExec("sort", ["-n"], { stdin: "pipe", stdout: "pipe" });
 * const { stdout } = yield* process.communicate("3\n1\n");
 */
export function createSubprocessExec(
  file: string,
  args: readonly string[] = [],
  options: CreateSubprocessExecOptions = {},
): ThenableAwaitable<Process> {
  const call = "createSubprocessExec";
  const plan = execPlan(call, file, args, options, ["limit"]);
  checkAmount(call, "limit", options.limit, 1);
  return ownedCall(caller(), openProcess(plan, options.limit));
}

/**
 * Run a command by the shell; otherwise as `createSubprocessExec`. The shell takes apart whatever is in the
 * command: never put text from elsewhere into it, use `createSubprocessExec` or its environment.
 * Counterpart: `asyncio.create_subprocess_shell`.
 *
 * @example
 * const process = yield* createSubprocessShell("du -s * | sort -n", { stdout: "pipe" });
 */
export function createSubprocessShell(
  command: string,
  options: CreateSubprocessShellOptions = {},
): ThenableAwaitable<Process> {
  const call = "createSubprocessShell";
  const plan = shellPlan(call, command, options, ["limit"]);
  checkAmount(call, "limit", options.limit, 1);
  return ownedCall(caller(), openProcess(plan, options.limit));
}

export function* openProcess(plan: ProcessPlan, limit?: number): Coroutine<Process> {
  const streams = new SubprocessStreams(limit);
  const transport = yield* startProcess(plan, () => streams, null);
  return new Process(transport, streams);
}
