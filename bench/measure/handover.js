// Times jobs that are handed over to workers: n of them one after another, or, with BENCH_AT_ONCE, all
// at once. The workers are started before.
import { measure, parameter } from "./measure.js";

/** For every worker, whoever gets which: enough that all have started and are warm. */
const FIRST = 200;

/** Each runs n jobs, which return 0, 1, 2 …, and gives the sum. */
export async function measureHandover({ oneAfterAnother, atOnce }) {
  const jobs = parameter("AT_ONCE", 0) ? atOnce : oneAfterAnother;
  await atOnce(FIRST);
  await measure(async (n) => {
    const sum = await jobs(n);
    if (sum !== (n * (n - 1)) / 2) throw new Error(`the sum is wrong: ${sum}`);
  });
}

/** `submit(value)` gives a promise of the value. */
export function measureJobs(submit) {
  return measureHandover({
    async oneAfterAnother(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += await submit(i);
      return sum;
    },
    async atOnce(n) {
      const results = await Promise.all(Array.from({ length: n }, (_, i) => submit(i)));
      return results.reduce((sum, value) => sum + value, 0);
    },
  });
}
