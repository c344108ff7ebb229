// Halt n sleeping tasks and wait until all have ended. Only that is timed.
import { run, sleep, spawn } from "effection";
import { measure } from "../measure/measure.js";

let asleep = 0;

function* sleeper() {
  asleep++;
  yield* sleep(3_600_000);
}

await measure((n) =>
  run(function* () {
    asleep = 0;
    const tasks = [];
    for (let i = 0; i < n; i++) tasks.push(yield* spawn(sleeper));
    while (asleep < n) yield* sleep(10);
    const start = performance.now();
    for (const task of tasks) yield* task.halt();
    return { ms: performance.now() - start };
  }),
);
