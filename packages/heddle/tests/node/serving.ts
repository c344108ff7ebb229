import type { Coroutine, StreamReader, StreamWriter } from "heddle";
import { type ConnectionHandler, openConnection, type Server, startServer } from "heddle/node";

const host = "127.0.0.1";

/** A server on a free port of the loopback interface. Its run closes it. */
export function* serve(
  handler: ConnectionHandler,
  options: { limit?: number } = {},
): Coroutine<{ server: Server; port: number }> {
  const server = yield* startServer(handler, { host, port: 0, ...options });
  return { server, port: server.sockets[0]?.port ?? 0 };
}

export function* dial(
  port: number,
  options: { limit?: number } = {},
): Coroutine<[StreamReader, StreamWriter]> {
  return yield* openConnection({ host, port, ...options });
}

/** Sends back what comes, until the end. */
export function* echo(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
  for (;;) {
    const data = yield* reader.read(65_536);
    if (data.length === 0) break;
    writer.write(data);
    yield* writer.drain();
  }
  writer.close();
}
