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
import type { TLSSocket } from "node:tls";
import { Connection } from "../stream/connection.ts";
import type { StreamingProtocol, WirePlace } from "../stream/network.ts";
import type { ExtraInfo, SocketAddress, WriteBufferLimits } from "../stream/transport.ts";
import { lossOf } from "./network-error.ts";
import { tlsLoss } from "./tls/tls-error.ts";
import { tlsInfo } from "./tls/tls-info.ts";
import type { WireDuplex } from "./tls/wire-duplex.ts";

const NOTHING = new Uint8Array(0);

/*
 * The listeners of all sockets are these four: closures of each transport would be a fifth of what an idle
 * connection takes (`npm run bench -- --only idle`). So a socket knows its transport.
 */
const TRANSPORT = Symbol("heddle.transport");
type Carrier = Socket & { [TRANSPORT]: SocketTransport | null };

/**
 * Hear of errors from now on: one that nobody hears ends the process. Until there is a transport they stay in the
 * socket, which is destroyed: what the engine of a TLS socket refuses leaves it open.
 */
export function hearErrors(socket: Socket): void {
  if (TRANSPORT in socket) return;
  (socket as Carrier)[TRANSPORT] = null;
  socket.on("error", onError);
}

function onError(this: Socket, error: Error): void {
  const transport = (this as Carrier)[TRANSPORT];
  if (transport === null) this.destroy(error);
  else transport._failed(error);
}

function onClose(this: Socket): void {
  (this as Carrier)[TRANSPORT]?._react(closed, NOTHING);
}

function onEnd(this: Socket): void {
  (this as Carrier)[TRANSPORT]?._react(ended, NOTHING);
}

function onData(this: Socket, data: Buffer): void {
  (this as Carrier)[TRANSPORT]?._react(received, data);
}

/** What Node's own time-out of sockets looks at. Beneath the handle of TLS is that of its stream. */
interface StreamHandle {
  readonly bytesWritten: number;
  readonly writeQueueSize?: number;
  readonly _parent?: StreamHandle;
}
type Handled = Socket & { readonly _handle?: StreamHandle | null };

const closed = (transport: SocketTransport): void => transport._closed();
const ended = (transport: SocketTransport): void => transport._ended();
const received = (transport: SocketTransport, data: Uint8Array): void => transport._received(data);
const shrunk = (transport: SocketTransport): void => transport._shrunk();

export class SocketTransport extends Connection {
  readonly #socket: Socket;
  /** What TLS runs on, if that is no socket of the system: the simulated network. */
  readonly #beneath: WireDuplex | null;
  #peername: SocketAddress | undefined;
  #sockname: SocketAddress | undefined;
  /** The socket held bytes after the last write. */
  #backlog = false;

  constructor(
    socket: Socket,
    protocol: StreamingProtocol,
    place: WirePlace,
    beneath: WireDuplex | null,
  ) {
    super(protocol, place);
    this.#socket = socket;
    this.#beneath = beneath;
    // The other side may have something to say for as long as this is open: time must not jump.
    if (beneath === null) this.loop.traffic?.outward.add(this);
  }

  /** Tell the protocol that there is a connection, and begin to receive. */
  start(): void {
    this.#watch();
    this.begin();
    this.#receive();
  }

  /** Begin to receive for a protocol that had another transport. */
  carryOn(): void {
    this.#watch();
    this.#receive();
  }

