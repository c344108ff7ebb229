// How late sleeps of 1 ms end while workers compute: the longest is printed, with the 99th percentile
// beside it. The workers are there before, and warm.
import { Watch } from "./lateness.js";
import { note, parameter, print } from "./measure.js";

/** `body` hands its sleeps to the watch, until `over()`, and gives the count of items computed meanwhile. */
export async function measureSleeps(body) {
  const watch = new Watch();
  const end = performance.now() + parameter("SECONDS", 1) * 1000;
  const items = await body(watch, () => performance.now() >= end);
  const { count, latest, p99 } = watch.result();
  note(`p99 ${p99.toFixed(1)} ms of ${count} sleeps; ${items} items computed meanwhile`);
  print(count, latest, { late: latest });
}
