// Cancel n sleeping tasks and wait until all have ended. Only that is timed.
import { createTask, run, sleep, wait } from "heddle";
import { measure } from "../measure/measure.js";

let asleep = 0;

function* sleeper() {
  asleep++;
  yield* sleep(3_600_000);
}

await measure((n) =>
  run(function* () {
    asleep = 0;
    const tasks = Array.from({ length: n }, () => createTask(sleeper()));
    while (asleep < n) yield* sleep(10);
    const start = performance.now();
    for (const task of tasks) task.cancel();
    yield* wait(tasks);
    const ms = performance.now() - start;
    if (!tasks.every((task) => task.cancelled())) throw new Error("a task was not cancelled");
    return { ms };
  }),
);
