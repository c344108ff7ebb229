// Create a task that suspends once and await it; then the next.
import { createTask, run, sleep } from "heddle";
import { measure } from "../measure/measure.js";

function* child() {
  yield* sleep(0);
}

await measure((n) =>
  run(function* () {
    for (let i = 0; i < n; i++) yield* createTask(child());
  }),
);
