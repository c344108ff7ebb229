/*
 * Reads stdin in two runs, writes to stdout what it got: lines in the first until "half", the rest in the second.
 */
import { run } from "../../../src/index.ts";
import { stdinReader, stdoutWriter } from "../../../src/node/index.ts";

await run(function* () {
  const stdin = stdinReader();
  const stdout = stdoutWriter();
  for (;;) {
    const line = yield* stdin.readline();
    if (line.length === 0 || String(line) === "half\n") break;
    stdout.write(`first ${line}`);
  }
  yield* stdout.drain();
});
await run(function* () {
  const stdin = stdinReader();
  stdoutWriter().write(`then ${yield* stdin.read()}`);
});
// A run that does not read to the end must not keep the process.
if (!process.stdin.readableEnded) await run(() => stdinReader().readline());
