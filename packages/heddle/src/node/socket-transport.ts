/*
 * A transport over a `net.Socket`, or a `tls.TLSSocket`.
 *
 * Events of the socket enter the loop by `react`, so that the task that waits for them runs at once, in
 * the same turn of Node's own loop. Nothing is copied: the protocol gets the very buffer of the `data`
 * event, and `write` gives its bytes to the socket as they are.
 *
 * Node tells a writer to go on when its buffer is empty ("drain"); asyncio when it is below the low
 * mark. So the socket is asked to call back after a write, but only after those that can matter: a write
 * to an idle socket usually ends before `socket.write` returns, and a callback costs as much as the rest
 * of what is done here (`npm run bench -- --only echo`).
 *
 * The constructor of a transport does not begin to receive: `start` does, when the protocol is ready.
 */
import type { Socket } from "node:net";
import { Connection } from "../stream/connection.ts";
import type { StreamingProtocol, WirePlace } from "../stream/network.ts";
import type { ExtraInfo, SocketAddress } from "../stream/transport.ts";
import { lossOf } from "./network-error.ts";

export class SocketTransport extends Connection {
  readonly #socket: Socket;
  #peername: SocketAddress | undefined;
  #sockname: SocketAddress | undefined;
  /** The socket held bytes after the last write. */
  #backlog = false;

  constructor(socket: Socket, protocol: StreamingProtocol, place: WirePlace) {
    super(protocol, place);
    this.#socket = socket;
    // The other side may have something to say for as long as this is open: time must not jump.
    this.loop.traffic?.outward.add(this);
  }

  /** Tell the protocol that there is a connection, and begin to receive. */
  start(): void {
    const socket = this.#socket;
    if (socket.errored) this.broke(lossOf(socket.errored));
    if (socket.closed) this.loop.callSoon(this.#onClose);
    socket.on("error", (error) => this.broke(lossOf(error)));
    socket.on("close", () => this.#react(this.#onClose, undefined));
    this.begin();
    if (this.closing) return;
    socket.on("end", () => this.#react(this.#onEnd, undefined));
    socket.on("data", (data: Buffer) => this.#react(this.#onData, data));
    if (!this.isReading()) socket.pause();
  }

  /** Enter the loop by an event of the socket. A loop that is closed serves nobody any more. */
  #react<A>(event: (argument: A) => void, argument: A): void {
    if (this.loop.isClosed()) this.#socket.destroy();
    else this.loop.react(event, argument);
  }

  readonly #onData = (data: Uint8Array): void => this.received(data);

  readonly #onEnd = (): void => this.ended();

  readonly #onClose = (): void => {
    this.loop.traffic?.outward.remove(this);
    this.gone();
  };

  // ---- sending

  override write(data: Uint8Array): void {
    this.refuseAfterEof("write");
    if (this.closing || data.length === 0) return;
    this.idle?.touch();
    const socket = this.#socket;
    const { flow } = this;
    if (this.#backlog || data.length > flow.high - flow.low) socket.write(data, this.#onWritten);
    else socket.write(data);
    const size = socket.writableLength;
    this.#backlog = size > 0;
    if (size > flow.high) flow.grew();
  }

  override writelines(pieces: Iterable<Uint8Array>): void {
    this.refuseAfterEof("writelines");
    if (this.closing) return;
    this.idle?.touch();
    const socket = this.#socket;
    socket.cork();
    try {
      for (const piece of pieces) if (piece.length > 0) socket.write(piece, this.#onWritten);
    } finally {
      socket.uncork();
    }
    this.#backlog = socket.writableLength > 0;
    this.flow.grew();
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (!error) this.#react(this.#onShrunk, undefined);
  };

  readonly #onShrunk = (): void => this.sent();

  override getWriteBufferSize(): number {
    return this.#socket.writableLength;
  }

  protected override endWire(): void {
    this.#socket.end();
  }

  // ---- receiving

  protected override pauseWire(): void {
    this.#socket.pause();
  }

  protected override resumeWire(): void {
    this.#socket.resume();
  }

  // ---- the connection

  protected override closeWire(): void {
    this.#socket.pause();
    this.#socket.destroySoon();
  }

  protected override cutWire(): void {
    this.#socket.destroy();
  }

  override getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  override getExtraInfo<T = undefined>(name: string, fallback?: T): unknown;
  override getExtraInfo(name: string, fallback?: unknown): unknown {
    // Addresses are looked up when they are asked for: Node keeps them in new properties of the socket,
    // and a second shape of sockets slows every read and write of the process by 3 percent
    // (`npm run bench -- --only echo`).
    switch (name) {
      case "socket":
        return this.#socket;
      case "peername":
        this.#peername ??= peerOf(this.#socket);
        return this.#peername ?? fallback;
      case "sockname":
        this.#sockname ??= addressOf(this.#socket);
        return this.#sockname ?? fallback;
      default:
        return fallback;
    }
  }
}

export function peerOf(socket: Socket): SocketAddress | undefined {
  const { remoteAddress: address, remotePort: port, remoteFamily: family } = socket;
  return socket.destroyed ? undefined : socketAddress(address, port, family);
}

function addressOf(socket: Socket): SocketAddress | undefined {
  const { address, port, family } = socket.address() as Partial<SocketAddress>;
  return socket.destroyed ? undefined : socketAddress(address, port, family);
}

/** Unix sockets have neither port nor family. */
export function socketAddress(address = "", port = 0, family = "Unix"): SocketAddress {
  return { address, port, family: family as SocketAddress["family"] };
}
