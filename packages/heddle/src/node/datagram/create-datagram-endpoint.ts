/*
 * createDatagramEndpoint: UDP, with a protocol of one's own.
 */
import type { Coroutine, ThenableAwaitable } from "../../coroutine/types.ts";
import type { DatagramProtocol } from "../../stream/protocol.ts";
import { protocolFrame } from "../../stream/protocol-caller.ts";
import type { DatagramTransport } from "../../stream/transport.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { caller, ownedCall } from "../../task/owned-promise.ts";
import { currentOwner } from "../../task/owner.ts";
import { checkFactory, checkProtocol } from "../options.ts";
import {
  type DatagramEndpointOptions,
  type DatagramPlan,
  datagramPlan,
} from "./datagram-options.ts";
import { datagramWire } from "./datagram-wire.ts";

const METHODS = ["connectionMade", "connectionLost", "datagramReceived", "errorReceived"];

/** An endpoint of this protocol. */
export type DatagramEndpointOf<P> = [transport: DatagramTransport, protocol: P];

/**
 * Open a UDP socket and give it to the protocol that `protocolFactory` makes: its `connectionMade` has been
 * called when this returns. With `localAddress` it receives there; with `remoteAddress` it is connected: it
 * sends there alone, receives from there alone, and hears by `errorReceived` that nobody listens
 * (ECONNREFUSED). Names of hosts are looked up once, now.
 *
 * The protocol's methods run in the context, and belong to the run, of whoever called this. One that
 * throws is reported to the loop's exception handler and closes the transport.
 *
 * May suspend. Throws an Error with the system's `code` ("EADDRINUSE", say), what `connectionMade` throws;
 * TypeError or RangeError, at once, for options that cannot be. On cancellation nothing is opened. The
 * socket belongs to the running `run()`, which sends what is buffered and closes it at its end.
 * Counterpart: `loop.create_datagram_endpoint`.
 *
 * @example
 * const [transport] = yield* createDatagramEndpoint(() => new Clock(), { localAddress: { port: 3737 } });
 */
export function createDatagramEndpoint<P extends DatagramProtocol>(
  protocolFactory: () => P,
  options: DatagramEndpointOptions,
): ThenableAwaitable<DatagramEndpointOf<P>> {
  const call = "createDatagramEndpoint";
  checkFactory(call, protocolFactory);
  return ownedCall(caller(), create(call, protocolFactory, datagramPlan(call, options, [])));
}

function* create<P extends DatagramProtocol>(
  call: string,
  factory: () => P,
  plan: DatagramPlan,
): Coroutine<DatagramEndpointOf<P>> {
  const loop = getRunningLoop();
  const owner = currentOwner();
  const wire = yield* datagramWire(plan);
  let protocol: P;
  try {
    protocol = factory();
    checkProtocol(call, protocol, METHODS, "DatagramProtocol");
  } catch (error) {
    wire.discard();
    throw error;
  }
  return [wire.open(protocol, { loop, owner, frame: protocolFrame(loop, owner) }), protocol];
}
