// What two workers make of a map that one worker runs, too: rounds of the one and of the other take
// turns, so that whatever else the machine does meets both, and the best of each are compared. The
// ratio of each pair of rounds shows how far that can be trusted.
import { note, parameter, print } from "./measure.js";

/** Each runs n items; after BENCH_SECONDS no further pair of rounds begins. */
export async function measureSpeedUp(byOne, byTwo) {
  const n = parameter("N", 400);
  const end = performance.now() + parameter("SECONDS", 1) * 1000;
  // All workers have started then, and are warm.
  await byOne(20);
  await byTwo(40);
  const pairs = [];
  do pairs.push([await time(byOne, n), await time(byTwo, n)]);
  while (performance.now() < end);

  const one = Math.min(...pairs.map(([ms]) => ms));
  const two = Math.min(...pairs.map(([, ms]) => ms));
  const ratios = pairs.map(([one, two]) => one / two).sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)];
  note(
    `${(one / two).toFixed(2)} x as fast as one worker (median of ${pairs.length} pairs ` +
      `${median.toFixed(2)}); an item takes one ${(one / n).toFixed(2)} ms`,
  );
  print(n, two, { growth: two / one });
}

async function time(body, n) {
  const start = performance.now();
  await body(n);
  return performance.now() - start;
}
