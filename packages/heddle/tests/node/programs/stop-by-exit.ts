/* Starts processes and leaves by process.exit in the middle of the run. */
import { run } from "../../../src/index.ts";
import { createSubprocessShell } from "../../../src/node/index.ts";

await run(function* () {
  const child = yield* createSubprocessShell("sleep 60 & echo $!; wait", { stdout: "pipe" });
  const grandchild = String(yield* child.stdout!.readline()).trim();
  process.stdout.write(`${child.pid} ${grandchild}\n`, () => process.exit(3));
  yield* child.wait();
});
