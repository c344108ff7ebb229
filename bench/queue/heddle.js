// One task puts n items into a queue, another gets them. BENCH_MAXSIZE is the room in the queue: with
// 1, every item is a switch to the other task and back.
import { createTask, Queue, run } from "heddle";
import { measure, parameter } from "../measure/measure.js";

const maxsize = parameter("MAXSIZE", 1);

function* consume(queue, count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += yield* queue.get();
  return sum;
}

await measure((n) =>
  run(function* () {
    const queue = new Queue(maxsize);
    const consumer = createTask(consume(queue, n));
    for (let i = 0; i < n; i++) yield* queue.put(i);
    if ((yield* consumer) !== (n * (n - 1)) / 2) throw new Error("the sum is wrong");
  }),
);