  #watch(): void {
    const socket = this.#socket;
    hearErrors(socket);
    (socket as Carrier)[TRANSPORT] = this;
    if (socket.errored) this._failed(socket.errored);
    if (socket.closed) this.loop.callSoon(closed, this);
    socket.on("close", onClose);
  }

  #receive(): void {
    const socket = this.#socket;
    if (this.closing) return;
    if (socket.readableEnded) this.loop.callSoon(ended, this);
    socket.on("end", onEnd);
    socket.on("data", onData);
    if (!this.isReading()) socket.pause();
  }

  /** TLS takes the socket over, with what has come and was not received. */
  yieldSocket(): { stream: Socket; beneath: WireDuplex | null } {
    const socket = this.#socket;
    this.pauseReading();
    socket.off("end", onEnd);
    socket.off("data", onData);
    socket.off("close", onClose);
    (socket as Carrier)[TRANSPORT] = null;
    return { stream: socket, beneath: this.#beneath };
  }

  /** It could not, and the connection ends. */
  reclaimSocket(): void {
    const socket = this.#socket;
    (socket as Carrier)[TRANSPORT] = this;
    if (socket.closed) this.loop.callSoon(closed, this);
    else socket.on("close", onClose);
  }

  /** Another transport goes on with the socket. */
  forsakeSocket(): void {
    if (this.#beneath === null) this.loop.traffic?.outward.remove(this);
  }

  /** @internal Enter the loop by an event of the socket. A loop that is closed serves nobody any more. */
  _react(event: (transport: SocketTransport, data: Uint8Array) => void, data: Uint8Array): void {
    if (this.loop.isClosed()) this.#socket.destroy();
    else this.loop.react(event, this, data);
  }

  /** @internal */
  _received(data: Uint8Array): void {
    this.received(data);
  }

  /** @internal */
  _ended(): void {
    this.ended();
  }

  /** @internal */
  _shrunk(): void {
    this.sent();
  }

  /** @internal */
  _failed(error: Error): void {
    this.broke(lossOf(tlsLoss(error)));
    // A TLS socket reports what its engine refuses, and stays open.
    this.#socket.destroy();
  }

  /** @internal */
  _closed(): void {
    if (this.#beneath === null) this.loop.traffic?.outward.remove(this);
    this.gone();
  }

  // ---- sending

  override write(data: Uint8Array): void {
    this.refuseAfterEof("write");
    if (this.closing || data.length === 0) return;
    this.idle?.touch();
    const socket = this.#socket;
    const { flow } = this;
    // TLS never ends before `socket.write` returns, but has, mostly, when the next piece comes.
    const backlog = this.#backlog && socket.writableLength > 0;
    if (backlog || data.length > flow.high - flow.low) socket.write(data, this.#onWritten);
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

  /** What writes that matter call back; most connections never have one. */
  #written: ((error?: Error | null) => void) | null = null;

  get #onWritten(): (error?: Error | null) => void {
    this.#written ??= (error) => {
      // A socket that was destroyed in the middle says that all is written.
      if (!error && !this.#socket.destroyed) this._react(shrunk, NOTHING);
    };
    return this.#written;
  }

  /** Which pieces call back was decided by the old marks. */
  override setWriteBufferLimits(limits?: Partial<WriteBufferLimits>): void {
    super.setWriteBufferLimits(limits);
    const socket = this.#socket;
    if (!this.flow.paused) return;
    if (socket.writable) socket.write(NOTHING, this.#onWritten);
    else socket.once("finish", this.#onWritten);
  }

  override getWriteBufferSize(): number {
    return this.#socket.writableLength;
  }

  /** What the system has taken, of which Node tells only for each write as a whole: that may be a large one. */
  protected override wentOut(): number {
    const handle = (this.#socket as Handled)._handle;
    const lowest = handle?._parent ?? handle;
    return lowest ? lowest.bytesWritten - (lowest.writeQueueSize ?? 0) : 0;
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
    this.#beneath?.cut();
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
        this.#peername ??= this.#beneath?.transport.getExtraInfo(name) ?? peerOf(this.#socket);
        return this.#peername ?? fallback;
      case "sockname":
        this.#sockname ??= this.#beneath?.transport.getExtraInfo(name) ?? addressOf(this.#socket);
        return this.#sockname ?? fallback;
      default: {
        const isSecure = "encrypted" in this.#socket;
        return (isSecure ? tlsInfo(this.#socket as TLSSocket, name) : undefined) ?? fallback;
      }
    }
  }
}

export function peerOf(socket: Socket): SocketAddress | undefined {
  const { remoteAddress: address, remotePort: port, remoteFamily: family } = socket;
  // A connection that was reset has forgotten the other side, but not this one. Unix sockets have neither.
  if (socket.destroyed || (address === undefined && socket.localAddress)) return undefined;
  return socketAddress(address, port, family);
}

function addressOf(socket: Socket): SocketAddress | undefined {
  const { address, port, family } = socket.address() as Partial<SocketAddress>;
  return socket.destroyed ? undefined : socketAddress(address, port, family);
}

/** Unix sockets have neither port nor family. */
export function socketAddress(address = "", port = 0, family = "Unix"): SocketAddress {
  return { address, port, family: family as SocketAddress["family"] };
}
