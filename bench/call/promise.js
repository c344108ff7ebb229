// `await leaf()`: call an async function that does not suspend (the await suspends all the same).
import { measure } from "../measure/measure.js";

async function leaf(i) {
  return i;
}

await measure(async (n) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += await leaf(i);
  if (sum !== (n * (n - 1)) / 2) throw new Error("the sum is wrong");
});
