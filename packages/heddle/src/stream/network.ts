/*
 * What heddle/node needs of a network: names, connections, listeners, datagrams.
 *
 * There are two: the system's (node/system-network.ts), and the simulated one of heddle/testing, which a
 * virtual clock carries along as its `network`, so that an unchanged program runs on it. All that is the
 * same on both (happy eyeballs, TLS, timeouts, servers, streams) is built on this.
 *
 * A wire is a connection that nobody listens to yet: what comes waits until it is opened with a protocol, which
 * hears of an error then, too. Of a wire either `open` or `discard` is called, once.
 */
import type { Coroutine } from "../coroutine/types.ts";
import type { EventLoop } from "../task/event-loop.ts";
import type { BufferedProtocol, DatagramProtocol, Protocol } from "./protocol.ts";
import type { Place } from "./protocol-caller.ts";
import type { Server } from "./server.ts";
import type { DatagramTransport, SocketAddress, Transport } from "./transport.ts";

export type StreamingProtocol = Protocol | BufferedProtocol;

/** An address of a host. */
export interface HostAddress {
  address: string;
  family: 4 | 6;
}

/** One end of a connection to be: an IP address and a port, or the path of a Unix socket. */
export type Endpoint =
  | { readonly address: string; readonly family: 4 | 6; readonly port: number }
  | { readonly path: string };

/** How a connection is to be. */
export interface WireOptions {
  /** The address of this machine to connect from. */
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Send small pieces at once (TCP_NODELAY). */
  readonly noDelay: boolean;
  /** Probe a silent connection after this many milliseconds; null for never. */
  readonly keepAlive: number | null;
}

export interface ListenOptions {
  readonly backlog: number;
  readonly noDelay: boolean;
  readonly keepAlive: number | null;
  /** Several processes may listen on the port. */
  readonly reusePort: boolean;
  readonly ipv6Only: boolean;
  /** Of a Unix socket: everybody may read, or write. */
  readonly readableAll: boolean;
  readonly writableAll: boolean;
}

/** What a listener tells. */
export interface Acceptor {
  accept(wire: Wire): void;
  /** A connection came and could not be accepted. */
  failed(error: Error): void;
}

export interface Listening {
  readonly address: SocketAddress;
  /** Accept no more, from now on. May be called twice. */
  close(): void;
}

/** What a wire becomes part of. */
export interface WirePlace extends Place {
  readonly server: Server | null;
  /** Milliseconds without a byte in either direction after which the connection is closed; null for never. */
  readonly idleTimeout: number | null;
}

export interface Wire {
  /** The other end, if it is known. */
  readonly peername: SocketAddress | undefined;
  /** Tell the protocol that there is a connection, and begin to receive. */
  open(protocol: StreamingProtocol, place: WirePlace): Transport;
  /** Close it at once. */
  discard(): void;
}

export interface DatagramOptions {
  readonly local: { readonly address: string; readonly port: number };
  readonly family: 4 | 6;
  /** The only address that datagrams are sent to and come from. */
  readonly remote: { readonly address: string; readonly port: number } | null;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly ipv6Only: boolean;
  readonly broadcast: boolean;
  /** Bytes that the system keeps; null for its default. */
  readonly receiveBufferSize: number | null;
  readonly sendBufferSize: number | null;
  readonly multicast: MulticastOptions;
}

interface MulticastOptions {
  /** Groups to be in: their addresses. */
  readonly groups: readonly string[];
  /** The address of the interface for them. */
  readonly interfaceAddress: string | undefined;
  /** How many routers a datagram may pass; null for the system's default (1). */
  readonly ttl: number | null;
  /** This machine hears its own datagrams to groups; null for the system's default (yes). */
  readonly loopback: boolean | null;
}

export interface DatagramWire {
  open(protocol: DatagramProtocol, place: Place): DatagramTransport;
  discard(): void;
}

/**
 * Each of these belongs to the running loop. Cancelling gives up what was begun. What fails has the
 * system's `code`, "ECONNREFUSED" say; who asked adds to the message what was to be done.
 */
export interface Network {
  /** The addresses of `host`, the preferred ones first: at least one. 0 is either family. */
  lookup(host: string, family: 0 | 4 | 6): Coroutine<readonly HostAddress[]>;
  /** The name of an address, and of the service on this port. */
  reverseLookup(address: string, port: number): Coroutine<{ host: string; service: string }>;
  connect(to: Endpoint, options: WireOptions): Coroutine<Wire>;
  listen(at: Endpoint, options: ListenOptions, acceptor: Acceptor): Coroutine<Listening>;
  bind(options: DatagramOptions): Coroutine<DatagramWire>;
}

/** The network that `loop` runs on: that of its host, else `system`. */
export function networkOf(loop: EventLoop, system: Network): Network {
  return (loop.host.network as Network | undefined) ?? system;
}
