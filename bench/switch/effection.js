// An action that resolves at once: one trip through Effection's own queue and the cheapest way to
// let others run. (Its `sleep(0)` is a setTimeout, about a millisecond each.)
import { action, all, run } from "effection";
import { measure, parameter } from "../measure/measure.js";

const tasks = parameter("TASKS", 1);
const nothing = () => {};
const turn = (resolve) => {
  resolve();
  return nothing;
};

function* switches(count) {
  for (let i = 0; i < count; i++) yield* action(turn);
}

await measure((n) =>
  run(function* () {
    const share = Math.floor(n / tasks);
    if (tasks === 1) yield* switches(share);
    else yield* all(Array.from({ length: tasks }, () => switches(share)));
  }),
);
