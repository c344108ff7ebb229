// A program whose process has one worker, with the job of work.mjs that argv says; prints the worker's id.
import { run } from "heddle";
import { moduleFunction, ProcessPoolExecutor } from "heddle/node";

const [, , name, path, ms] = process.argv;
const work = moduleFunction(new URL("./work.mjs", import.meta.url), name);

await run(function* () {
  const pool = new ProcessPoolExecutor({ maxWorkers: 1 });
  console.log(yield* pool.submit(() => process.pid));
  yield* pool.submit(work, path, Number(ms));
});
