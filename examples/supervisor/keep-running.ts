// One service: started, started again, and stopped when its task is cancelled.
import { type Coroutine, createTask, getRunningLoop, sleep, type Task, wait } from "heddle";
import { createSubprocessShell, type Process } from "heddle/node";
import type { Say } from "./output.ts";
import { pauseBefore, type Service, startsAgain } from "./service.ts";

/** Characters. A longer line is printed in pieces. */
const MAX_LINE = 64 * 1024;

/** Keep a service running; gives its last status, when it is not to be started again. */
export function* keepRunning(service: Service, say: Say): Coroutine<number> {
  let restarts = 0;
  for (;;) {
    const started = getRunningLoop().time();
    const status = yield* runOnce(service, say);
    if (!startsAgain(service, status)) return status;
    if (getRunningLoop().time() - started >= service.resetAfter) restarts = 0;
    if (restarts === service.maxRestarts) {
      say(`given up after ${restarts} restarts`);
      return status === 0 ? 1 : status;
    }
    restarts++;
    const pause = pauseBefore(restarts, service);
    say(`starts again in ${pause.toFixed()} ms`);
    yield* sleep(pause);
  }
}

function* runOnce(service: Service, say: Say): Coroutine<number> {
  const { command, grace } = service;
  const options = { stdin: "ignore", stdout: "pipe", stderr: "stdout", grace } as const;
  const process = yield* createSubprocessShell(command, options);
  say(`started as ${process.pid}`);
  const printing = createTask(printLines(process, say));
  try {
    const status = yield* process.wait();
    say(`ended with status ${status}`);
    return status;
  } finally {
    // Also what it has left behind, that would be in the way of the next.
    yield* stop(process, service, printing);
    if (process.signalCode !== null) say(`stopped by ${process.signalCode}`);
  }
}

/** Ask all of it to stop, and kill what has not when the grace is over. */
function* stop(process: Process, service: Service, printing: Task<void>): Coroutine<void> {
  const ended = createTask(process.wait());
  const gone = kill(process, service.stopSignal);
  // The output ends when none is left that could write to it, and all of it is printed.
  const { pending } = yield* wait([ended, printing], { timeout: service.grace });
  if (pending.size > 0 && !gone) kill(process, "SIGKILL");
  yield* ended;
  // Only what has left the group can hold the output open now.
  yield* wait([printing], { timeout: service.grace });
  yield* process.close();
  yield* printing;
}

/** Whether there was nothing left to get the signal. */
function kill(process: Process, signal: string): boolean {
  try {
    process.killTree(signal);
    return false;
  } catch (error) {
    if ((error as { code?: string }).code === "ESRCH") return true;
    throw error;
  }
}

function* printLines({ stdout }: Process, say: Say): Coroutine<void> {
  const decoder = new TextDecoder();
  let line = "";
  for (;;) {
    const bytes = yield* stdout!.read(MAX_LINE);
    const lines = (line + decoder.decode(bytes, { stream: true })).split("\n");
    line = lines.pop()!;
    for (const each of lines) say(each.trimEnd());
    const ended = bytes.length === 0;
    if (line !== "" && (ended || line.length > MAX_LINE)) {
      say(line);
      line = "";
    }
    if (ended) return;
  }
}
