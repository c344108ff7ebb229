// What the loads on servers have in common; the counterpart of load/load_linux.go, for machines without
// Go. They cost more than those: a server faster than node:net is limited by them (see the shares that
// are printed).
import { parameter, print } from "./measure.js";
import { processorSeconds } from "./processor.js";

const WINDOWS = 5;

export const SERVER = parameter("SERVER", 0);
export const PORT = parameter("PORT", 0);
export const CONNECTIONS = parameter("CONNECTIONS", 64);

/** Prints the best of several windows. `count()` is how many operations there have been so far. */
export async function measureLoad(count) {
  const seconds = parameter("SECONDS", 1);
  await pause(seconds / 3);
  const start = performance.now();
  const before = { its: processorSeconds(SERVER), load: loadCpu(), count: count() };
  let best = { n: 0, ms: Number.POSITIVE_INFINITY };
  for (let i = 0; i < WINDOWS; i++) {
    const from = performance.now();
    const already = count();
    await pause(seconds / WINDOWS);
    const round = { n: count() - already, ms: performance.now() - from };
    if (round.ms / round.n < best.ms / Math.max(1, best.n)) best = round;
  }
  if (count() === before.count) throw new Error("nothing came back");
  const elapsed = (performance.now() - start) / 1000;
  const its = processorSeconds(SERVER) - before.its;
  print(best.n, best.ms, {
    serverCpu: its / elapsed,
    loadCpu: (loadCpu() - before.load) / elapsed,
    serverMicros: (its * 1e6) / (count() - before.count),
  });
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function loadCpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
