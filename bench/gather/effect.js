// Run n effects at once, each of which suspends once, and gather their results.
import { Effect } from "effect";
import { measure } from "../measure/measure.js";

const child = Effect.fnUntraced(function* (i) {
  yield* Effect.yieldNow;
  return i;
});

const main = Effect.fnUntraced(function* (n) {
  const children = Array.from({ length: n }, (_, i) => child(i));
  const results = yield* Effect.all(children, { concurrency: "unbounded" });
  if (results.length !== n) throw new Error("results are missing");
});

await measure((n) => Effect.runPromise(main(n)));
