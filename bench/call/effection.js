// `yield* leaf()`: call an operation that does not suspend.
import { run } from "effection";
import { measure } from "../measure/measure.js";

function* leaf(i) {
  return i;
}

await measure((n) =>
  run(function* () {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += yield* leaf(i);
    if (sum !== (n * (n - 1)) / 2) throw new Error("the sum is wrong");
  }),
);
