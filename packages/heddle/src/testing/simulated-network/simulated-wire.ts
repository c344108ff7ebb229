/*
 * A connection of the simulated network that nobody listens to yet.
 */
import type { StreamingProtocol, Wire, WirePlace } from "../../stream/network.ts";
import type { SocketAddress, Transport } from "../../stream/transport.ts";
import { SimulatedTransport } from "./simulated-transport.ts";
import type { StreamEnd } from "./stream-end.ts";

export class SimulatedWire implements Wire {
  readonly #end: StreamEnd;

  constructor(end: StreamEnd) {
    this.#end = end;
  }

  get peername(): SocketAddress {
    return this.#end.remote;
  }

  open(protocol: StreamingProtocol, place: WirePlace): Transport {
    const transport = new SimulatedTransport(this.#end, protocol, place);
    transport.start();
    return transport;
  }

  discard(): void {
    this.#end.close();
  }
}
