// A program that hands work over at its top level, in a worker too, as its URL says, which names a diary too.
import { appendFileSync } from "node:fs";
import { run } from "heddle";
import { moduleFunction, ProcessPoolExecutor, ThreadPoolExecutor } from "heddle/node";

const how = new URL(import.meta.url).searchParams;
appendFileSync(how.get("diary"), "loaded\n");

export function answers() {
  return "an answer";
}

function* main() {
  const Pool = how.get("kind") === "processes" ? ProcessPoolExecutor : ThreadPoolExecutor;
  const pool = new Pool({ maxWorkers: 1 });
  yield* pool.submit(moduleFunction(import.meta.url, "answers"));
}

const ended = run(main);
if (how.get("then") === "awaits") await ended;
