// Spawn a task that suspends once and await it; then the next.
import { action, run, spawn } from "effection";
import { measure } from "../measure/measure.js";

const nothing = () => {};
const turn = (resolve) => {
  resolve();
  return nothing;
};

function* child() {
  yield* action(turn);
}

await measure((n) =>
  run(function* () {
    for (let i = 0; i < n; i++) yield* yield* spawn(child);
  }),
);
