// Start n tasks at once, each of which suspends once, and gather their results. (The work "scaling"
// is this one at several sizes.)
import { gather, run, sleep } from "heddle";
import { measure } from "../measure/measure.js";

function* child(i) {
  yield* sleep(0);
  return i;
}

await measure((n) =>
  run(function* () {
    const results = yield* gather(Array.from({ length: n }, (_, i) => child(i)));
    if (results.length !== n) throw new Error("results are missing");
  }),
);
