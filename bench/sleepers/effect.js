// Resident bytes for each of n fibers that are asleep.
import { Effect } from "effect";
import { measureMemory } from "../measure/memory.js";

let asleep = 0;

const sleeper = Effect.fnUntraced(function* () {
  asleep++;
  yield* Effect.sleep(3_600_000);
});

const main = Effect.gen(function* () {
  const memory = measureMemory();
  const fibers = [];
  for (let i = 0; i < memory.n; i++) fibers.push(yield* Effect.forkChild(sleeper()));
  while (asleep < memory.n) yield* Effect.sleep(10);
  memory.finish(fibers);
});

await Effect.runPromise(main);
