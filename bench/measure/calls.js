// pyperformance's coroutines benchmark: Fibonacci by calls, 242,785 of them for the 25th number. With
// fewer in BENCH_N (the warm-up) it is a smaller number.
import { measure } from "./measure.js";

/** Measures `fibonacci(k)`, which must call itself for every number down to 0 and 1. */
export function measureCalls(fibonacci) {
  return measure(async (n) => {
    const { k, number } = largest(n);
    const result = await fibonacci(k);
    if (result !== number) throw new Error(`${result} is not number ${k} of Fibonacci`);
  });
}

/** The largest number of Fibonacci that takes at most n calls. */
function largest(n) {
  let [k, number, next] = [0, 0, 1];
  // Number k takes 2 × (number k + 1) - 1 calls.
  while (2 * (number + next) - 1 <= n) [k, number, next] = [k + 1, next, number + next];
  return { k, number };
}
