/*
 * A transport over a `net.Socket`.
 *
 * Events of the socket enter the loop by `react`, so that the task that waits for them runs at once, in
 * the same turn of Node's own loop. Nothing is copied: the reader gets the very buffer of the `data`
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
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine } from "../coroutine/types.ts";
import { FlowControlledTransport } from "../stream/flow-control.ts";
import type { Protocol } from "../stream/protocol.ts";
import type { Server } from "../stream/server.ts";
import type { ExtraInfo, SocketAddress } from "../stream/transport.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { Future } from "../task/future.ts";
import type { Owner, Resource } from "../task/owner.ts";
import { lossOf } from "./network-error.ts";

/** Milliseconds that what is still to be sent may take when the run that owns the transport ends. */
const GRACE = 1000;

export class SocketTransport extends FlowControlledTransport implements Resource {
  readonly #socket: Socket;
  readonly #owner: Owner | null;
  readonly #server: Server | null;
  #peername: SocketAddress | undefined;
  #sockname: SocketAddress | undefined;
  #protocol: Protocol;
  #error: Error | null = null;
  #closing = false;
  #closed = false;
  #sentEof = false;
  #reading = true;
  /** The socket held bytes after the last write. */
  #backlog = false;
  #released: Future<void> | null = null;

  constructor(
    socket: Socket,
    protocol: Protocol,
    loop: EventLoop,
    owner: Owner | null,
    server: Server | null,
  ) {
    super(loop);
    this.#socket = socket;
    this.#protocol = protocol;
    this.#owner = owner;
    this.#server = server;
    owner?.own(this);
    server?.attach(this);
    // The other side may have something to say for as long as this is open: time must not jump.
    loop.traffic?.outward.add(this);
  }

  /** Tell the protocol that there is a connection, and begin to receive. */
  start(): void {
    const socket = this.#socket;
    socket.on("error", (error) => {
      this.#closing = true;
      this.#error = lossOf(error);
    });
    socket.on("close", () => this.#react(this.#onClose, undefined));
    this.#protocol.connectionMade(this);
    if (this.#closing) return;
    socket.on("end", () => this.#react(this.#onEnd, undefined));
    socket.on("data", (data: Buffer) => this.#react(this.#onData, data));
  }

  /** Enter the loop by an event of the socket. A loop that is closed serves nobody any more. */
  #react<A>(event: (argument: A) => void, argument: A): void {
    if (this.loop.isClosed()) this.#socket.destroy();
    else this.loop.react(event, argument);
  }

  readonly #onData = (data: Uint8Array): void => {
    if (this.#closing) return;
    try {
      this.#protocol.dataReceived(data);
    } catch (error) {
      this.#protocolFailed("dataReceived", error);
    }
  };

  readonly #onEnd = (): void => {
    if (this.#closing) return;
    try {
      if (this.#protocol.eofReceived() !== true) this.close();
    } catch (error) {
      this.#protocolFailed("eofReceived", error);
    }
  };

  /** A protocol that fails has lost track of its bytes: the connection ends. */
  #protocolFailed(call: string, error: unknown): void {
    this.#report(call, error);
    this.#error = error instanceof Error ? error : new Error(String(error));
    this.abort();
  }

  #report(call: string, error: unknown): void {
    this.loop.callExceptionHandler({
      message: `${this.#protocol.constructor.name}.${call}() failed`,
      exception: error,
    });
  }

  readonly #onClose = (): void => {
    const { loop } = this;
    this.#closing = true;
    this.#closed = true;
    loop.traffic?.outward.remove(this);
    this.#owner?.disown(this);
    this.#server?.detach(this);
    if (this.#released?.done() === false) this.#released.setResult(undefined);
    try {
      this.#protocol.connectionLost(this.#error);
    } catch (error) {
      this.#report("connectionLost", error);
    }
  };

  // ---- sending

  override write(data: Uint8Array): void {
    this.#refuseAfterEof("write");
    if (this.#closing || data.length === 0) return;
    const socket = this.#socket;
    if (this.#backlog || data.length > this.high - this.low) socket.write(data, this.#onWritten);
    else socket.write(data);
    const size = socket.writableLength;
    this.#backlog = size > 0;
    if (size > this.high) this.grew();
  }

  override writelines(pieces: Iterable<Uint8Array>): void {
    this.#refuseAfterEof("writelines");
    if (this.#closing) return;
    const socket = this.#socket;
    socket.cork();
    try {
      for (const piece of pieces) if (piece.length > 0) socket.write(piece, this.#onWritten);
    } finally {
      socket.uncork();
    }
    this.#backlog = socket.writableLength > 0;
    this.grew();
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (!error) this.#react(this.#onShrunk, undefined);
  };

  readonly #onShrunk = (): void => {
    if (!this.#closed) this.shrank();
  };

  override getWriteBufferSize(): number {
    return this.#socket.writableLength;
  }

  override writeEof(): void {
    if (this.#closing || this.#sentEof) return;
    this.#sentEof = true;
    this.#socket.end();
  }

  override canWriteEof(): boolean {
    return true;
  }

  #refuseAfterEof(call: string): void {
    if (this.#sentEof) throw new RuntimeError(`cannot call ${call}() after writeEof()`);
  }

  // ---- receiving

  override isReading(): boolean {
    return this.#reading && !this.#closing;
  }

  override pauseReading(): void {
    if (!this.isReading()) return;
    this.#reading = false;
    this.#socket.pause();
  }

  override resumeReading(): void {
    if (this.#closing || this.#reading) return;
    this.#reading = true;
    this.#socket.resume();
  }

  // ---- the connection

  override close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.pause();
    this.#socket.destroySoon();
  }

  override abort(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  override isClosing(): boolean {
    return this.#closing;
  }

  /** The run ends: send what is buffered, if the other side takes it, and close. */
  release(): Coroutine<void> | undefined {
    this.close();
    return this.#closed ? undefined : this.#awaitClosed();
  }

  *#awaitClosed(): Coroutine<void> {
    const released = new Future<void>(this.loop, "the connection to close");
    this.#released = released;
    const timer = this.loop.callLater(GRACE, () => this.abort());
    try {
      yield* released;
    } finally {
      timer.cancel();
    }
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

  override setProtocol(protocol: Protocol): void {
    this.#protocol = protocol;
  }

  override getProtocol(): Protocol {
    return this.#protocol;
  }
}

function peerOf(socket: Socket): SocketAddress | undefined {
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
