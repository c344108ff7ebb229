// Call n async functions, each of which suspends once, and wait for all with Promise.all.
import { measure } from "../measure/measure.js";

async function child(i) {
  await null;
  return i;
}

await measure(async (n) => {
  const results = await Promise.all(Array.from({ length: n }, (_, i) => child(i)));
  if (results.length !== n) throw new Error("results are missing");
});
