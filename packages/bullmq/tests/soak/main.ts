/*
 * The long run: `npx tsx packages/bullmq/tests/soak/main.ts [--backend redis|postgres] [--jobs 10000]
 * [--only kills,cancel,overhead]`, with TSX_TSCONFIG_PATH=packages/bullmq/tests/programs/tsconfig.json.
 *
 *   kills     jobs on three worker processes, one of which is killed (SIGKILL) at random every second, and
 *             in the middle the backend too: is every result there, how many jobs ran twice, and how long
 *             did those of the dead wait?
 *   cancel    1,000 running jobs cancelled at random moments: how long until the coroutine hears of it?
 *   overhead  no-op jobs beside BullMQ alone
 *
 * Results on stdout; status 1 if a promise was broken.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { RemoteExecutor } from "@heddle/bullmq";
import { createTask, fromPromise, gather, getEventLoop, run, sleep, wait } from "heddle";
import { lacking, startBackend, type TestBackend } from "../backends.ts";
import * as functions from "../programs/functions.ts";
import { WorkerProcess } from "../worker-process.ts";
import { measureOverhead } from "./overhead.ts";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "redis" },
    jobs: { type: "string", default: "10000" },
    only: { type: "string", default: "kills,cancel,overhead" },
  },
});
const kind = values.backend === "postgres" ? "postgres" : "redis";
const jobs = Number(values.jobs);
const LEASE = 1000;

let broken = 0;
function check(what: string, holds: boolean): void {
  console.log(`${holds ? "ok    " : "BROKEN"} ${what}`);
  if (!holds) broken++;
}

const quantile = (sorted: readonly number[], q: number) =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN);

async function soakKills(backend: TestBackend, file: string): Promise<void> {
  const options = { connection: backend.url, queue: "kills", concurrency: 10, lease: LEASE };
  // Nobody's fault, so that it may happen to one job again and again.
  const start = () => WorkerProcess.start({ ...options, maxTakeovers: 100 });
  const workers = await Promise.all([start(), start(), start()]);
  const killed: { pid: number; at: number }[] = [];
  let isOver = false;
  const killing = (async () => {
    while (!isOver) {
      await delay(1000);
      if (isOver) break;
      const which = Math.floor(Math.random() * workers.length);
      const victim = workers[which];
      killed.push({ pid: victim?.child.pid ?? 0, at: Date.now() });
      await victim?.kill();
      workers[which] = await start();
    }
  })();
  let outage: [number, number] = [0, 0];
  const results: (number | Error)[] = await run(function* () {
    const remote = new RemoteExecutor({
      connection: backend.url,
      queue: "kills",
      maxInFlight: 500,
    });
    const tasks = Array.from({ length: jobs }, (_, n) =>
      remote.submit(functions.told, file, n, Math.random() * 100),
    );
    const restart = createTask(function* () {
      while (remote.statistics().done < jobs / 2) yield* sleep(50);
      const from = Date.now();
      yield* fromPromise(backend.kill());
      yield* sleep(1000);
      yield* fromPromise(backend.start());
      outage = [from, Date.now()];
    });
    const begun = performance.now();
    yield* wait(tasks);
    yield* restart;
    const statistics = remote.statistics();
    console.log(`       ${Math.round(performance.now() - begun)} ms,`, JSON.stringify(statistics));
    yield* remote.shutdown();
    return tasks.map((task) => {
      const error = task.exception();
      return error === null ? task.result() : error instanceof Error ? error : new Error("?");
    });
  });
  isOver = true;
  await killing;
  await Promise.all(workers.map((worker) => worker.kill()));
  const errors = results.filter((result) => result instanceof Error);
  for (const error of errors.slice(0, 3)) console.log(error);
  check(
    `${jobs} jobs, ${killed.length} workers killed, the backend once: ${errors.length} results lost`,
    results.every((result, n) => result === n),
  );
  report(file, killed, outage);
}

/** What the functions have written: runs beyond the first, and how long jobs of the dead waited. */
function report(
  file: string,
  killed: readonly { pid: number; at: number }[],
  outage: readonly [number, number],
): void {
  const runs = new Map<string, { pid: number; at: number }[]>();
  const ended = new Set<string>();
  for (const line of readFileSync(file, "utf8").trim().split("\n")) {
    const [what, n = "", pid, at] = line.split(" ");
    if (what === "end") ended.add(`${n} ${pid}`);
    else runs.set(n, [...(runs.get(n) ?? []), { pid: Number(pid), at: Number(at) }]);
  }
  const duplicates = [...runs.values()].reduce((sum, each) => sum + each.length - 1, 0);
  console.log(`       ${duplicates} runs beyond the first, by what the functions have written`);
  const waits: number[] = [];
  for (const [n, each] of runs) {
    for (const [index, { pid }] of each.entries()) {
      const death = killed.find((one) => one.pid === pid);
      const next = each[index + 1];
      if (death === undefined || next === undefined || ended.has(`${n} ${pid}`)) continue;
      const [down, up] = outage;
      if (death.at > down - LEASE - 1000 && death.at < up) continue;
      waits.push(next.at - death.at);
    }
  }
  waits.sort((one, other) => one - other);
  const [half, most] = [quantile(waits, 0.5), quantile(waits, 1)];
  check(
    `${waits.length} jobs of dead workers began anew after ${half} ms (median), ${most} ms at most (lease ${LEASE})`,
    most <= LEASE + 1000,
  );
}

