// A TCP server on heddle's streams, or with BENCH_WORKLOAD=protocols on a protocol, whose clients have
// next to nothing to say. Each byte is sent back; before "g" the garbage is collected, so that the load
// can read what the process is really using. Prints its port; ends by itself after BENCH_LIFETIME seconds.
import { env } from "node:process";
import { Protocol, run } from "heddle";
import { createServer, startServer } from "heddle/node";
import { parameter } from "../measure/measure.js";
import { collectGarbage } from "../measure/memory.js";

const COLLECT = 0x67;

function* answer(reader, writer) {
  for (;;) {
    const data = yield* reader.read(1);
    if (data.length === 0) break;
    if (data[0] === COLLECT) collectGarbage();
    writer.write(data);
    yield* writer.drain();
  }
  writer.close();
}

class Answer extends Protocol {
  #transport;

  connectionMade(transport) {
    this.#transport = transport;
  }

  dataReceived(data) {
    if (data[0] === COLLECT) collectGarbage();
    this.#transport.write(data);
  }

  pauseWriting() {
    this.#transport.pauseReading();
  }

  resumeWriting() {
    this.#transport.resumeReading();
  }
}

setTimeout(() => process.exit(), parameter("LIFETIME", 60) * 1000);
await run(function* () {
  const options = { host: "127.0.0.1", port: 0 };
  const server =
    env.BENCH_WORKLOAD === "protocols"
      ? yield* createServer(() => new Answer(), options)
      : yield* startServer(answer, options);
  console.log(server.sockets[0].port);
  yield* server.serveForever();
});
