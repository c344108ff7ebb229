// `await null`: the cheapest suspension there is in an async function.
import { measure, parameter } from "../measure/measure.js";

const tasks = parameter("TASKS", 1);

async function switches(count) {
  for (let i = 0; i < count; i++) await null;
}

await measure(async (n) => {
  const share = Math.floor(n / tasks);
  if (tasks === 1) await switches(share);
  else await Promise.all(Array.from({ length: tasks }, () => switches(share)));
});
