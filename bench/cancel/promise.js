// Abort n sleeping promises, each with an AbortController of its own, and wait until all have
// settled. Only that is timed.
import { setTimeout as sleep } from "node:timers/promises";
import { measure } from "../measure/measure.js";

async function sleeper(signal) {
  await sleep(3_600_000, undefined, { signal });
}

await measure(async (n) => {
  const controllers = Array.from({ length: n }, () => new AbortController());
  const promises = controllers.map((controller) => sleeper(controller.signal));
  await sleep(10);
  const start = performance.now();
  for (const controller of controllers) controller.abort();
  const outcomes = await Promise.allSettled(promises);
  const ms = performance.now() - start;
  if (outcomes.some((outcome) => outcome.status !== "rejected")) {
    throw new Error("a promise was not aborted");
  }
  return { ms };
});
