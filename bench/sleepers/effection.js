// Resident bytes for each of n tasks that are asleep.
import { run, sleep, spawn } from "effection";
import { measureMemory } from "../measure/memory.js";

let asleep = 0;

function* sleeper() {
  asleep++;
  yield* sleep(3_600_000);
}

await run(function* () {
  const memory = measureMemory();
  const tasks = [];
  for (let i = 0; i < memory.n; i++) tasks.push(yield* spawn(sleeper));
  while (asleep < memory.n) yield* sleep(10);
  memory.finish(tasks);
});
