// How late a timer of the embedding program comes while a task never stops switching: the longest of
// all waits of BENCH_SECONDS, in milliseconds.
import { run, sleep } from "heddle";
import { measureLateness } from "../measure/lateness.js";

await measureLateness((over) =>
  run(function* () {
    while (!over()) yield* sleep(0);
  }),
);
