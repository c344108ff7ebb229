/*
 * TLS over a wire, at the side that was called.
 */
import type { Coroutine } from "../../coroutine/types.ts";
import type { Wire } from "../../stream/network.ts";
import { hostAndPort } from "../network-error.ts";
import { SocketWire } from "../socket-wire.ts";
import { carrierOf, serverHandshake } from "./handshake.ts";
import type { TlsServerPlan } from "./tls-options.ts";

/** The wire is discarded if that fails or is cancelled. */
export function* acceptSecure(wire: Wire, plan: TlsServerPlan): Coroutine<Wire> {
  const from = wire.peername;
  const who = from === undefined ? "a client" : hostAndPort(from.address, from.port);
  const carrier = carrierOf(wire);
  const socket = yield* serverHandshake(carrier, plan, `no secure connection with ${who}`);
  return new SocketWire(socket, carrier.beneath);
}
