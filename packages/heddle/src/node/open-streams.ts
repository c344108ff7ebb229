/*
 * Streams over a wire: the reader, the writer, and the transport between them.
 *
 * Results that a reader has to copy together are Buffers, as the chunks that it hands out uncopied are:
 * what `toString()` gives must not depend on how the network cut the bytes.
 */
import type { Wire, WirePlace } from "../stream/network.ts";
import { StreamProtocol } from "../stream/stream-protocol.ts";
import { StreamReader } from "../stream/stream-reader.ts";
import { StreamWriter } from "../stream/stream-writer.ts";
import { upgradeStream } from "./tls/start-tls.ts";

export type Streams = [reader: StreamReader, writer: StreamWriter];

const allocate = (length: number): Uint8Array => Buffer.allocUnsafe(length);

/** Nothing is read before this has returned. */
export function openStreams(wire: Wire, place: WirePlace, limit: number | undefined): Streams {
  const { loop } = place;
  const reader = new StreamReader({ loop, allocate, limit });
  const protocol = new StreamProtocol(reader);
  const transport = wire.open(protocol, place);
  return [reader, new StreamWriter(transport, protocol, reader, upgradeStream)];
}
