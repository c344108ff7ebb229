// Resident bytes for each of n tasks that are asleep.
import { createTask, run, sleep } from "heddle";
import { measureMemory } from "../measure/memory.js";

let asleep = 0;

function* sleeper() {
  asleep++;
  yield* sleep(3_600_000);
}

await run(function* () {
  const memory = measureMemory();
  const tasks = Array.from({ length: memory.n }, () => createTask(sleeper()));
  while (asleep < memory.n) yield* sleep(10);
  memory.finish(tasks);
});
