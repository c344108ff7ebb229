// One fiber offers n items to a bounded queue, another takes them. BENCH_MAXSIZE is its capacity.
import { Effect, Fiber, Queue } from "effect";
import { measure, parameter } from "../measure/measure.js";

const maxsize = parameter("MAXSIZE", 1);

const consume = Effect.fnUntraced(function* (queue, count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += yield* Queue.take(queue);
  return sum;
});

const main = Effect.fnUntraced(function* (n) {
  const queue = yield* Queue.bounded(maxsize);
  const consumer = yield* Effect.forkChild(consume(queue, n));
  for (let i = 0; i < n; i++) yield* Queue.offer(queue, i);
  const sum = yield* Fiber.join(consumer);
  if (sum !== (n * (n - 1)) / 2) throw new Error("the sum is wrong");
});

await measure((n) => Effect.runPromise(main(n)));
