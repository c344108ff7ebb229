/*
 * The handshakes: from a stream of bytes to a socket that is secure. One that fails, takes too long or is
 * cancelled leaves nothing behind: the stream is destroyed.
 */
import type { Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { Coroutine } from "../../coroutine/types.ts";
import { Queue } from "../../queue/queue.ts";
import type { Wire } from "../../stream/network.ts";
import type { SniAnswer } from "../../stream/tls.ts";
import { asAwaitable } from "../../task/as-coroutine.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { TimeoutError } from "../../task/errors.ts";
import type { EventLoop } from "../../task/event-loop.ts";
import { Future } from "../../task/future.ts";
import { timeout } from "../../task/timeout.ts";
import { hearErrors } from "../socket-transport.ts";
import { SocketWire } from "../socket-wire.ts";
import { handshakeError } from "./tls-error.ts";
import type { TlsClientPlan, TlsServerPlan } from "./tls-options.ts";
import { beginHandshake, type NameAnswer } from "./tls-server.ts";
import { WireDuplex } from "./wire-duplex.ts";

/** What TLS runs on. */
export interface Carrier {
  /** Node's engine takes a socket's own bytes without a trip through JavaScript. */
  readonly stream: Socket | WireDuplex;
  /** The adapter at the bottom; null if there is a socket of the system. */
  readonly beneath: WireDuplex | null;
}

export function carrierOf(wire: Wire): Carrier {
  if (wire instanceof SocketWire) return { stream: wire.socket, beneath: wire.beneath };
  const beneath = WireDuplex.open(wire, getRunningLoop());
  return { stream: beneath, beneath };
}

/** At the calling side; `doing` says what, "no secure connection to localhost:443". */
export function* clientHandshake(
  carrier: Carrier,
  plan: TlsClientPlan,
  doing: string,
): Coroutine<TLSSocket> {
  return yield* guarded(carrier, plan.handshakeTimeout, doing, (loop) =>
    shakenAsClient(carrier, plan, loop),
  );
}

/** At the side that was called. */
export function* serverHandshake(
  carrier: Carrier,
  plan: TlsServerPlan,
  doing: string,
): Coroutine<TLSSocket> {
  return yield* guarded(carrier, plan.handshakeTimeout, doing, (loop) =>
    shakenAsServer(carrier, plan, loop),
  );
}

function* guarded(
  carrier: Carrier,
  limit: number,
  doing: string,
  handshake: (loop: EventLoop) => Coroutine<TLSSocket>,
): Coroutine<TLSSocket> {
  const loop = getRunningLoop();
  const { stream, beneath } = carrier;
  // On a network of the program's own it is the adapter that says when time has to stand still.
  const outside = beneath === null ? loop.traffic : null;
  let expired = () => false;
  outside?.outward.add(stream);
  try {
    // It was not heard to close: nobody listened yet.
    if (stream.destroyed) throw stream.errored ?? closedEarly();
    return yield* timeout(limit, function* (scope) {
      expired = () => scope.expired();
      return yield* handshake(loop);
    });
  } catch (error) {
    stream.on("error", () => {});
    stream.destroy();
    if (expired() && error instanceof TimeoutError) {
      throw new TimeoutError(`${doing}: the TLS handshake took longer than ${limit} ms`);
    }
    throw handshakeError(error, doing);
  } finally {
    outside?.outward.remove(stream);
  }
}

/** What is told when the connection is closed and nobody says why. */
function closedEarly(): Error {
  return Object.assign(new Error("closed"), { code: "ECONNRESET" });
}

function* shakenAsClient(
  carrier: Carrier,
  plan: TlsClientPlan,
  loop: EventLoop,
): Coroutine<TLSSocket> {
  const { host, servername, alpnProtocols, checkServerIdentity, session } = plan;
  const secured = new Future<void>(loop, "a TLS handshake");
  const settle = (error: Error | undefined): void => {
    if (secured.done()) return;
    if (error === undefined) secured.setResult(undefined);
    else secured.setException(error);
  };
  const tell = (error: Error | undefined): void => {
    if (!loop.isClosed()) loop.react(settle, error);
    else carrier.stream.destroy();
  };
  const socket = connect({
    socket: carrier.stream as Socket,
    secureContext: plan.secureContext,
    rejectUnauthorized: plan.rejectUnauthorized,
    ...(host === undefined ? {} : { host }),
    ...(servername === undefined ? {} : { servername }),
    ...(alpnProtocols === undefined ? {} : { ALPNProtocols: alpnProtocols }),
    ...(checkServerIdentity && { checkServerIdentity: judge(checkServerIdentity) }),
    ...(session === undefined ? {} : { session }),
  });
  hearErrors(socket);
  const onSecure = () => tell(undefined);
  const onClose = () => tell(closedEarly());
  socket.on("secureConnect", onSecure);
  socket.on("error", tell);
  socket.on("close", onClose);
  try {
    yield* secured;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    socket.off("secureConnect", onSecure);
    socket.off("error", tell);
    socket.off("close", onClose);
  }
  return socket;
}

type Judge = NonNullable<TlsClientPlan["checkServerIdentity"]>;

/** Node does not catch what it throws. */
function judge(check: Judge): Judge {
  return (host, certificate) => {
    try {
      return check(host, certificate);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
}

/** What a handshake of a server tells. */
type News =
  | { readonly kind: "secured"; readonly socket: TLSSocket }
  | { readonly kind: "failed"; readonly error: Error }
  | { readonly kind: "asked"; readonly servername: string; readonly answer: NameAnswer };

function* shakenAsServer(
  carrier: Carrier,
  plan: TlsServerPlan,
  loop: EventLoop,
): Coroutine<TLSSocket> {
  const queue = new Queue<News>(0, { name: "a TLS handshake" });
  const put = (news: News): void => queue.putNowait(news);
  const tell = (news: News): void => {
    if (!loop.isClosed()) loop.react(put, news);
    else carrier.stream.destroy();
  };
  beginHandshake(carrier.stream, plan, {
    secured: (socket) => {
      hearErrors(socket);
      tell({ kind: "secured", socket });
    },
    failed: (error) => tell({ kind: "failed", error }),
    asked: (servername, answer) => tell({ kind: "asked", servername, answer }),
  });
  for (;;) {
    const news = yield* queue.get();
    if (news.kind === "secured") return news.socket;
    if (news.kind === "failed") throw news.error;
    const context = yield* contextFor(plan, news.servername);
    carrier.beneath?.hold();
    news.answer(null, context);
  }
}

/** What `sni` gives for a name: at once, by a coroutine, or by a promise. */
function* contextFor(plan: TlsServerPlan, servername: string) {
  const given = plan.sni?.(servername);
  const answer = isDeferred(given) ? yield* asAwaitable(given, "sni") : given;
  return plan.sniContext(answer as SniAnswer);
}

function isDeferred(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.iterator in value || typeof (value as { then?: unknown }).then === "function";
}
