// The same by piscina, all items at once: it has no map.
import Piscina from "piscina";
import { BELOW, PRIMES } from "../measure/primes.js";
import { measureSpeedUp } from "../measure/speed-up.js";

const [one, two] = [1, 2].map(
  (threads) =>
    new Piscina({
      filename: new URL("../measure/primes.js", import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
    }),
);

async function count(pool, n) {
  const counts = await Promise.all(Array.from({ length: n }, () => pool.run(BELOW)));
  if (counts.some((each) => each !== PRIMES)) throw new Error("the counts are wrong");
}

await measureSpeedUp(
  (n) => count(one, n),
  (n) => count(two, n),
);
await Promise.all([one.destroy(), two.destroy()]);
