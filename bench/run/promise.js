// The same by an async function for each request, which suspends once.
import { measure } from "../measure/measure.js";

async function handle() {
  await null;
}

await measure(async (n) => {
  for (let i = 0; i < n; i++) await handle();
});
