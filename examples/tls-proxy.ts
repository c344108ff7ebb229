// TLS in front of a server that speaks none: what comes in
// encrypted goes on in the clear, and back.
//
//   $ npx heddle run examples/tls-proxy.ts \
//       --listen 8443 --to 127.0.0.1:8080 \
//       --cert cert.pem --key key.pem
//
// A slow side holds the other one back, each half is closed
// by itself, and who is silent for a minute is cut off. On
// SIGTERM or Ctrl-C what is open gets five seconds to end.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { StreamReader, StreamWriter } from "heddle";
import {
  type Coroutine,
  rethrowIfCancelled,
  taskGroup,
} from "heddle";
import {
  openConnection,
  signals,
  startServer,
} from "heddle/node";

const SILENCE = 60_000; // milliseconds
const GRACE = 5000;

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "8443" },
    to: { type: "string", default: "127.0.0.1:8080" },
    cert: { type: "string", default: "cert.pem" },
    key: { type: "string", default: "key.pem" },
  },
});
const upstream = new URL(`tcp://${values.to}`);

const traffic = { connections: 0, bytes: 0 };

/** One direction, until its end, which is passed on. */
function* pass(
  from: StreamReader,
  to: StreamWriter,
): Coroutine<void> {
  for (;;) {
    const data = yield* from.read(65_536);
    if (data.length === 0) break;
    traffic.bytes += data.length;
    to.write(data);
    yield* to.drain(); // waits while `to` is slow
  }
  to.writeEof();
}

function* relay(
  reader: StreamReader,
  writer: StreamWriter,
): Coroutine<void> {
  const peer = writer.getExtraInfo("peername")?.address;
  traffic.connections++;
  try {
    const [answers, questions] = yield* openConnection({
      host: upstream.hostname,
      port: Number(upstream.port),
      timeout: GRACE,
      idleTimeout: SILENCE,
    });
    try {
      yield* taskGroup(function* (group) {
        group.createTask(pass(reader, questions));
        group.createTask(pass(answers, writer));
      });
    } finally {
      questions.close();
    }
  } catch (error) {
    rethrowIfCancelled(error);
    console.error(`${peer}: ${error}`);
  } finally {
    writer.close();
  }
}

export default function* main(): Coroutine<void> {
  const server = yield* startServer(relay, {
    port: Number(values.listen),
    idleTimeout: SILENCE,
    tls: {
      cert: readFileSync(values.cert),
      key: readFileSync(values.key),
    },
  });
  const port = server.sockets[0]?.port;
  console.log(`port ${port}, to ${values.to}`);

  using stop = signals("SIGTERM", "SIGINT");
  console.log(`${yield* stop.next()}: no more connections`);
  const cut = yield* server.shutdown(GRACE);
  const { connections, bytes } = traffic;
  console.log(
    `${connections} connections (${cut} cut off), ${bytes} bytes`,
  );
}
