// The same by a run of its own for each request, which suspends once.
import { action, run } from "effection";
import { measure } from "../measure/measure.js";

const nothing = () => {};
const turn = (resolve) => {
  resolve();
  return nothing;
};

function* handle() {
  yield* action(turn);
}

await measure(async (n) => {
  for (let i = 0; i < n; i++) await run(handle);
});
