// Run n operations at once, each of which suspends once, and gather their results.
import { action, all, run } from "effection";
import { measure } from "../measure/measure.js";

const nothing = () => {};
const turn = (resolve) => {
  resolve();
  return nothing;
};

function* child(i) {
  yield* action(turn);
  return i;
}

await measure((n) =>
  run(function* () {
    const results = yield* all(Array.from({ length: n }, (_, i) => child(i)));
    if (results.length !== n) throw new Error("results are missing");
  }),
);
