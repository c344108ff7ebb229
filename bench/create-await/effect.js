// Fork a fiber that suspends once and join it; then the next.
import { Effect, Fiber } from "effect";
import { measure } from "../measure/measure.js";

const main = Effect.fnUntraced(function* (n) {
  for (let i = 0; i < n; i++) {
    const fiber = yield* Effect.forkChild(Effect.yieldNow);
    yield* Fiber.join(fiber);
  }
});

await measure((n) => Effect.runPromise(main(n)));
