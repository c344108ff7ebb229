// Fibonacci by coroutines that call each other and never suspend: the cost of one call.
import { run } from "heddle";
import { measureCalls } from "../measure/calls.js";

function* fibonacci(n) {
  if (n <= 1) return n;
  return (yield* fibonacci(n - 1)) + (yield* fibonacci(n - 2));
}

await measureCalls((n) => run(() => fibonacci(n)));
