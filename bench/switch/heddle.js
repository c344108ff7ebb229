// `yield* sleep(0)`: give every other ready task its turn. One task, or BENCH_TASKS of them.
import { gather, run, sleep } from "heddle";
import { measure, parameter } from "../measure/measure.js";

const tasks = parameter("TASKS", 1);

function* switches(count) {
  for (let i = 0; i < count; i++) yield* sleep(0);
}

await measure((n) =>
  run(function* () {
    const share = Math.floor(n / tasks);
    if (tasks === 1) yield* switches(share);
    else yield* gather(Array.from({ length: tasks }, () => switches(share)));
  }),
);
