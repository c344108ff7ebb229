// A program as it should be: only itself starts, and what a worker finds of it is functions.
import { run } from "heddle";
import { isWorker, moduleFunction, ProcessPoolExecutor, ThreadPoolExecutor } from "heddle/node";

export function saysWhere() {
  return isWorker();
}

function* main() {
  const answers = [isWorker()];
  for (const Pool of [ThreadPoolExecutor, ProcessPoolExecutor]) {
    const pool = new Pool({ maxWorkers: 1 });
    answers.push(yield* pool.submit(moduleFunction(import.meta.url, "saysWhere")));
  }
  console.log(answers.join(" "));
}

if (!isWorker()) await run(main);
