/*
 * Starts a process that has started another, prints their ids, and waits for a signal. How it listens to that:
 *
 * - nobody: nothing listens
 * - library: a listener that ends the process if it is the only one, as libraries that clean up do
 * - program: the run receives SIGTERM twice and says whether the processes live
 * - handleSigint: the run is cancelled
 * - shared: nothing listens, and the process is in this one's group
 */
import { run } from "../../../src/index.ts";
import { createSubprocessShell, signals } from "../../../src/node/index.ts";

const how = process.argv[2];

function library(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  process.off(signal, library);
  process.exitCode = 9;
  process.exit();
}
if (how === "library") process.on("SIGINT", library);

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

await run(
  function* () {
    const words = how === "handleSigint" ? "trap 'echo bye >&2; exit' TERM; " : "";
    const child = yield* createSubprocessShell(`${words}sleep 60 & echo $!; wait`, {
      stdout: "pipe",
      processGroup: how !== "shared",
    });
    const grandchild = Number(yield* child.stdout!.readline());
    using received = how === "program" ? signals("SIGTERM") : undefined;
    console.log(`${child.pid} ${grandchild}`);
    for (let i = 0; received !== undefined && i < 2; i++) {
      yield* received.next();
      console.log(`${lives(child.pid)} ${lives(grandchild)}`);
    }
    if (received === undefined) yield* child.wait();
  },
  { handleSigint: how === "handleSigint" },
);
