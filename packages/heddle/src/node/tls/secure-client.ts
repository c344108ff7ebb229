/*
 * TLS over a wire, at the calling side.
 */
import type { Coroutine } from "../../coroutine/types.ts";
import type { Wire } from "../../stream/network.ts";
import { SocketWire } from "../socket-wire.ts";
import { carrierOf, clientHandshake } from "./handshake.ts";
import type { TlsClientPlan } from "./tls-options.ts";

/** The wire is discarded if that fails or is cancelled. */
export function* secureClient(wire: Wire, plan: TlsClientPlan, target: string): Coroutine<Wire> {
  const carrier = carrierOf(wire);
  const socket = yield* clientHandshake(carrier, plan, `no secure connection to ${target}`);
  return new SocketWire(socket, carrier.beneath);
}
