// A map over items that compute for some 5 ms each, by two workers and by one: BENCH_WORKLOAD says
// what they are.
import { env } from "node:process";
import { run } from "heddle";
import { moduleFunction, ProcessPoolExecutor, ThreadPoolExecutor } from "heddle/node";
import { BELOW, PRIMES } from "../measure/primes.js";
import { measureSpeedUp } from "../measure/speed-up.js";

const countPrimes = moduleFunction(import.meta.resolve("../measure/primes.js"));
const Pool = env.BENCH_WORKLOAD === "processes" ? ProcessPoolExecutor : ThreadPoolExecutor;

function* count(pool, n) {
  const counts = yield* pool.map(countPrimes, new Array(n).fill(BELOW));
  if (counts.length !== n || counts.some((each) => each !== PRIMES)) {
    throw new Error("the counts are wrong");
  }
}

const [one, two] = [1, 2].map(
  (maxWorkers) => new Pool({ maxWorkers, idleTimeout: Number.POSITIVE_INFINITY }),
);
await measureSpeedUp(
  (n) => run(() => count(one, n)),
  (n) => run(() => count(two, n)),
);
await Promise.all([one.shutdown(), two.shutdown()]);
