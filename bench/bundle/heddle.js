// A program that uses tasks, gather, groups, timeouts and a queue. With BENCH_WHOLE: all of "heddle".
import { measureBundle } from "../measure/bundle.js";
import { parameter } from "../measure/measure.js";

const whole = `export * from "heddle";`;
const program = `export {
  createTask, gather, isCancelled, Queue, run, sleep, taskGroup, timeout
} from "heddle";`;

await measureBundle(parameter("WHOLE", 0) ? whole : program);
