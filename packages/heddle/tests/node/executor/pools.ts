/*
 * Both kinds of pool, and the functions that their workers load: most promises hold for both.
 */
import { moduleFunction, ProcessPoolExecutor, ThreadPoolExecutor } from "heddle/node";
import { afterAll } from "vitest";

export const pools = [
  { kind: "threads", Pool: ThreadPoolExecutor },
  { kind: "processes", Pool: ProcessPoolExecutor },
] as const;

export type AnyPool = (typeof pools)[number]["Pool"];

/** A pool for all tests of a `describe`, since a process takes a while to start. Call it there. */
export function sharedPool(Pool: AnyPool, maxWorkers = 1): InstanceType<AnyPool> {
  const pool = new Pool({ maxWorkers });
  afterAll(async () => {
    await pool.shutdown({ cancelFutures: true });
  });
  return pool;
}

type Work = typeof import("./programs/work.mjs");

/** A function of programs/work.mjs. */
export function work<K extends keyof Work>(name: K): Work[K] {
  return moduleFunction<Work[K]>(program("work.mjs"), name);
}

/** The URL of a file in programs/. */
export function program(file: string): URL {
  return new URL(`./programs/${file}`, import.meta.url);
}
