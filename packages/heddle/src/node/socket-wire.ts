/*
 * A connected `net.Socket`, or `tls.TLSSocket`, that nobody listens to yet.
 */
import type { Socket } from "node:net";
import type { StreamingProtocol, Wire, WirePlace } from "../stream/network.ts";
import type { SocketAddress, Transport } from "../stream/transport.ts";
import { hearErrors, peerOf, SocketTransport } from "./socket-transport.ts";
import type { WireDuplex } from "./tls/wire-duplex.ts";

export class SocketWire implements Wire {
  readonly socket: Socket;
  /** What TLS runs on, if that is no socket of the system: the simulated network. */
  readonly beneath: WireDuplex | null;

  constructor(socket: Socket, beneath: WireDuplex | null = null) {
    hearErrors(socket);
    this.socket = socket;
    this.beneath = beneath;
  }

  get peername(): SocketAddress | undefined {
    return this.beneath?.transport.getExtraInfo("peername") ?? peerOf(this.socket);
  }

  open(protocol: StreamingProtocol, place: WirePlace): Transport {
    const transport = new SocketTransport(this.socket, protocol, place, this.beneath);
    transport.start();
    return transport;
  }

  discard(): void {
    this.socket.destroy();
  }
}
