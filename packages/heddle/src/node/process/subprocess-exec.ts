/*
 * subprocessExec and subprocessShell: processes with a protocol of one's own.
 */
import type { Coroutine, ThenableAwaitable } from "../../coroutine/types.ts";
import type { SubprocessProtocol } from "../../stream/protocol.ts";
import { protocolFrame } from "../../stream/protocol-caller.ts";
import type { SubprocessTransport } from "../../stream/transport.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { caller, ownedCall } from "../../task/owned-promise.ts";
import { currentOwner } from "../../task/owner.ts";
import { checkFactory, checkProtocol } from "../options.ts";
import {
  execPlan,
  type ProcessPlan,
  type ShellOptions,
  type SubprocessOptions,
  shellPlan,
} from "./process-options.ts";
import { startProcess } from "./start-process.ts";

/** What a process with this protocol is. */
export type Subprocess<P> = [transport: SubprocessTransport, protocol: P];

/**
 * Start a program and give it to the protocol that `protocolFactory` makes: its `connectionMade` has been
 * called when this returns. Its methods run in the context, and belong to the run, of whoever called this;
 * what they throw is reported to the loop's exception handler, and the process goes on.
 *
 * Otherwise as `createSubprocessExec`, which gives streams; asyncio's defaults are pipes here, but a pipe
 * that nobody reads blocks the program: say `"pipe"` for those that you want. `transport.close()` closes the
 * pipes and kills the process. Counterpart: `loop.subprocess_exec`.
 *
 * @example
 * const [transport, protocol] = yield* subprocessExec(() => new Lines(), "ls", ["-l"], { stdout: "pipe" });
 */
export function subprocessExec<P extends SubprocessProtocol>(
  protocolFactory: () => P,
  file: string,
  args: readonly string[] = [],
  options: SubprocessOptions = {},
): ThenableAwaitable<Subprocess<P>> {
  const call = "subprocessExec";
  checkFactory(call, protocolFactory);
  return ownedCall(caller(), start(protocolFactory, execPlan(call, file, args, options)));
}

/** Run a command by the shell; otherwise as `subprocessExec`. Counterpart: `loop.subprocess_shell`. */
export function subprocessShell<P extends SubprocessProtocol>(
  protocolFactory: () => P,
  command: string,
  options: ShellOptions = {},
): ThenableAwaitable<Subprocess<P>> {
  const call = "subprocessShell";
  checkFactory(call, protocolFactory);
  return ownedCall(caller(), start(protocolFactory, shellPlan(call, command, options)));
}

function* start<P extends SubprocessProtocol>(
  factory: () => P,
  plan: ProcessPlan,
): Coroutine<Subprocess<P>> {
  let protocol: P | undefined;
  const make = () => {
    protocol = factory();
    checkProtocol(plan.call, protocol, ["connectionMade", "processExited"], "SubprocessProtocol");
    return protocol;
  };
  const loop = getRunningLoop();
  const transport = yield* startProcess(plan, make, protocolFrame(loop, currentOwner(loop)));
  return [transport, protocol as P];
}
