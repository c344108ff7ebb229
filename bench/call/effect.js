// `yield* leaf()`: call an effect that does not suspend.
import { Effect } from "effect";
import { measure } from "../measure/measure.js";

const leaf = Effect.fnUntraced(function* (i) {
  return i;
});

const main = Effect.fnUntraced(function* (n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += yield* leaf(i);
  if (sum !== (n * (n - 1)) / 2) throw new Error("the sum is wrong");
});

await measure((n) => Effect.runPromise(main(n)));
