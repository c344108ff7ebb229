// A TCP echo server on heddle's streams. Prints its port; ends by itself after BENCH_LIFETIME seconds.
import { run } from "heddle";
import { startServer } from "heddle/node";
import { parameter } from "../measure/measure.js";

function* echo(reader, writer) {
  for (;;) {
    const data = yield* reader.read(65_536);
    if (data.length === 0) break;
    writer.write(data);
    yield* writer.drain();
  }
  writer.close();
}

setTimeout(() => process.exit(), parameter("LIFETIME", 60) * 1000);
await run(function* () {
  const server = yield* startServer(echo, { host: "127.0.0.1", port: 0 });
  console.log(server.sockets[0].port);
  yield* server.serveForever();
});
