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
import type { Socket } from "node:net";
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
import { orUsage, portOf } from "./parts/usage.ts";

const SILENCE = 60_000; // milliseconds
const GRACE = 5000;

const USAGE = `heddle run examples/tls-proxy.ts [options]
  --listen PORT   8443 if not given; 0 finds a free one
  --to HOST:PORT  127.0.0.1:8080
  --cert FILE     cert.pem
  --key FILE      key.pem`;

function settings() {
  const { values } = parseArgs({
    options: {
      listen: { type: "string", default: "8443" },
      to: { type: "string", default: "127.0.0.1:8080" },
      cert: { type: "string", default: "cert.pem" },
      key: { type: "string", default: "key.pem" },
    },
  });
  const to = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(values.to);
  if (to === null)
    throw new Error(`"${values.to}" is no HOST:PORT`);
  return {
    listen: portOf(values.listen),
    host: (to[1] ?? to[2])!,
    port: portOf(to[3]!),
    tls: {
      cert: readFileSync(values.cert),
      key: readFileSync(values.key),
    },
  };
}

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
  to: { host: string; port: number },
): Coroutine<void> {
  const peer = writer.getExtraInfo("peername")?.address;
  let socket: Socket | undefined;
  traffic.connections++;
  try {
    const [answers, questions] = yield* openConnection({
      ...to,
      timeout: GRACE,
      idleTimeout: SILENCE,
    });
    socket = questions.getExtraInfo("socket") as Socket;
    yield* taskGroup(function* (group) {
      group.createTask(pass(reader, questions));
      group.createTask(pass(answers, writer));
    });
    questions.close();
    writer.close();
  } catch (error) {
    // Nobody may take a part for the whole: one side hears
    // of a reset, the other one misses the end of its TLS.
    socket?.resetAndDestroy();
    writer.transport.abort();
    rethrowIfCancelled(error);
    console.error(`${peer}: ${error}`);
  }
}

export default function* main(): Coroutine<void> {
  const given = orUsage(USAGE, settings);
  if (given === undefined) return;
  const { listen, host, port, tls } = given;
  const server = yield* startServer(
    (reader, writer) => relay(reader, writer, { host, port }),
    { port: listen, idleTimeout: SILENCE, tls },
  );
  console.log(
    `port ${server.sockets[0]?.port}, to ${host}:${port}`,
  );

  using stop = signals("SIGTERM", "SIGINT");
  console.log(`${yield* stop.next()}: no more connections`);
  const cut = yield* server.shutdown(GRACE);
  const { connections, bytes } = traffic;
  console.log(
    `${connections} connections (${cut} cut off), ${bytes} bytes`,
  );
}
