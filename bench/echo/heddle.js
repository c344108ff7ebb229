// A TCP echo server on heddle's streams, or with BENCH_WORKLOAD=protocols on a protocol; with
// BENCH_TLS=1 over TLS. Prints its port; ends by itself after BENCH_LIFETIME seconds.
import { env } from "node:process";
import { Protocol, run } from "heddle";
import { createServer, startServer } from "heddle/node";
import { cert, key, TLS } from "../measure/certificate.js";
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

class Echo extends Protocol {
  #transport;

  connectionMade(transport) {
    this.#transport = transport;
  }

  dataReceived(data) {
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
  const options = { host: "127.0.0.1", port: 0, ...(TLS && { tls: { cert, key } }) };
  const server =
    env.BENCH_WORKLOAD === "protocols"
      ? yield* createServer(() => new Echo(), options)
      : yield* startServer(echo, options);
  console.log(server.sockets[0].port);
  yield* server.serveForever();
});
