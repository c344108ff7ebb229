/*
 * What RemoteExecutor costs beside BullMQ alone: no-op jobs, the worker in a process of its own, concurrency 50.
 *
 * BullMQ alone is its documented way to wait for a result: `add`, then `waitUntilFinished`. Both sides take
 * turns, so that a busy machine is busy for both; the medians are compared.
 */
import { setTimeout as delay } from "node:timers/promises";
import { RemoteExecutor } from "@heddle/bullmq";
import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  Queue,
  QueueEvents,
} from "bullmq";
import { createTask, gather, run } from "heddle";
import { noop } from "../programs/functions.ts";

export interface Overhead {
  /** Jobs in a second, the median of the rounds. */
  raw: number;
  heddle: number;
  /** The time of a job, ours over theirs. */
  ratio: number;
}

export async function measureOverhead(
  url: string,
  queues: { raw: string; heddle: string },
  jobs: number,
  atOnce: number,
  rounds: number,
): Promise<Overhead> {
  const raw: number[] = [];
  const heddle: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const theirs = await timeRaw(url, queues.raw, jobs, atOnce);
    const ours = await timeHeddle(url, queues.heddle, jobs, atOnce);
    // The first round warms up.
    if (round === 0) continue;
    raw.push(theirs);
    heddle.push(ours);
  }
  return {
    raw: (jobs / median(raw)) * 1000,
    heddle: (jobs / median(heddle)) * 1000,
    ratio: median(heddle) / median(raw),
  };
}

function median(values: number[]): number {
  return values.sort((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}

async function timeRaw(url: string, name: string, jobs: number, atOnce: number): Promise<number> {
  const { queue, events } = open(url, name);
  queue.on("error", () => undefined);
  events.on("error", () => undefined);
  await events.waitUntilReady();
  // Ready means connected: what ends before it begins to read is waited for for ever.
  await delay(100);
  events.setMaxListeners(0);
  queue.setMaxListeners(0);
  let left = jobs;
  const options = { removeOnComplete: { age: 300 } };
  const one = async () => {
    while (left-- > 0) {
      const job = await queue.add("noop", { args: [] }, options);
      await job.waitUntilFinished(events);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, one));
  const time = performance.now() - start;
  await Promise.all([queue.close(), events.close()]);
  return time;
}

function open(url: string, name: string) {
  const factory: BackendFactory<IQueueBackend> = (queue, options, more) =>
    url.startsWith("postgres")
      ? createPostgresBackend(queue, { ...options, connection: { connectionString: url } }, more)
      : createRedisBackend(queue, { ...options, connection: { url } }, more);
  // The factory has the connection.
  const none = { connection: {} };
  return { queue: new Queue(name, none, factory), events: new QueueEvents(name, none, factory) };
}

function timeHeddle(url: string, queue: string, jobs: number, atOnce: number): Promise<number> {
  return run(function* () {
    const remote = new RemoteExecutor({ connection: url, queue, maxInFlight: atOnce });
    yield* remote.submit(noop);
    let left = jobs;
    const one = function* () {
      while (left-- > 0) yield* remote.submit(noop);
    };
    const start = performance.now();
    yield* gather(Array.from({ length: atOnce }, () => createTask(one())));
    const time = performance.now() - start;
    yield* remote.shutdown();
    return time;
  });
}
