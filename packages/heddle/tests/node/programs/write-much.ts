/* Writes for ever; says on stderr how that ended. */
import { run } from "../../../src/index.ts";
import { stdoutWriter } from "../../../src/node/index.ts";

let most = 0;
try {
  await run(function* () {
    const stdout = stdoutWriter();
    for (;;) {
      stdout.write("0123456789abcde\n".repeat(64));
      yield* stdout.drain();
      most = Math.max(most, stdout.transport.getWriteBufferSize());
    }
  });
} catch (error) {
  const { name, code } = error as Error & { code: string };
  process.stderr.write(`${name} ${code} ${most < 1_000_000}\n`);
}
