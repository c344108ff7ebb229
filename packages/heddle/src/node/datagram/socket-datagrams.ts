/*
 * A transport over a `dgram.Socket`.
 *
 * Node tries to send at once, and buffers only what the system does not take: `getWriteBufferSize` is what
 * is buffered, with eight bytes for each datagram, as asyncio counts. It tells the outcome of each datagram
 * in a later callback.
 */
import type { RemoteInfo, Socket } from "node:dgram";
import { DatagramConnection } from "../../stream/datagram-connection.ts";
import type { DatagramOptions } from "../../stream/network.ts";
import type { DatagramProtocol } from "../../stream/protocol.ts";
import type { Place } from "../../stream/protocol-caller.ts";
import type { DatagramTarget, ExtraInfo, SocketAddress } from "../../stream/transport.ts";
import { hostAndPort, networkError } from "../network-error.ts";

/** Bytes that a datagram counts in the write buffer beside its own. */
const HEADER = 8;

export interface Came {
  readonly data: Uint8Array;
  readonly from: RemoteInfo;
}

export class SocketDatagrams extends DatagramConnection {
  readonly #socket: Socket;
  /** The system sends to one address, and receives from there alone. */
  readonly #connected: boolean;
  readonly #sockname: SocketAddress;
  readonly #peername: SocketAddress | undefined;

  constructor(
    socket: Socket,
    protocol: DatagramProtocol,
    place: Place,
    options: DatagramOptions,
    connected: boolean,
  ) {
    super(protocol, place, options);
    this.#socket = socket;
    this.#connected = connected;
    this.#sockname = socket.address() as SocketAddress;
    if (connected) this.#peername = socket.remoteAddress() as SocketAddress;
    // Anybody may send something for as long as this is open: time must not jump.
    this.loop.traffic?.outward.add(this);
  }

  /** Tell the protocol that there is a transport, then of what came `early`, and begin to receive. */
  start(early: readonly Came[]): void {
    const socket = this.#socket;
    socket.removeAllListeners();
    socket.on("error", (error) => this.#react(this.#onError, error));
    socket.on("close", () => this.#react(this.#onClose, undefined));
    this.begin();
    for (const came of early) this.#onMessage(came);
    socket.on("message", (data, from) => this.#react(this.#onMessage, { data, from }));
  }

  /** Enter the loop by an event of the socket. A loop that is closed serves nobody any more. */
  #react<A>(event: (argument: A) => void, argument: A): void {
    if (!this.loop.isClosed()) this.loop.react(event, argument);
    else this.closeWire();
  }

  readonly #onMessage = ({ data, from }: Came): void => {
    const { address, port, family } = from;
    this.received(data, { address, port, family });
  };

  readonly #onError = (error: Error): void => {
    const peer = this.#peername;
    const doing = peer === undefined ? "cannot receive" : `cannot reach ${name(peer)}`;
    this.failed(networkError(error, doing) as Error);
  };

  readonly #onClose = (): void => {
    this.loop.traffic?.outward.remove(this);
    this.gone();
  };

  protected override sendWire(data: Uint8Array, to: DatagramTarget): void {
    const socket = this.#socket;
    const done = (error: Error | null): void => {
      this.#react(this.#onSent, error === null ? null : sendError(error, to));
    };
    if (this.#connected) socket.send(data, done);
    else socket.send(data, to.port, to.address, done);
  }

  readonly #onSent = (error: Error | null): void => this.sent(error);

  protected override closeWire(): void {
    try {
      this.#socket.close();
    } catch {
      // It is closed already.
    }
  }

  override getWriteBufferSize(): number {
    if (this.closed) return 0;
    return this.#socket.getSendQueueSize() + HEADER * this.#socket.getSendQueueCount();
  }

  override getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  override getExtraInfo<T = undefined>(name: string, fallback?: T): unknown;
  override getExtraInfo(name: string, fallback?: unknown): unknown {
    switch (name) {
      case "socket":
        return this.#socket;
      case "peername":
        return this.#peername ?? fallback;
      case "sockname":
        return this.#sockname;
      default:
        return fallback;
    }
  }
}

function sendError(error: Error, to: DatagramTarget): Error {
  const doing = `cannot send to ${name(to)}`;
  if ((error as { code?: string }).code !== "EACCES") return networkError(error, doing) as Error;
  const why = "a broadcast address needs broadcast: true (EACCES)";
  return Object.assign(new Error(`${doing}: ${why}`, { cause: error }), { code: "EACCES" });
}

function name({ address, port }: DatagramTarget): string {
  return hostAndPort(address, port);
}
