/*
 * connectReadPipe and connectWritePipe: streams of Node's, and descriptors, with a protocol.
 */
import type { Readable, Writable } from "node:stream";
import type { Coroutine, ThenableAwaitable } from "../../coroutine/types.ts";
import type { StreamingProtocol } from "../../stream/network.ts";
import type { BaseProtocol } from "../../stream/protocol.ts";
import { protocolFrame } from "../../stream/protocol-caller.ts";
import type { ReadTransport, WriteTransport } from "../../stream/transport.ts";
import { checkpoint } from "../../task/cancel-scope.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { caller, ownedCall } from "../../task/owned-promise.ts";
import { currentOwner } from "../../task/owner.ts";
import { checkFactory, checkProtocol } from "../options.ts";
import { type ReadPipe, readable, type WritePipe, writable } from "./check-stream.ts";
import { StreamTransport, type Ways } from "./stream-transport.ts";

/**
 * Give what comes out of `pipe` to the protocol that `protocolFactory` makes: a Readable of Node, or the
 * descriptor of a pipe, a socket, a terminal or a file. Its `connectionMade` has been called when this returns.
 *
 * The stream belongs to the running `run()` from now on: it is destroyed, and the descriptor closed, when it
 * ends, when the transport is closed, or the run ends. (`stdinReader` is for this process's stdin.)
 *
 * Always suspends. Throws what `connectionMade` throws, TypeError for what is no stream of bytes, an Error with
 * the code "EBADF" for a descriptor that is not open. Counterpart: `loop.connect_read_pipe`.
 */
export function connectReadPipe<P extends StreamingProtocol>(
  protocolFactory: () => P,
  pipe: ReadPipe,
): ThenableAwaitable<[transport: ReadTransport, protocol: P]> {
  const call = "connectReadPipe";
  checkFactory(call, protocolFactory);
  const stream = readable(call, pipe);
  const ways = { reads: true, writes: false, shared: false };
  return ownedCall(caller(), connect(call, protocolFactory, stream, ways));
}

/**
 * The same for writing; the protocol hears of flow control and of the end. Otherwise as `connectReadPipe`.
 * Counterpart: `loop.connect_write_pipe`.
 */
export function connectWritePipe<P extends BaseProtocol>(
  protocolFactory: () => P,
  pipe: WritePipe,
): ThenableAwaitable<[transport: WriteTransport, protocol: P]> {
  const call = "connectWritePipe";
  checkFactory(call, protocolFactory);
  const stream = writable(call, pipe);
  const ways = { reads: false, writes: true, shared: false };
  return ownedCall(caller(), connect(call, protocolFactory, stream, ways));
}

function* connect<P extends BaseProtocol>(
  call: string,
  factory: () => P,
  stream: Readable | Writable,
  ways: Ways,
): Coroutine<[StreamTransport, P]> {
  let protocol: P;
  try {
    yield* checkpoint();
    protocol = factory();
    checkProtocol(call, protocol, ["connectionMade", "connectionLost"], "Protocol");
  } catch (error) {
    stream.on("error", () => {}).destroy();
    throw error;
  }
  const loop = getRunningLoop();
  const owner = currentOwner(loop);
  const frame = protocolFrame(loop, owner);
  const place = { loop, owner, frame, server: null, idleTimeout: null };
  // One that is only written to receives nothing.
  const streaming = protocol as unknown as StreamingProtocol;
  const transport = new StreamTransport(stream, streaming, place, ways);
  transport.start();
  return [transport, protocol];
}
