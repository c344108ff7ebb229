// setTimeout and clearTimeout, with a turn of the loop after every 1,000 pairs.
import { measure } from "../measure/measure.js";

const nothing = () => {};

await measure(async (n) => {
  for (let i = 1; i <= n; i++) {
    clearTimeout(setTimeout(nothing, 10_000));
    if (i % 1000 === 0) await new Promise(setImmediate);
  }
});
