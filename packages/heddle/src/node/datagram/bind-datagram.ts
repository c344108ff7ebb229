/*
 * A UDP socket, by `node:dgram`: bound, connected if it is to have one peer, its options set.
 *
 * All addresses are IP addresses here, so the socket is told to look nothing up: its own look-up takes a
 * turn for each datagram, even for these.
 */
import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from "node:dgram";
import type { Coroutine } from "../../coroutine/types.ts";
import type { DatagramOptions, DatagramWire } from "../../stream/network.ts";
import type { DatagramProtocol } from "../../stream/protocol.ts";
import type { Place } from "../../stream/protocol-caller.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { Future } from "../../task/future.ts";
import { refuseReusePort } from "../serve-options.ts";
import { type Came, SocketDatagrams } from "./socket-datagrams.ts";

/** Datagrams that are kept until there is a protocol. */
const EARLY = 64;

export function* bindDatagram(options: DatagramOptions): Coroutine<DatagramWire> {
  if (options.reusePort) refuseReusePort();
  const loop = getRunningLoop();
  const socket = createSocket(socketOptions(options));
  const early: Came[] = [];
  socket.on("message", (data: Buffer, from: RemoteInfo) => {
    if (early.length < EARLY) early.push({ data, from });
  });
  // To a broadcast address nobody can connect; its answers come from elsewhere.
  const remote = options.broadcast ? null : options.remote;
  const ready = new Future<void>(loop, "a UDP socket");
  const settle = (error: Error | null): void => {
    if (ready.done()) return;
    if (error === null) ready.setResult(undefined);
    else ready.setException(error);
  };
  loop.traffic?.outward.add(socket);
  try {
    socket.on("error", (error) => loop.react(settle, error));
    const { address, port } = options.local;
    socket.bind({ address, port }, () => {
      if (remote === null) loop.react(settle, null);
      else socket.connect(remote.port, remote.address, connected);
    });
    yield* ready;
    configure(socket, options);
  } catch (error) {
    close(socket);
    throw error;
  } finally {
    loop.traffic?.outward.remove(socket);
  }
  return {
    open: (protocol: DatagramProtocol, place: Place) => {
      const transport = new SocketDatagrams(socket, protocol, place, options, remote !== null);
      transport.start(early);
      return transport;
    },
    discard: () => close(socket),
  };

  // Its types say that there is no error, but Node gives one.
  function connected(error?: Error | null): void {
    loop.react(settle, error ?? null);
  }
}

function socketOptions(options: DatagramOptions): SocketOptions {
  const { family, reuseAddress, reusePort, ipv6Only } = options;
  const { receiveBufferSize, sendBufferSize } = options;
  return {
    type: `udp${family}`,
    reuseAddr: reuseAddress,
    ipv6Only,
    lookup: (address, _options, callback) => callback(null, address, family),
    // Node's types of version 20 do not know `reusePort`, which is of 22.12.
    ...(reusePort ? ({ reusePort } as object) : {}),
    ...(receiveBufferSize === null ? {} : { recvBufferSize: receiveBufferSize }),
    ...(sendBufferSize === null ? {} : { sendBufferSize }),
  };
}

function configure(socket: Socket, options: DatagramOptions): void {
  const { groups, interfaceAddress, ttl, loopback } = options.multicast;
  if (options.broadcast) socket.setBroadcast(true);
  if (interfaceAddress !== undefined) socket.setMulticastInterface(interfaceAddress);
  if (ttl !== null) socket.setMulticastTTL(ttl);
  if (loopback !== null) socket.setMulticastLoopback(loopback);
  for (const group of groups) socket.addMembership(group, interfaceAddress);
}

function close(socket: Socket): void {
  // What is still said of it is of no interest, but an error that nobody hears would end the process.
  socket.removeAllListeners();
  socket.on("error", () => {});
  try {
    socket.close();
  } catch {
    // It is closed already.
  }
}
