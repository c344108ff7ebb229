// Call an async function that suspends once and await its promise; then the next.
import { measure } from "../measure/measure.js";

async function child() {
  await null;
}

await measure(async (n) => {
  for (let i = 0; i < n; i++) await child();
});
