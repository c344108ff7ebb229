/*
 * A child process, seen from its pool: Node's own `fork`, whose channel carries structured clone. A process
 * without a job does not keep this one alive.
 */
import { type ChildProcess, fork } from "node:child_process";
import { serialize } from "node:v8";
import { decodeError, type EncodedError } from "../../executor/error-crossing.ts";
import type { FromWorker } from "../../executor/messages.ts";
import type { LinkListener, WorkerLink } from "../../executor/worker-link.ts";
import { born, ended } from "../process/living-processes.ts";
import { deeper } from "./nesting.ts";
import type { ProcessPoolOptions } from "./process-pool-executor.ts";
import { workerFile } from "./worker-file.ts";

/** The last words of a process: what it could not catch. */
export interface CrashMessage {
  readonly type: "crash";
  readonly error: EncodedError;
}

/** Milliseconds that a worker without a job has for its exit handlers. */
const EXIT_TIME = 1000;

export function openProcessLink(
  options: Pick<ProcessPoolOptions, "execArgv" | "env" | "cwd">,
  listener: LinkListener,
): WorkerLink {
  const args = [process.argv[1] ?? "", String(deeper())];
  const child = fork(workerFile("process-worker"), args, {
    ...(options as object),
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  // A worker does not end by the Ctrl-C of the terminal, as little as what has a group of its own.
  const living = { hasGroup: true, killAll: () => child.kill("SIGKILL") };
  born(living);
  let isWanted = true;
  let crash: unknown;
  const gone = untilGone(child).then((reason) => {
    ended(living);
    if (!isWanted) return;
    isWanted = false;
    listener.ended(crash instanceof Error ? crash : reason);
  });
  child.on("message", (message: FromWorker | CrashMessage) => {
    if (message.type === "crash") crash = decodeError(message.error, "a process");
    else if (isWanted) listener.heard(message);
  });
  return {
    send(message) {
      child.send(message);
    },
    clone: serialize,
    ref() {
      child.ref();
      // Bun's channel has neither.
      child.channel?.ref?.();
    },
    unref() {
      child.unref();
      child.channel?.unref?.();
    },
    async end() {
      isWanted = false;
      child.ref();
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), EXIT_TIME);
      await gone;
      clearTimeout(timer);
    },
    kill() {
      isWanted = false;
      child.kill("SIGKILL");
      return gone;
    },
  };
}

/** Settles when the process has ended and all that it has said is heard; or when it could not be started. */
function untilGone(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => {
    let reason: Error | null = null;
    const look = () => {
      if (reason !== null && !child.connected) resolve(reason);
    };
    child.on("exit", (status, signal) => {
      reason = new Error(
        signal === null
          ? `it has exited with status ${status}`
          : `it was ended by ${signal}${signal === "SIGABRT" ? " (is it out of memory?)" : ""}`,
      );
      look();
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      // Of what cannot be sent to a process that ends, or never was, "exit" or this one tells the cause.
      if (error.syscall?.startsWith("spawn") === true) reason = error;
      look();
    });
    child.on("disconnect", look);
  });
}
