// One task adds n items to a queue, another takes them. Effection's queue has no bound, so the
// producer lets the consumer run after each item.
import { action, createQueue, run, spawn } from "effection";
import { measure } from "../measure/measure.js";

const nothing = () => {};
const turn = (resolve) => {
  resolve();
  return nothing;
};

function* consume(queue, count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (yield* queue.next()).value;
  return sum;
}

await measure((n) =>
  run(function* () {
    const queue = createQueue();
    const consumer = yield* spawn(() => consume(queue, n));
    for (let i = 0; i < n; i++) {
      queue.add(i);
      yield* action(turn);
    }
    if ((yield* consumer) !== (n * (n - 1)) / 2) throw new Error("the sum is wrong");
  }),
);
