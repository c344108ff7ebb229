// A chat on a real port: what one says, all the others hear.
// A hundred clients come at once. One reads slowly, and nobody
// waits for it; one says nothing, and is cut off.
import type { Coroutine, StreamReader, StreamWriter } from "heddle";
import { gather, Queue, sleep, TimeoutError, taskGroup, waitFor } from "heddle";
import { openConnection, startServer } from "heddle/node";

const CLIENTS = 100;
const SLOW = 7;
const SILENT = 13;
const PATIENCE = 300; // milliseconds to say one's name

const decoder = new TextDecoder();

// The next line; "" when the other side has left.
function* readLine(reader: StreamReader): Coroutine<string> {
  return decoder.decode(yield* reader.readline()).trimEnd();
}

// ---- the server

// What each member is still to hear.
const outboxes = new Map<string, Queue<string>>();

function tell(from: string, line: string): void {
  for (const [name, outbox] of outboxes) {
    // Who is far behind misses lines: no client can fill the
    // server's memory, or keep the others waiting.
    if (name === from || outbox.full()) continue;
    outbox.putNowait(`${from}: ${line}\n`);
  }
}

function* deliver(outbox: Queue<string>, writer: StreamWriter): Coroutine<never> {
  while (true) {
    writer.write(yield* outbox.get());
    yield* writer.drain(); // while the client does not read
  }
}

function* host(name: string, reader: StreamReader, writer: StreamWriter): Coroutine<void> {
  const outbox = new Queue<string>(200, { name });
  outboxes.set(name, outbox);
  if (outboxes.size === CLIENTS - 1) tell("server", "all are here");
  try {
    yield* taskGroup(function* (group) {
      group.createTask(deliver(outbox, writer), { name });
      for (;;) {
        const line = yield* readLine(reader);
        if (line === "") break;
        tell(name, line);
      }
      group.cancel(); // it has left: deliver no more
    });
  } finally {
    outboxes.delete(name);
  }
}

function* serve(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
  try {
    const name = yield* waitFor(readLine(reader), PATIENCE);
    yield* host(name, reader, writer);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    console.log(`no name in ${PATIENCE} ms: cut off`);
  } finally {
    writer.close();
  }
}

// ---- the clients

interface Visit {
  heard: number;
  ms: number;
}

function* visit(port: number, n: number): Coroutine<Visit> {
  const began = performance.now();
  let heard = 0;
  const host = "127.0.0.1";
  const [reader, writer] = yield* openConnection({ host, port });
  try {
    if (n !== SILENT) writer.write(`client ${n}\n`);
    if ((yield* readLine(reader)) !== "") writer.write("hello\n");
    while (heard < CLIENTS - 2 && !reader.atEof()) {
      yield* readLine(reader);
      heard++;
      if (n === SLOW) yield* sleep(8);
    }
  } finally {
    writer.close();
  }
  return { heard, ms: performance.now() - began };
}

const describe = (who: string, { heard, ms }: Visit) =>
  console.log(`${who}: heard ${heard} lines, ${ms.toFixed()} ms`);

export default function* main(): Coroutine<void> {
  const where = { host: "127.0.0.1", port: 0 };
  const server = yield* startServer(serve, where);
  const port = server.sockets[0]?.port ?? 0;
  console.log(`listening on port ${port}`);

  const numbers = Array.from({ length: CLIENTS }, (_, n) => n);
  const visits = yield* gather(numbers.map((n) => visit(port, n)));
  server.close();
  yield* server.waitClosed();

  const isUsual = (_: Visit, n: number) => n !== SLOW && n !== SILENT;
  const usual = visits.filter(isUsual);
  describe("the silent one", visits[SILENT]!);
  describe("the slow one", visits[SLOW]!);
  describe(`each of ${usual.length} others`, {
    heard: Math.min(...usual.map(({ heard }) => heard)),
    ms: Math.max(...usual.map(({ ms }) => ms)),
  });
  const total = visits.reduce((sum, { heard }) => sum + heard, 0);
  console.log(`${total} lines were delivered`);
}
