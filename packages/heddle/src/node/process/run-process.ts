/*
 * runProcess: start a program, give it its input, take its output, and look how it ended.
 */
import type { Coroutine, ThenableAwaitable } from "../../coroutine/types.ts";
import { bytesOf } from "../../stream/bytes.ts";
import { caller, ownedCall } from "../../task/owned-promise.ts";
import { timeout } from "../../task/timeout.ts";
import { checkAmount, checkFlag } from "../options.ts";
import { openProcess } from "./create-subprocess.ts";
import type { ProcessOutput } from "./process.ts";
import { type CompletedProcess, ProcessError } from "./process-error.ts";
import { execPlan, type ProcessPlan, type SubprocessOptions } from "./process-options.ts";

export interface RunProcessOptions extends SubprocessOptions {
  /** What it reads; nothing if not given. Not together with `stdin`. */
  input?: Uint8Array | string;
  /** Throw a ProcessError if it does not end with status 0. The default is true. */
  check?: boolean;
  /** Milliseconds until it is ended, and TimeoutError thrown; null for never. */
  timeout?: number | null;
}

/**
 * Run a program to its end. Its stdout and stderr come back, unless the options say otherwise (`stdout:
 * "inherit"`); it has no stdin, unless there is `input`.
 *
 * Always suspends. Throws ProcessError, which has the output, if its status is not 0; TimeoutError after
 * `timeout` milliseconds; what `createSubprocessExec` throws. On cancellation, and after the timeout, it and
 * all that it has started get SIGTERM, after the grace SIGKILL, and the error goes on when they have ended.
 * A second cancellation does not wait for the grace. What it leaves behind in the background when it has ended
 * is ended at the end of the run. Counterparts: `trio.run_process`, `subprocess.run`.
 *
 * @example
 * const { stdout } = yield* runProcess("git", ["status", "--short"], { cwd: project, timeout: 5000 });
 * const text = yield* runProcess("sh", ["-c", "ls | wc -l"]);
 */
export function runProcess(
  file: string,
  args: readonly string[] = [],
  options: RunProcessOptions = {},
): ThenableAwaitable<CompletedProcess> {
  const call = "runProcess";
  const { input, check = true, timeout: ms = null, ...others } = options;
  checkFlag(call, "check", check);
  if (ms !== null) checkAmount(call, "timeout", ms, 0);
  const bytes = input === undefined ? null : bytesOf(input, "runProcess");
  if (bytes !== null && others.stdin !== undefined) {
    throw new TypeError("runProcess() takes either input or stdin: input makes a pipe");
  }
  const stdin = bytes === null ? "ignore" : "pipe";
  const all = { stdin, stdout: "pipe", stderr: "pipe", ...others } as const;
  const plan = execPlan(call, file, args, all, ["input", "check", "timeout"]);
  const command = [file, ...args];
  const whole = () => runIt(plan, command, bytes, check);
  return ownedCall(caller(), ms === null ? whole() : timeout(ms, whole));
}

function* runIt(
  plan: ProcessPlan,
  command: readonly string[],
  input: Uint8Array | null,
  check: boolean,
): Coroutine<CompletedProcess> {
  const process = yield* openProcess(plan);
  let output: ProcessOutput;
  try {
    output = yield* process.communicate(input);
  } catch (error) {
    yield* process.close();
    throw error;
  }
  const completed = { command, returncode: process.returncode as number, ...output };
  if (check && completed.returncode !== 0) throw new ProcessError(completed, process.signalCode);
  return completed;
}
