// How late a task that sleeps for 1 ms, over and over, wakes while a map computes on all processors.
import { availableParallelism } from "node:os";
import { createTask, run, sleep } from "heddle";
import { moduleFunction, ThreadPoolExecutor } from "heddle/node";
import { measureSleeps } from "../measure/late-sleeps.js";
import { BELOW, PRIMES } from "../measure/primes.js";

const countPrimes = moduleFunction(import.meta.resolve("../measure/primes.js"));
const threads = availableParallelism();
const pool = new ThreadPoolExecutor({
  maxWorkers: threads,
  idleTimeout: Number.POSITIVE_INFINITY,
});

function* compute(over) {
  const items = function* () {
    while (!over()) yield BELOW;
  };
  let count = 0;
  const results = pool.map(countPrimes, items());
  for (let next = yield* results.next(); !next.done; next = yield* results.next()) {
    if (next.value !== PRIMES) throw new Error("the counts are wrong");
    count++;
  }
  return count;
}

function* sleeps(watch, over) {
  while (!over()) {
    watch.begin(performance.now() + 1);
    yield* sleep(1);
    watch.end();
  }
}

// All threads have started then.
await run(() => pool.map(countPrimes, new Array(10 * threads).fill(BELOW)));
await measureSleeps((watch, over) =>
  run(function* () {
    const computing = createTask(compute(over));
    yield* sleeps(watch, over);
    return yield* computing;
  }),
);
await pool.shutdown();
