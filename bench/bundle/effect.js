// A program that uses fibers, all, scopes, timeouts and a queue. With BENCH_WHOLE: everything that
// the main entry of Effect exports, which is far more than concurrency.
import { measureBundle } from "../measure/bundle.js";
import { parameter } from "../measure/measure.js";

const whole = `export * from "effect";`;
const program = `
  import { Effect, Fiber, Queue } from "effect";
  export const { all, forkChild, gen, interrupt, runPromise, scoped, sleep, timeout } = {
    all: Effect.all, forkChild: Effect.forkChild, gen: Effect.gen, interrupt: Fiber.interrupt,
    runPromise: Effect.runPromise, scoped: Effect.scoped, sleep: Effect.sleep,
    timeout: Effect.timeout,
  };
  export const queue = [Queue.bounded, Queue.offer, Queue.take, Fiber.join];`;

await measureBundle(parameter("WHOLE", 0) ? whole : program);
