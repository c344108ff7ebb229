// A job that returns what it is given, n times by a pool of two workers. BENCH_WORKLOAD says what they
// are, and how they get the function: of a module, or as its source.
import { env } from "node:process";
import { gather, run } from "heddle";
import { moduleFunction, ProcessPoolExecutor, ThreadPoolExecutor } from "heddle/node";
import { measureHandover } from "../measure/handover.js";

const same = moduleFunction(import.meta.resolve("./same.js"));
const [Pool, fn] = {
  threads: [ThreadPoolExecutor, same],
  "threads-inline": [ThreadPoolExecutor, (value) => value],
  processes: [ProcessPoolExecutor, same],
}[env.BENCH_WORKLOAD ?? "threads"];

// As in a pool that belongs to a run, no worker ends before the pool does.
const pool = new Pool({ maxWorkers: 2, idleTimeout: Number.POSITIVE_INFINITY });

function* oneAfterAnother(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += yield* pool.submit(fn, i);
  return sum;
}

function* atOnce(n) {
  const results = yield* gather(Array.from({ length: n }, (_, i) => pool.submit(fn, i)));
  return results.reduce((sum, value) => sum + value, 0);
}

await measureHandover({
  oneAfterAnother: (n) => run(() => oneAfterAnother(n)),
  atOnce: (n) => run(() => atOnce(n)),
});
await pool.shutdown();
