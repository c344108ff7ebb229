/*
 * Node's TLS at the side that is called, for connections that were accepted elsewhere.
 *
 * A `tls.Server` that does not listen takes them by its "connection" event, which is documented for just
 * that, and brings tickets, ALPN and client certificates. But it tells of all handshakes together, and which of them
 * is whose it does not say. So each connection gets a server of its own that inherits all of the real one,
 * and hears of nobody else.
 */
import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";
import type { TlsServerPlan } from "./tls-options.ts";

/** Those who answer for a name: to be called once. */
export type NameAnswer = (error: Error | null, context?: SecureContext) => void;

export interface HandshakeListener {
  secured(socket: TLSSocket): void;
  failed(error: Error): void;
  /** The client asks for this name. */
  asked(servername: string, answer: NameAnswer): void;
}

/** Node's own limit of a handshake is not used: it runs on real time. The longest that there is, in milliseconds. */
const NEVER = 2 ** 31 - 1;

const servers = new WeakMap<TlsServerPlan, Server>();

/** Begin the handshake with whoever is at the other end of `stream`. */
export function beginHandshake(
  stream: Duplex,
  plan: TlsServerPlan,
  listener: HandshakeListener,
): void {
  let shared = servers.get(plan);
  if (shared === undefined) {
    shared = serverFor(plan);
    servers.set(plan, shared);
  }
  const own = Object.assign(Object.create(shared) as Server, {
    listener,
    emit(event: string, ...args: unknown[]): boolean {
      if (event === "secureConnection") {
        const socket = args[0] as TLSSocket;
        socket.allowHalfOpen = true;
        listener.secured(socket);
      }
      if (event === "tlsClientError") {
        listener.failed(reasonOf(args[0] as Error, args[1] as TLSSocket));
      }
      return true;
    },
  });
  // A client that ends in the middle of its handshake is gone. The socket begins as its stream is.
  stream.allowHalfOpen = false;
  EventEmitter.prototype.emit.call(own, "connection", stream);
  stream.allowHalfOpen = true;
}

function serverFor(plan: TlsServerPlan): Server {
  const { identity, requestCert, rejectUnauthorized, alpnProtocols, sni } = plan;
  return createServer({
    ...identity,
    requestCert,
    rejectUnauthorized,
    ...(alpnProtocols === undefined ? {} : { ALPNProtocols: alpnProtocols }),
    ...(sni === undefined ? {} : { SNICallback: ask }),
    handshakeTimeout: NEVER,
  });
}

/** Node calls it on the socket, whose `server` is the one that `beginHandshake` made. */
function ask(
  this: TLSSocket & { server: { listener: HandshakeListener } },
  servername: string,
  answer: NameAnswer,
): void {
  this.server.listener.asked(servername, answer);
}

/** A client's certificate that is refused ends the connection without a word: the socket knows why. */
function reasonOf(error: Error & { code?: string }, socket: TLSSocket): Error {
  const refused = socket.authorizationError as unknown;
  if (error.code !== "ECONNRESET" || typeof refused !== "string") return error;
  return Object.assign(new Error(refused, { cause: error }), { code: refused });
}
