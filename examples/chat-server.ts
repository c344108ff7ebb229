// A chat on a real port: what one says, all the others hear.
// A hundred clients come at once. One reads slowly: nobody
// waits for it. One never says who it is, and is cut off.

import type { StreamReader, StreamWriter } from "heddle";
import {
  type Coroutine,
  Queue,
  TimeoutError,
  taskGroup,
  waitFor,
} from "heddle";
import { startServer } from "heddle/node";
import { readLine, visitors } from "./parts/chat-clients.ts";

const CLIENTS = 100;
const PATIENCE = 1000; // milliseconds, to say one's name

// What each member is still to hear.
const outboxes = new Map<string, Queue<string>>();

function tell(from: string, line: string): void {
  for (const [name, outbox] of outboxes) {
    // Who is far behind misses lines: no client can fill the
    // server's memory, or make the others wait.
    if (name === from || outbox.full()) continue;
    outbox.putNowait(`${from}: ${line}\n`);
  }
}

function* deliver(
  outbox: Queue<string>,
  writer: StreamWriter,
) {
  while (true) {
    writer.write(yield* outbox.get());
    yield* writer.drain(); // waits while the client does
  }
}

function* chat(
  name: string,
  reader: StreamReader,
  writer: StreamWriter,
) {
  const outbox = new Queue<string>(200, { name });
  outboxes.set(name, outbox);
  if (outboxes.size === CLIENTS - 1)
    tell("server", "welcome");
  try {
    yield* taskGroup(function* (group) {
      group.createTask(deliver(outbox, writer), { name });
      let line = yield* readLine(reader);
      while (line !== "") {
        tell(name, line);
        line = yield* readLine(reader);
      }
      group.cancel(); // the client has left: deliver no more
    });
  } finally {
    outboxes.delete(name);
  }
}

function* serve(
  reader: StreamReader,
  writer: StreamWriter,
): Coroutine<void> {
  try {
    const name = yield* waitFor(readLine(reader), PATIENCE);
    yield* chat(name, reader, writer);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    console.log(`no name in ${PATIENCE / 1000} s: cut off`);
  } finally {
    writer.close();
  }
}

export default function* main(): Coroutine<void> {
  const where = { host: "127.0.0.1", port: 0 };
  const server = yield* startServer(serve, where);
  const port = server.sockets[0]!.port;
  console.log(`listening on port ${port}`);

  const visits = yield* visitors(port, CLIENTS);
  server.close();
  yield* server.waitClosed();

  for (const kind of ["silent", "slow", "usual"]) {
    const those = visits.filter(
      (visit) => visit.kind === kind,
    );
    const lines = those.reduce(
      (sum, { heard }) => sum + heard,
      0,
    );
    const ms = Math.max(...those.map(({ took }) => took));
    console.log(
      `${those.length} ${kind}: ${ms.toFixed()} ms`,
    );
    console.log(`  ${lines} lines heard`);
  }
}
