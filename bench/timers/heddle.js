// Schedule a timer and cancel it, with a turn of the loop after every 1,000 pairs.
import { getRunningLoop, run, sleep } from "heddle";
import { measure } from "../measure/measure.js";

const nothing = () => {};

await measure((n) =>
  run(function* () {
    const loop = getRunningLoop();
    for (let i = 1; i <= n; i++) {
      loop.callLater(10_000, nothing).cancel();
      if (i % 1000 === 0) yield* sleep(0);
    }
  }),
);
