// Resident bytes for each of n async functions that await a promise with a timer.
import { measureMemory } from "../measure/memory.js";

async function sleeper() {
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
}

const memory = measureMemory();
const promises = Array.from({ length: memory.n }, sleeper);
await new Promise((resolve) => setTimeout(resolve, 10));
memory.finish(promises);
