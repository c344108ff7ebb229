/*
 * heddle's streams over Node's: fromNodeReadable, fromNodeWritable, fromNodeDuplex.
 */
import type { Duplex, Readable, Writable } from "node:stream";
import { StreamProtocol } from "../../stream/stream-protocol.ts";
import { StreamReader } from "../../stream/stream-reader.ts";
import { StreamWriter } from "../../stream/stream-writer.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { currentOwner } from "../../task/owner.ts";
import type { Streams } from "../open-streams.ts";
import { checkAmount, checkOptions } from "../options.ts";
import { readable, writable } from "./check-stream.ts";
import { StreamTransport, type Ways } from "./stream-transport.ts";

export interface NodeStreamOptions {
  /** Bytes that a line may have, and half of what the reader buffers; 65,536 if not given. */
  limit?: number;
}

/**
 * Read a Readable of Node: a file, a request's body, what a library gives. Nobody else may read it any more.
 * It is asked for more only as the reader is read. It belongs to the run, and is destroyed at its end.
 *
 * Never suspends. An error of the stream is thrown by the reader's calls, and so is that it was destroyed
 * before its end (ConnectionResetError). Throws TypeError for what is no stream of bytes. Web Streams:
 * `fromReadableStream`, or `fromNodeReadable(Readable.fromWeb(stream))`.
 *
 * @example
 * const reader = fromNodeReadable(createReadStream("words.txt"));
 * const first = yield* reader.readline();
 */
export function fromNodeReadable(stream: Readable, options: NodeStreamOptions = {}): StreamReader {
  const call = "fromNodeReadable";
  const ways = { reads: true, writes: false, shared: false };
  return streamsOver(readable(call, stream), ways, checkLimit(call, options))[0];
}

/**
 * Write to a Writable of Node. `drain` waits while it holds more than the high mark; `close` ends it when all
 * is written, and `waitClosed` waits for that. It belongs to the run, which closes it at its end.
 *
 * Never suspends. An error of the stream is thrown by `drain` and `waitClosed`. Throws TypeError for what is
 * no stream of bytes. Web Streams: `fromNodeWritable(Writable.fromWeb(stream))`.
 */
export function fromNodeWritable(stream: Writable): StreamWriter {
  const ways = { reads: false, writes: true, shared: false };
  return streamsOver(writable("fromNodeWritable", stream), ways)[1];
}

/** Both for a Duplex of Node: a connection that a library has made. Closing the writer closes it. */
export function fromNodeDuplex(stream: Duplex, options: NodeStreamOptions = {}): Streams {
  const call = "fromNodeDuplex";
  readable(call, stream);
  writable(call, stream);
  const ways = { reads: true, writes: true, shared: false };
  return streamsOver(stream, ways, checkLimit(call, options));
}

function checkLimit(call: string, options: NodeStreamOptions): number | undefined {
  checkOptions(call, options, ["limit"]);
  checkAmount(call, "limit", options.limit, 1);
  return options.limit;
}

const allocate = (length: number): Uint8Array => Buffer.allocUnsafe(length);

/** A protocol of streams that does something at the end, too. */
class NodeStreamProtocol extends StreamProtocol {
  onLost = () => {};

  override connectionLost(error: Error | null): void {
    super.connectionLost(error);
    this.onLost();
  }
}

export function streamsOver(
  stream: Readable | Writable,
  ways: Ways,
  limit?: number,
  onLost?: () => void,
): Streams {
  const loop = getRunningLoop();
  const place = { loop, owner: currentOwner(loop), frame: null, server: null, idleTimeout: null };
  const reader = new StreamReader({ loop, allocate, ...(limit === undefined ? {} : { limit }) });
  const protocol = new NodeStreamProtocol(reader);
  if (onLost !== undefined) protocol.onLost = onLost;
  const transport = new StreamTransport(stream, protocol, place, ways);
  const writer = new StreamWriter(transport, protocol, reader);
  transport.start();
  return [reader, writer];
}
