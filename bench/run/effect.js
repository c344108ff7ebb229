// The same by a fiber for each request, which suspends once.
import { Effect } from "effect";
import { measure } from "../measure/measure.js";

const handle = Effect.fnUntraced(function* () {
  yield* Effect.yieldNow;
});

await measure(async (n) => {
  for (let i = 0; i < n; i++) await Effect.runPromise(handle());
});
