// Fibonacci by async functions (each `await` suspends all the same): the cost of one call.
import { measureCalls } from "../measure/calls.js";

async function fibonacci(n) {
  if (n <= 1) return n;
  return (await fibonacci(n - 1)) + (await fibonacci(n - 2));
}

await measureCalls(fibonacci);
