/*
 * A transport over a simulated socket for datagrams. The socket takes each at once, so the write buffer is
 * always empty; what became of a datagram is told in a later callback, as the system does.
 */
import { DatagramConnection } from "../../stream/datagram-connection.ts";
import type { DatagramProtocol } from "../../stream/protocol.ts";
import type { Place } from "../../stream/protocol-caller.ts";
import type { DatagramTarget, ExtraInfo, SocketAddress } from "../../stream/transport.ts";
import type { SimulatedDatagrams } from "./simulated-datagrams.ts";

export class SimulatedDatagramTransport extends DatagramConnection {
  readonly #socket: SimulatedDatagrams;

  constructor(socket: SimulatedDatagrams, protocol: DatagramProtocol, place: Place) {
    super(protocol, place, socket.options);
    this.#socket = socket;
  }

  start(): void {
    this.begin();
  }

  arrived(data: Uint8Array, from: SocketAddress): void {
    this.received(data, from);
  }

  /** Nobody listens there. */
  refused(error: Error): void {
    this.failed(error);
  }

  protected override sendWire(data: Uint8Array, to: DatagramTarget): void {
    const error = this.#socket.send(data, to);
    this.#socket.medium.soon(() => this.sent(error));
  }

  protected override closeWire(): void {
    this.#socket.discard();
    this.#socket.medium.soon(() => this.gone());
  }

  override getWriteBufferSize(): number {
    return 0;
  }

  override getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  override getExtraInfo<T = undefined>(name: string, fallback?: T): unknown;
  override getExtraInfo(name: string, fallback?: unknown): unknown {
    const { local, options } = this.#socket;
    if (name === "sockname") return local;
    if (name !== "peername" || options.remote === null) return fallback;
    return { ...options.remote, family: local.family };
  }
}
