// An echo server in a process that may have few descriptors. Prints its port; ends when its stdin does.
import { Event, run } from "../../../src/index.ts";
import { startServer } from "../../../src/node/index.ts";

await run(function* () {
  const server = yield* startServer(
    function* (reader, writer) {
      writer.write(yield* reader.readline());
      yield* writer.drain();
      writer.close();
    },
    { host: "127.0.0.1", port: 0 },
  );
  console.log(server.sockets[0]?.port);
  const ended = new Event();
  process.stdin.on("end", () => ended.set()).resume();
  yield* ended.wait();
  process.stdin.destroy();
});
