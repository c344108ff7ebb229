// A run of its own for each request, one after another; the handler suspends once.
import { run, sleep } from "heddle";
import { measure } from "../measure/measure.js";

function* handle() {
  yield* sleep(0);
}

await measure(async (n) => {
  for (let i = 0; i < n; i++) await run(handle);
});