async function soakCancel(backend: TestBackend, file: string): Promise<void> {
  const options = { connection: backend.url, queue: "cancel", concurrency: 100 };
  const workers = await Promise.all([1, 2, 3].map(() => WorkerProcess.start(options)));
  const asked = new Map<number, number>();
  const lines = () => readFileSync(file, { encoding: "utf8", flag: "a+" }).split("\n");
  await run(function* () {
    const remote = new RemoteExecutor({ connection: backend.url, queue: "cancel" });
    for (let from = 0; from < 1000; from += 250) {
      const tasks = Array.from({ length: 250 }, (_, n) =>
        remote.submit(functions.cancelled, file, from + n),
      );
      while (lines().filter((line) => line.startsWith("begin")).length < from + 250)
        yield* sleep(20);
      const cancels = tasks.map((task, n) =>
        createTask(function* () {
          yield* sleep(Math.random() * 1000);
          asked.set(from + n, performance.timeOrigin + performance.now());
          task.cancel();
        }),
      );
      yield* gather(cancels);
      yield* wait(tasks);
    }
    yield* remote.shutdown();
  });
  const waits = lines()
    .filter((line) => line.startsWith("cancelled"))
    .map((line) => line.split(" "))
    .map(([, n, at]) => Number(at) - (asked.get(Number(n)) ?? 0))
    .sort((one, other) => one - other);
  const [half, most, last] = [0.5, 0.99, 1].map((q) => quantile(waits, q));
  check(
    `${waits.length} of 1000 cancelled coroutines heard of it after ${half} ms (median), ${most} ms (p99), ${last} ms (most)`,
    waits.length === 1000 && (most ?? 0) <= 250,
  );
  await Promise.all(workers.map((worker) => worker.kill()));
}

async function soakOverhead(backend: TestBackend): Promise<void> {
  const worker = await WorkerProcess.start({
    connection: backend.url,
    queue: "ours",
    concurrency: 50,
  });
  const raw = await startRaw(backend.url, "theirs");
  for (const atOnce of [jobs, 50]) {
    const queues = { raw: "theirs", heddle: "ours" };
    const {
      raw: theirs,
      heddle,
      ratio,
    } = await measureOverhead(backend.url, queues, jobs, atOnce, 5);
    check(
      `${jobs} no-op jobs, ${atOnce} at once: BullMQ alone ${Math.round(theirs)}/s, ` +
        `heddle ${Math.round(heddle)}/s, ${ratio.toFixed(2)} x the time`,
      ratio <= 1.2,
    );
  }
  raw.kill("SIGKILL");
  await worker.kill();
}

async function startRaw(url: string, queue: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL("raw-worker.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program, url, queue], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

const lack = lacking(kind);
if (lack !== null) throw new Error(`the soak needs ${lack}`);
const folder = mkdtempSync(join(tmpdir(), "heddle-soak-"));
const backend = await startBackend(kind);
getEventLoop().setExceptionHandler((_loop, { message }) => console.log(`       ${message}`));
try {
  const parts = values.only.split(",");
  if (parts.includes("kills")) await soakKills(backend, join(folder, "kills"));
  if (parts.includes("cancel")) await soakCancel(backend, join(folder, "cancel"));
  if (parts.includes("overhead")) await soakOverhead(backend);
} finally {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = broken === 0 ? 0 : 1;
