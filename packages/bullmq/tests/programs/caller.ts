// Submits a job, shuts down, and must then end by itself: `caller.ts URL QUEUE how`.
import { RemoteExecutor, serve } from "@heddle/bullmq";
import { run, sleep } from "heddle";
import { add, nap } from "./functions.ts";

const [connection = "", queue = "", how = ""] = process.argv.slice(2);
if (how === "outside") {
  const remote = new RemoteExecutor({ connection, queue });
  console.log(await remote.submit(add, 1, 2));
  await remote.shutdown();
} else if (how === "batch") {
  // Nothing listens there.
  await run(function* () {
    const remote = new RemoteExecutor({ connection, queue, cancelGrace: 100 });
    for (const n of [1, 2]) remote.submit(add, n, n);
    yield* sleep(200);
  });
} else if (how === "outage") {
  // Ends while the backend, killed by whoever reads this, is away.
  await run(function* () {
    const remote = new RemoteExecutor({ connection, queue, cancelGrace: 100 });
    serve({ connection, queue, functions: { add }, grace: 100 });
    console.log(yield* remote.submit(add, 1, 2));
    remote.submit(nap, 60_000, null);
    yield* sleep(1000);
  });
} else {
  await run(function* () {
    const remote = new RemoteExecutor({ connection, queue });
    console.log(yield* remote.submit(add, 1, 2));
    // Left behind, at the end of the run: cancelled, and the connections closed.
    if (how === "left") remote.submit(nap, 60_000, null);
    if (how === "dispose") remote[Symbol.dispose]();
  });
}
console.log("end of the program");
