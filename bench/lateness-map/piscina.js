// The same by piscina's threads, and the language's own timers.
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import Piscina from "piscina";
import { measureSleeps } from "../measure/late-sleeps.js";
import { BELOW, PRIMES } from "../measure/primes.js";

const threads = availableParallelism();
const pool = new Piscina({
  filename: new URL("../measure/primes.js", import.meta.url).href,
  minThreads: threads,
  maxThreads: threads,
});

/** One of several that together keep every thread busy, with the next item ready. */
async function feed(over) {
  let count = 0;
  for (; !over(); count++) {
    if ((await pool.run(BELOW)) !== PRIMES) throw new Error("the counts are wrong");
  }
  return count;
}

async function sleeps(watch, over) {
  while (!over()) {
    watch.begin(performance.now() + 1);
    await sleep(1);
    watch.end();
  }
}

await Promise.all(Array.from({ length: 10 * threads }, () => pool.run(BELOW)));
await measureSleeps(async (watch, over) => {
  const feeds = Array.from({ length: 2 * threads }, () => feed(over));
  await sleeps(watch, over);
  return (await Promise.all(feeds)).reduce((sum, count) => sum + count, 0);
});
await pool.destroy();
