// The same by workerpool.
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import { measureJobs } from "../measure/handover.js";

const workload = env.BENCH_WORKLOAD ?? "threads";
const script = fileURLToPath(new URL("workerpool-worker.js", import.meta.url));
const fn = workload === "threads-inline" ? (value) => value : "same";

const pool = workerpool.pool(script, {
  maxWorkers: 2,
  workerType: workload === "processes" ? "process" : "thread",
  // By default it sends JSON, which holds neither bytes nor a Map.
  forkOpts: { serialization: "advanced" },
});
await measureJobs((value) => pool.exec(fn, [value]));
await pool.terminate();
