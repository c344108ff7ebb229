/*
 * startTls: TLS over a connection that is open already.
 *
 * asyncio's has long lost what its reader had buffered: here those bytes go first into the engine, then
 * what the socket holds, then what comes. So none is lost, and none that came in the clear is ever read as if
 * it had come by TLS, which is how a command that somebody slipped in behind "STARTTLS" was once taken for
 * the client's own.
 *
 *   old transport --- what was written is sent ---> handshake ---> new transport
 *
 * The old one keeps the run's and the server's hold on the connection until the new one is there: whoever closes
 * it meanwhile ends the handshake. Afterwards it hands `close` and `abort` on, and does nothing else.
 */
import type { TLSSocket } from "node:tls";
import { RuntimeError } from "../../coroutine/errors.ts";
import type { Coroutine, ThenableAwaitable } from "../../coroutine/types.ts";
import { Connection } from "../../stream/connection.ts";
import { ConnectionResetError } from "../../stream/errors.ts";
import type { StreamingProtocol } from "../../stream/network.ts";
import { Protocol } from "../../stream/protocol.ts";
import { StreamProtocol } from "../../stream/stream-protocol.ts";
import type { StartTlsOptions, StreamTlsOptions, TlsUpgrade } from "../../stream/tls.ts";
import type { Transport } from "../../stream/transport.ts";
import { moveOnAfter } from "../../task/cancel-scope.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { TimeoutError } from "../../task/errors.ts";
import { Future } from "../../task/future.ts";
import { caller, ownedCall } from "../../task/owned-promise.ts";
import { hostAndPort } from "../network-error.ts";
import { checkProtocol } from "../options.ts";
import { SocketTransport } from "../socket-transport.ts";
import { type Carrier, clientHandshake, serverHandshake } from "./handshake.ts";
import { clientPlan, serverPlan, type TlsClientPlan, type TlsServerPlan } from "./tls-options.ts";
import { WireDuplex } from "./wire-duplex.ts";

/**
 * Speak TLS from now on over the connection of `transport`; gives the transport that takes its place, which
 * calls `protocol`. `connectionMade` is not called again. Options are those of `tls` for a connection, with
 * the `servername` that the certificate must be for; with `serverSide: true`, those of a server's `tls`.
 *
 * What was written is sent before, in the clear; what has come and was not received goes to the handshake. The
 * old transport must not be used any more: to write to it throws RuntimeError, `close` and `abort` are handed on.
 * The run and the server that the connection belongs to, its idle timeout and its write buffer limits stay.
 *
 * Always suspends. Throws TypeError or RangeError, at once, for options that cannot be, RuntimeError if the
 * transport is closing or has said its end; TimeoutError if what was written is not sent within
 * `handshakeTimeout` milliseconds, or the handshake takes as long; an Error whose `code` says what is wrong ("CERT_HAS_EXPIRED", say). If it fails, or is cancelled, the connection is closed and
 * `connectionLost` called. Counterpart: `loop.start_tls`; for streams there is `writer.startTls`.
 *
 * @example
 * const secure = yield* startTls(transport, protocol, { servername: "mail.example.com" });
 */
export function startTls(
  transport: Transport,
  protocol: StreamingProtocol,
  options: StartTlsOptions,
): ThenableAwaitable<Transport> {
  checkProtocol("startTls", protocol, ["connectionLost", "eofReceived"], "Protocol");
  const side = sideOf(options as StreamTlsOptions, false);
  return ownedCall(caller(), upgrade(connectionOf(transport), protocol, side));
}

/** TLS of one side or the other, from options that were checked. */
type Side =
  | { readonly server: TlsServerPlan; readonly client: null }
  | { readonly server: null; readonly client: TlsClientPlan };

