/*
 * Starting a process. From `spawn` until somebody owns the process nothing suspends: a cancellation comes
 * before there is one, or finds it owned by the run.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Coroutine } from "../../coroutine/types.ts";
import { fromPromise } from "../../interop/from-promise.ts";
import type { SubprocessProtocol } from "../../stream/protocol.ts";
import type { ProtocolFrame } from "../../stream/protocol-caller.ts";
import { checkpoint } from "../../task/cancel-scope.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { currentOwner } from "../../task/owner.ts";
import { ChildTransport } from "./child-transport.ts";
import type { ProcessPlan } from "./process-options.ts";
import { findProgram, startError } from "./start-error.ts";

/** `makeProtocol` is called when the process runs. Throws what `startError` makes of what went wrong. */
export function* startProcess(
  plan: ProcessPlan,
  makeProtocol: () => SubprocessProtocol,
  frame: ProtocolFrame | null,
): Coroutine<ChildTransport> {
  yield* checkpoint();
  const loop = getRunningLoop();
  const owner = currentOwner(loop);
  const protocol = makeProtocol();
  let child: ChildProcess;
  try {
    if (plan.merged) findProgram(plan);
    child = spawn(plan.file, plan.args, plan.spawn);
  } catch (error) {
    throw startError(error, plan);
  }
  if (child.pid === undefined) throw startError(yield* failureOf(child), plan);
  const transport = new ChildTransport(child, protocol, plan, { loop, owner, frame });
  transport.begin();
  return transport;
}

/** Node tells of it in a moment. */
function* failureOf(child: ChildProcess): Coroutine<unknown> {
  const failed = once(child, "error");
  for (const pipe of child.stdio) pipe?.on("error", () => {}).destroy();
  const [error] = yield* fromPromise(() => failed);
  return error;
}
