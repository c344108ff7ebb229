// Times one work inside one process. A contestant is a program that calls `measure` once; the
// harness starts it, so every contestant has a fresh engine and none warms up another's code.
//
// Without BENCH_N the count grows until rounds last long enough to be timed, which is the warm-up as
// well. With it (works where the count is the point, such as a million sleepers) the warm-up is a
// tenth of the count, for half of BENCH_SECONDS. Then rounds follow until BENCH_SECONDS have passed, and the best one is
// printed as one JSON line: what disturbs a round only ever makes it longer.
import { basename, dirname } from "node:path";

const { argv, env } = process;

/** A number that the harness passes in the environment as BENCH_<NAME>. */
export function parameter(name, byDefault) {
  const text = env[`BENCH_${name}`];
  return text ? Number(text) : byDefault;
}

/** Prints the line that the harness reads. `ms` is what `n` operations took. */
export function print(n, ms, extra = {}) {
  const work = env.BENCH_WORK ?? basename(dirname(argv[1]));
  const contestant = basename(argv[1], ".js");
  console.log(JSON.stringify({ work, contestant, n, ms, extra: { ...extra, note: noted } }));
}

/** What is to be printed beside this program's results. */
export function note(text) {
  noted = text;
}

let noted;

/**
 * Runs `body(n)` over and over and returns the best round as `{ n, ms }`. A body that returns
 * `{ ms }` has timed itself (it has preparations that do not count).
 */
export async function bestOf(body, fixed, seconds) {
  const n = fixed || (await calibrate(body, (seconds * 1000) / 10));
  if (fixed) {
    const warm = performance.now() + seconds * 500;
    do await round(body, Math.max(1, Math.floor(fixed / 10)));
    while (performance.now() < warm);
  }
  const end = performance.now() + seconds * 1000;
  let best = Number.POSITIVE_INFINITY;
  do best = Math.min(best, await round(body, n));
  while (performance.now() < end);
  return { n, ms: best };
}

/** Measures `body` as the environment says and prints the result. */
export async function measure(body) {
  const seconds = parameter("SECONDS", 1);
  if (env.BENCH_SIZES) return measureSizes(body, env.BENCH_SIZES.split(",").map(Number), seconds);
  const { n, ms } = await bestOf(body, parameter("N", 0), seconds);
  print(n, ms);
}

/**
 * Nanoseconds for one operation at each size. Small sizes are repeated up to the same total, so
 * that every size pays for its own garbage.
 */
async function measureSizes(body, sizes, seconds) {
  const ns = {};
  let last;
  for (const size of sizes) {
    const times = Math.max(1, Math.round(100_000 / size));
    const repeated = async () => {
      for (let i = 0; i < times; i++) await body(size);
    };
    last = await bestOf(repeated, size * times, seconds / sizes.length);
    ns[size] = Math.round((last.ms * 1e6) / last.n);
  }
  print(last.n, last.ms, { ns, growth: ns[sizes.at(-1)] / ns[sizes[0]] });
}

async function round(body, n) {
  globalThis.gc?.();
  const start = performance.now();
  const own = await body(n);
  return own?.ms ?? performance.now() - start;
}

// Cold code is slow: a count is settled only when three rounds of it were long enough.
async function calibrate(body, target) {
  let n = parameter("ATLEAST", 1000);
  for (let settled = 0; settled < 3; ) {
    const ms = await round(body, n);
    if (ms >= target / 2) settled++;
    else n = Math.ceil(n * Math.min(10, Math.max(2, target / Math.max(ms, 0.01))));
  }
  return n;
}
