// Fibonacci by effects that call each other and never suspend: the cost of one call.
import { Effect } from "effect";
import { measureCalls } from "../measure/calls.js";

const fibonacci = Effect.fnUntraced(function* (n) {
  if (n <= 1) return n;
  return (yield* fibonacci(n - 1)) + (yield* fibonacci(n - 2));
});

await measureCalls((n) => Effect.runPromise(fibonacci(n)));
