/*
 * Streams over a socket that is connected: the reader, the writer, and the transport between them.
 *
 * Results that a reader has to copy together are Buffers, as the chunks that it hands out uncopied are:
 * what `toString()` gives must not depend on how the network cut the bytes.
 */
import type { Socket } from "node:net";
import type { Server } from "../stream/server.ts";
import { StreamProtocol } from "../stream/stream-protocol.ts";
import { StreamReader } from "../stream/stream-reader.ts";
import { StreamWriter } from "../stream/stream-writer.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { currentOwner } from "../task/owner.ts";
import { SocketTransport } from "./socket-transport.ts";

/** What is called with the streams as soon as there are any, before any byte is read. */
type OnStreams = (reader: StreamReader, writer: StreamWriter) => void;

const allocate = (length: number): Uint8Array => Buffer.allocUnsafe(length);

/** Make a connected socket into streams of the running owner. */
export function attachStreams(
  socket: Socket,
  loop: EventLoop,
  limit: number | undefined,
  server: Server | null,
  onStreams: OnStreams,
): void {
  const reader = new StreamReader({ loop, allocate, ...(limit === undefined ? {} : { limit }) });
  const protocol: StreamProtocol = new StreamProtocol(reader, (transport) => {
    onStreams(reader, new StreamWriter(transport, protocol, reader));
  });
  new SocketTransport(socket, protocol, loop, currentOwner(), server).start();
}