function sideOf(options: StreamTlsOptions, accepted: boolean): Side {
  const call = "startTls";
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${call}() needs an object of options: { servername }, or { cert, key }`);
  }
  const { serverSide = accepted } = options;
  if (typeof serverSide !== "boolean") {
    throw new TypeError(`${call}() needs true or false as serverSide, got ${String(serverSide)}`);
  }
  return serverSide
    ? { server: serverPlan(call, options, ["serverSide"]), client: null }
    : { server: null, client: clientPlan(call, options, undefined, ["serverSide"]) };
}

function connectionOf(transport: Transport): Connection {
  if (!(transport instanceof Connection)) {
    throw new TypeError("startTls() needs the transport of a connection");
  }
  return transport;
}

/** What `StreamWriter.startTls` does. */
export const upgradeStream: TlsUpgrade = (transport, protocol, options) => {
  const connection = connectionOf(transport);
  const side = sideOf(options, connection.place.server !== null);
  return upgrade(connection, protocol, side);
};

/** Transports that were given to startTls. */
const given = new WeakSet<Transport>();

function* upgrade(old: Connection, protocol: StreamingProtocol, side: Side): Coroutine<Transport> {
  if (given.has(old)) throw new RuntimeError("startTls(): it has this transport already");
  if (old.isClosing()) throw new RuntimeError("startTls(): the connection is closing");
  old.refuseAfterEof("startTls");
  const before = old.getProtocol();
  given.add(old);
  // The handshake has a time of its own.
  old.idle?.stop();
  const received = before instanceof StreamProtocol ? before.takeReceived() : new Uint8Array();
  const limits = old.getWriteBufferLimits();
  let carrier: Carrier | undefined;
  try {
    const pause = new Pause(old, before);
    try {
      if (received === null) throw closedBefore();
      yield* pause.sent((side.server ?? side.client).handshakeTimeout);
    } finally {
      pause.end();
    }
    old.setProtocol(protocol);
    if (old.isClosing() || old.unheardEnd) throw closedBefore();
    carrier = carrierUnder(old);
    seal(old);
    const unread = [received, ...pause.received];
    for (const bytes of unread.reverse()) if (bytes.length > 0) carrier.stream.unshift(bytes);
    const socket = yield* shaken(carrier, side, old);
    return succeed(old, socket, carrier, protocol, limits);
  } catch (error) {
    if (!(old instanceof SocketTransport)) old.setProtocol(protocol);
    else if (carrier !== undefined) old.reclaimSocket();
    old.fail(error);
    throw error;
  }
}

function closedBefore(): ConnectionResetError {
  return new ConnectionResetError("startTls(): the other side has ended the connection");
}

function* shaken(carrier: Carrier, side: Side, old: Transport): Coroutine<TLSSocket> {
  const peer = old.getExtraInfo("peername");
  const who =
    peer === undefined || peer.address === ""
      ? "the other side"
      : hostAndPort(peer.address, peer.port);
  if (side.server !== null) {
    return yield* serverHandshake(carrier, side.server, `no secure connection with ${who}`);
  }
  const target = side.client.host ?? who;
  return yield* clientHandshake(carrier, side.client, `no secure connection to ${target}`);
}

function carrierUnder(old: Connection): Carrier {
  if (old instanceof SocketTransport) return old.yieldSocket();
  const beneath = WireDuplex.take(old, getRunningLoop());
  return { stream: beneath, beneath };
}

function succeed(
  old: Connection,
  socket: TLSSocket,
  carrier: Carrier,
  protocol: StreamingProtocol,
  limits: { high: number; low: number },
): Transport {
  const transport = new SocketTransport(socket, protocol, old.place, carrier.beneath);
  if (old instanceof SocketTransport) old.forsakeSocket();
  old.handOver();
  handOn(old, transport);
  transport.setWriteBufferLimits(limits);
  if (protocol instanceof StreamProtocol) protocol.replaceTransport(transport);
  transport.carryOn();
  return transport;
}

/** Only TLS may use the connection from now on. Its own class and the hot path know nothing of this. */
function seal(old: Transport): void {
  const refuse = (call: string) => () => {
    throw new RuntimeError(
      `cannot call ${call}() of a transport that was given to startTls(): use the one that it returns`,
    );
  };
  Object.assign(old, {
    write: refuse("write"),
    writelines: refuse("writelines"),
    writeEof: refuse("writeEof"),
    pauseReading: () => {},
    resumeReading: () => {},
  });
}

/** What a `finally` does that knows only the old transport. */
function handOn(old: Transport, successor: Transport): void {
  Object.assign(old, {
    close: () => successor.close(),
    abort: () => successor.abort(),
    isClosing: () => successor.isClosing(),
  });
}

/** The time in which what was written is sent: nothing is received, but for what is on its way already. */
class Pause extends Protocol {
  readonly received: Uint8Array[] = [];
  readonly #transport: Connection;
  readonly #before: StreamingProtocol;
  readonly #limits: { high: number; low: number };
  #waiter: Future<void> | null = null;

  constructor(transport: Connection, before: StreamingProtocol) {
    super();
    this.#transport = transport;
    this.#before = before;
    this.#limits = transport.getWriteBufferLimits();
    transport.pauseReading();
    transport.lend(this);
  }

  /** Wait until the write buffer is empty, `limit` milliseconds at most. */
  *sent(limit: number): Coroutine<void> {
    const transport = this.#transport;
    transport.setWriteBufferLimits({ high: 0, low: 0 });
    if (transport.getWriteBufferSize() === 0) return;
    const waiter = new Future<void>(getRunningLoop(), "what was written to be sent");
    this.#waiter = waiter;
    const isSent = yield* moveOnAfter(limit, function* () {
      yield* waiter;
      return true;
    });
    if (isSent) return;
    throw new TimeoutError(`startTls(): what was written was not sent within ${limit} ms`);
  }

  end(): void {
    this.#transport.lend(this.#before);
    this.#transport.setWriteBufferLimits(this.#limits);
  }

  override dataReceived(data: Uint8Array): void {
    this.received.push(data);
  }

  override pauseWriting(): void {
    this.#before.pauseWriting();
  }

  override resumeWriting(): void {
    this.#before.resumeWriting();
    this.#wake();
  }

  override connectionLost(error: Error | null): void {
    this.#before.connectionLost(error);
    this.#wake();
  }

  #wake(): void {
    if (this.#waiter?.done() === false) this.#waiter.setResult(undefined);
  }
}
