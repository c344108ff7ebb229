// The same while 100 fibers give each other their turn.
import { Effect } from "effect";
import { measureLateness } from "../measure/lateness.js";

const gives = Effect.fnUntraced(function* (over) {
  while (!over()) yield* Effect.yieldNow;
});

await measureLateness((over) => {
  const fibers = Array.from({ length: 100 }, () => gives(over));
  return Effect.runPromise(Effect.all(fibers, { concurrency: "unbounded" }));
});
