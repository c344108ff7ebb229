/*
 * createConnection and its variants: the calling side, with a protocol of one's own.
 */
import type { Socket } from "node:net";
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import type { StreamingProtocol, Wire } from "../stream/network.ts";
import { protocolFrame } from "../stream/protocol-caller.ts";
import type { TlsServerOptions } from "../stream/tls.ts";
import type { Transport } from "../stream/transport.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { currentOwner } from "../task/owner.ts";
import { connectWire, type Plan } from "./connect.ts";
import {
  CONNECT,
  type TcpConnectOptions,
  tcpPlan,
  type UnixConnectOptions,
  unixPlan,
} from "./connection-options.ts";
import { checkAmount, checkFactory, checkOptions, checkProtocol } from "./options.ts";
import { SocketWire } from "./socket-wire.ts";
import { acceptSecure } from "./tls/secure-server.ts";
import { checkServerTls } from "./tls/tls-options.ts";

export interface CreateConnectionOptions extends TcpConnectOptions {}
export interface CreateUnixConnectionOptions extends UnixConnectOptions {}

export interface ConnectAcceptedSocketOptions {
  /** What TLS is to use, at the side that was called. */
  tls?: TlsServerOptions | null;
  /** As for `createConnection`. */
  idleTimeout?: number | null;
}

/** What a connection of this protocol is. */
export type Connected<P> = [transport: Transport, protocol: P];

/**
 * Connect to a TCP server and give the connection to the protocol that `protocolFactory` makes: its
 * `connectionMade` has been called when this returns. Otherwise as `openConnection`, which gives streams.
 *
 * The protocol's methods run in the context, and belong to the run, of whoever called this. One that
 * throws is reported to the loop's exception handler and closes the connection.
 *
 * Always suspends. Throws an Error with the system's `code` ("ECONNREFUSED", say) if there is no
 * connection, TimeoutError after `timeout` milliseconds, what `connectionMade` throws; TypeError or RangeError,
 * at once, for options that cannot be. On cancellation the attempt is given up. The connection belongs to
 * the running `run()`, which closes it at its end. Counterpart: `loop.create_connection`.
 *
 * @example
 * const [transport, protocol] = yield* createConnection(() => new LineProtocol(), { port: 7000 });
 */
export function createConnection<P extends StreamingProtocol>(
  protocolFactory: () => P,
  options: CreateConnectionOptions,
): ThenableAwaitable<Connected<P>> {
  const call = "createConnection";
  checkFactory(call, protocolFactory);
  return ownedCall(caller(), connect(call, protocolFactory, tcpPlan(call, options, [])));
}

/**
 * Connect to a server on a Unix socket; otherwise as `createConnection`.
 * Counterpart: `loop.create_unix_connection`.
 */
export function createUnixConnection<P extends StreamingProtocol>(
  protocolFactory: () => P,
  options: CreateUnixConnectionOptions,
): ThenableAwaitable<Connected<P>> {
  const call = "createUnixConnection";
  checkFactory(call, protocolFactory);
  return ownedCall(caller(), connect(call, protocolFactory, unixPlan(call, options, [])));
}

/**
 * Give a connection that was accepted elsewhere (by a `net.Server`, say) to a protocol. Nobody else may
 * listen to the socket any more. Make it with `allowHalfOpen`, if what is still to be sent is to be sent
 * after the other side has said everything.
 *
 * Suspends for the handshake alone. Throws what fails there, and TypeError for what is no socket.
 * Counterpart: `loop.connect_accepted_socket`.
 */
export function connectAcceptedSocket<P extends StreamingProtocol>(
  protocolFactory: () => P,
  socket: Socket,
  options: ConnectAcceptedSocketOptions = {},
): ThenableAwaitable<Connected<P>> {
  const call = "connectAcceptedSocket";
  checkFactory(call, protocolFactory);
  if (typeof socket?.write !== "function" || typeof socket.destroySoon !== "function") {
    throw new TypeError(`${call}() needs a connected net.Socket as its second argument`);
  }
  checkOptions(call, options, CONNECT.slice(1));
  const { idleTimeout = null } = options;
  if (idleTimeout !== null) checkAmount(call, "idleTimeout", idleTimeout, 1);
  const tls = checkServerTls(call, options.tls);
  const wire = new SocketWire(socket);
  const secured = function* (): Coroutine<Connected<P>> {
    const ready = tls === null ? wire : yield* acceptSecure(wire, tls);
    return opened(call, ready, protocolFactory, idleTimeout);
  };
  return ownedCall(caller(), secured());
}

function* connect<P extends StreamingProtocol>(
  call: string,
  factory: () => P,
  plan: Plan,
): Coroutine<Connected<P>> {
  return opened(call, yield* connectWire(plan), factory, plan.idleTimeout);
}

function opened<P extends StreamingProtocol>(
  call: string,
  wire: Wire,
  factory: () => P,
  idleTimeout: number | null,
): Connected<P> {
  const loop = getRunningLoop();
  const owner = currentOwner();
  let protocol: P;
  try {
    protocol = factory();
    checkProtocol(call, protocol, ["connectionMade", "connectionLost"], "Protocol");
  } catch (error) {
    wire.discard();
    throw error;
  }
  const frame = protocolFrame(loop, owner);
  return [wire.open(protocol, { loop, owner, frame, server: null, idleTimeout }), protocol];
}
