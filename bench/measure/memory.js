// Resident bytes in a fresh process: what the process grew by while BENCH_N of something were made,
// with the garbage collected before and after. The process then exits, for nobody awaits the things.
import { parameter, print } from "./measure.js";

export function measureMemory() {
  const n = parameter("N", 1_000_000);
  const before = resident();
  const start = performance.now();
  return {
    n,
    /** `things` is what must stay alive until it has been measured. */
    finish(things) {
      const ms = performance.now() - start;
      const bytes = (resident() - before) / n;
      if (things.length !== n) throw new Error(`${things.length} things, ${n} expected`);
      print(n, ms, { bytes });
      process.exit(0);
    },
  };
}

function resident() {
  collectGarbage();
  return process.memoryUsage.rss();
}

export function collectGarbage() {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
}
