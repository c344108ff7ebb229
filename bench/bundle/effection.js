// A program that uses tasks, all, race (its timeout), scopes and a queue. With BENCH_WHOLE: all of it.
import { measureBundle } from "../measure/bundle.js";
import { parameter } from "../measure/measure.js";

const whole = `export * from "effection";`;
const program = `export {
  all, createQueue, race, run, scoped, sleep, spawn
} from "effection";`;

await measureBundle(parameter("WHOLE", 0) ? whole : program);
