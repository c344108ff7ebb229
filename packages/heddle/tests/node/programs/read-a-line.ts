/* Reads one line of a stdin that nobody closes; the process ends all the same. */
import { run } from "../../../src/index.ts";
import { stdinReader } from "../../../src/node/index.ts";

await run(function* () {
  console.log(`read ${String(yield* stdinReader().readline()).trim()}`);
});
