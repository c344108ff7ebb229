// Runs so many jobs on a pool of threads and one of processes: most to their end, some cancelled, some that compute
// and are killed, some that take their worker with them. Prints what is left over: threads, processes, descriptors.
import { readdirSync, readFileSync } from "node:fs";
import {
  type Coroutine,
  createTask,
  type Future,
  isCancelled,
  run,
  sleep,
} from "../../src/index.ts";
import { ProcessPoolExecutor, ThreadPoolExecutor } from "../../src/node/index.ts";

const total = Number(process.argv[2] ?? 100_000);
/** One in so many. */
const [CANCELLED, KILLED, DYING] = [7, 2_000, 3_000];

/** Processes whose parent is this one, zombies too. */
function children(): number {
  return readdirSync("/proc").filter((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      const [, parent] = readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return parent === `${process.pid}`;
    } catch {
      return false;
    }
  }).length;
}

const state = () => ({
  descriptors: readdirSync("/proc/self/fd").length,
  threads: readdirSync("/proc/self/task").length,
  children: children(),
});

function* visit(pool: ThreadPoolExecutor | ProcessPoolExecutor, n: number): Coroutine<void> {
  let job: Future<number>;
  if (n % KILLED === 1) {
    job = yield* pool.start((): number => {
      for (;;);
    });
    yield* sleep(5);
    job.cancel();
  } else if (n % DYING === 2) job = yield* pool.start((): number => process.exit(1));
  else job = yield* pool.start((x: number) => x, n);
  if (n % CANCELLED === 0) job.cancel();
  try {
    if ((yield* job) !== n) throw new Error(`a job gave the result of another than ${n}`);
  } catch (error) {
    const expected = isCancelled(error) || (error as Error).name === "BrokenExecutorError";
    if (!expected) throw error;
  }
}

for (const Pool of [ThreadPoolExecutor, ProcessPoolExecutor]) {
  const jobs = Pool === ThreadPoolExecutor ? total : Math.ceil(total / 5);
  const before = state();
  const begin = performance.now();
  let counts = {};
  await run(function* () {
    const pool = new Pool({ maxWorkers: 3, maxQueue: 20, grace: 50 });
    let next = 0;
    const producers = Array.from({ length: 40 }, () =>
      createTask(function* () {
        while (next < jobs) yield* visit(pool, next++);
      }),
    );
    for (const each of producers) yield* each;
    const { done, failed, cancelled, replaced, died, busy, waiting } = pool.statistics();
    counts = { done, failed, cancelled, replaced, died, busy, waiting };
    if (done + failed + cancelled !== jobs || busy + waiting > 0) process.exitCode = 1;
  });
  const after = state();
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(
    `${Pool.name}: ${jobs} jobs in ${seconds} s`,
    counts,
    "before",
    before,
    "after",
    after,
  );
  if (after.children > before.children || after.descriptors > before.descriptors + 2)
    process.exitCode = 1;
}
