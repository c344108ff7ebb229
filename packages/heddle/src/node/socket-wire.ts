/*
 * A connected `net.Socket` that nobody listens to yet.
 */
import type { Socket } from "node:net";
import type { StreamingProtocol, Wire, WirePlace } from "../stream/network.ts";
import type { SocketAddress, Transport } from "../stream/transport.ts";
import { peerOf, SocketTransport } from "./socket-transport.ts";

export class SocketWire implements Wire {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get peername(): SocketAddress | undefined {
    return peerOf(this.socket);
  }

  open(protocol: StreamingProtocol, place: WirePlace): Transport {
    const transport = new SocketTransport(this.socket, protocol, place);
    transport.start();
    return transport;
  }

  discard(): void {
    // What is still said of it is of no interest, but an error that nobody hears would end the process.
    this.socket.on("error", () => {});
    this.socket.destroy();
  }
}
