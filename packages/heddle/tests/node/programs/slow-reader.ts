// Streams so many MiB to a reader that is slower than the writer, and prints how many MiB arrived and by
// how many the resident memory grew at most.
import { createTask, run, sleep } from "../../../src/index.ts";
import { openConnection, startServer } from "../../../src/node/index.ts";

const MIB = 1024 * 1024;
const total = Number(process.argv[2]) * MIB;

await run(function* () {
  const chunk = new Uint8Array(MIB);
  const server = yield* startServer(
    function* (_, writer) {
      for (let sent = 0; sent < total; sent += chunk.length) {
        writer.write(chunk);
        yield* writer.drain();
      }
      writer.close();
    },
    { host: "127.0.0.1", port: 0 },
  );
  const port = server.sockets[0]?.port as number;
  const [reader] = yield* openConnection({ host: "127.0.0.1", port });
  const before = process.memoryUsage.rss();
  let most = before;
  let received = 0;
  createTask(function* () {
    for (;;) {
      most = Math.max(most, process.memoryUsage.rss());
      yield* sleep(5);
    }
  });
  for (let reads = 0; ; reads++) {
    const data = yield* reader.read(65_536);
    if (data.length === 0) break;
    received += data.length;
    // A millisecond for every 16 reads, or less than a MiB: the writer alone would be far faster.
    if (reads % 16 === 0) yield* sleep(1);
  }
  console.log(JSON.stringify({ received: received / MIB, growth: (most - before) / MIB }));
});
