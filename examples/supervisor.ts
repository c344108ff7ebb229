// Keeps several programs running, from a file of commands:
//
//   web: node server.js
//   worker: python3 worker.py
//
//   $ npx heddle run examples/supervisor.ts Procfile
//
// A .json file can say more of each: supervisor/service.ts.
// Ctrl-C and SIGTERM stop them, the last one first; SIGHUP
// reads the file again.

import {
  type Coroutine,
  createTask,
  isCancelled,
} from "heddle";
import { addSignalHandler, signals } from "heddle/node";
import { orUsage } from "./parts/usage.ts";
import { readServices } from "./supervisor/read-services.ts";
import { Supervisor } from "./supervisor/supervisor.ts";

const USAGE = "heddle run examples/supervisor.ts [FILE]";

function* reload(
  file: string,
  supervisor: Supervisor,
): Coroutine<void> {
  using hangup = signals("SIGHUP");
  for (;;) {
    yield* hangup.next();
    try {
      yield* supervisor.apply(readServices(file));
    } catch (error) {
      if (isCancelled(error)) throw error;
      // The services that there are go on.
      console.log(`not reloaded: ${error}`);
    }
  }
}

export default function* main(): Coroutine<void> {
  const file = process.argv[2] ?? "Procfile";
  const services = orUsage(USAGE, () => readServices(file));
  if (services === undefined) return;
  const supervisor = new Supervisor();
  yield* supervisor.apply(services);

  const reloading = createTask(reload(file, supervisor));
  const ended = createTask(supervisor.ended());
  addSignalHandler("SIGTERM", () => ended.cancel());
  try {
    yield* ended;
  } catch (error) {
    // Ctrl-C cancels main, and with it what it waits for.
    if (!isCancelled(error)) throw error;
    reloading.cancel();
    yield* supervisor.stop();
  }
  if (supervisor.failed) process.exitCode = 1;
}
