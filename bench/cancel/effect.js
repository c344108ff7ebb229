// Interrupt n sleeping fibers and wait until all have ended. Only that is timed.
import { Effect, Fiber } from "effect";
import { measure } from "../measure/measure.js";

let asleep = 0;

const sleeper = Effect.fnUntraced(function* () {
  asleep++;
  yield* Effect.sleep(3_600_000);
});

const main = Effect.fnUntraced(function* (n) {
  asleep = 0;
  const fibers = [];
  for (let i = 0; i < n; i++) fibers.push(yield* Effect.forkChild(sleeper()));
  while (asleep < n) yield* Effect.sleep(10);
  const start = performance.now();
  yield* Fiber.interruptAll(fibers);
  return { ms: performance.now() - start };
});

await measure((n) => Effect.runPromise(main(n)));
