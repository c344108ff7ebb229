/*
 * openDatagram: UDP, with `receive` and `send`.
 */
import type { Coroutine, ThenableAwaitable } from "../../coroutine/types.ts";
import { getRunningLoop } from "../../task/current-loop.ts";
import { caller, ownedCall } from "../../task/owned-promise.ts";
import { currentOwner } from "../../task/owner.ts";
import { checkAmount } from "../options.ts";
import {
  type DatagramEndpointOptions,
  type DatagramPlan,
  datagramPlan,
} from "./datagram-options.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import { datagramWire } from "./datagram-wire.ts";

export interface OpenDatagramOptions extends DatagramEndpointOptions {
  /** Datagrams that are kept while nobody receives them, beyond which they are dropped; 1024 if not given. */
  queueSize?: number;
}

const QUEUE_SIZE = 1024;

/**
 * Open a UDP socket. With `localAddress` it receives there (port 0, or none: a free one, see `address`);
 * with `remoteAddress` it sends there alone and receives from there alone.
 *
 * What comes while nobody receives is kept up to `queueSize` datagrams; more are dropped, since UDP may,
 * and counted in `statistics()`.
 *
 * May suspend. Throws an Error with the system's `code` ("EADDRINUSE", say); TypeError or RangeError, at
 * once, for options that cannot be. On cancellation nothing is opened. The socket belongs to the running
 * `run()`, which closes it at its end. asyncio has this only with protocols: `create_datagram_endpoint`;
 * trio has `trio.socket`.
 *
 * @example
 * using socket = yield* openDatagram({ localAddress: { port: 7 } });
 * while (true) {
 *   const { data, from } = yield* socket.receive();
 *   yield* socket.send(data, from);
 * }
 */
export function openDatagram(options: OpenDatagramOptions): ThenableAwaitable<DatagramSocket> {
  const call = "openDatagram";
  const plan = datagramPlan(call, options, ["queueSize"]);
  const { queueSize = QUEUE_SIZE } = options;
  checkAmount(call, "queueSize", queueSize, 1);
  return ownedCall(caller(), open(plan, queueSize));
}

function* open(plan: DatagramPlan, queueSize: number): Coroutine<DatagramSocket> {
  const loop = getRunningLoop();
  const owner = currentOwner();
  const wire = yield* datagramWire(plan);
  const socket = new DatagramSocket(loop, owner, queueSize);
  wire.open(socket, { loop, owner, frame: null });
  return socket;
}
