/*
 * DatagramConnection: what transports of datagrams have in common, whatever carries them.
 *
 *   open ----- close() ----> closing ------ all is sent ------> closed: connectionLost(null)
 *     \------- abort(), a protocol that fails ----------------> closed: connectionLost(error or null)
 *
 * As Connection (connection.ts) for streams, it keeps the rules that protocols rely on: the order of their
 * calls, nothing after closing, `connectionLost` exactly once, flow control by two marks, the run that owns
 * the transport. An error of one datagram (`errorReceived`) is no end.
 *
 * What carries the datagrams (a socket in node/, memory in testing/) extends it and has
 *
 *   sendWire(data, to)     begin to send, to the connected address too; then call `sent(error?)` once,
 *                          in a later callback. It may throw: nothing was sent, and `sent` is not called
 *   closeWire()            nothing is on its way (or it is to be lost): close, then call `gone()`, later
 *   getWriteBufferSize()   bytes that the system has not taken yet
 *   getExtraInfo(name)     sockname, peername (of a connected one), socket
 *
 * It calls `begin()` when the protocol is to know (once, then it may begin to receive), `received(data, from)`
 * and `failed(error)` for what came, and `gone()` when it is closed.
 */
import type { Coroutine } from "../coroutine/types.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { Future } from "../task/future.ts";
import type { Resource } from "../task/owner.ts";
import { FlowControl } from "./flow-control.ts";
import { withinGrace } from "./grace.ts";
import type { DatagramProtocol } from "./protocol.ts";
import { callIn, type Place, reportProtocol } from "./protocol-caller.ts";
import type { SocketAddress, WriteBufferLimits } from "./transport.ts";
import { type DatagramTarget, DatagramTransport } from "./transport.ts";

const encoder = new TextEncoder();

export abstract class DatagramConnection extends DatagramTransport implements Resource {
  protected readonly loop: EventLoop;
  protected readonly place: Place;
  protected readonly flow: FlowControl;
  /** `close` was called, or the protocol has failed: it hears only of the end. */
  protected closing = false;
  protected closed = false;
  /** Where datagrams without an address go; if it is not null they go nowhere else. */
  readonly #remote: DatagramTarget | null;
  readonly #family: 4 | 6;
  #protocol: DatagramProtocol;
  /** Datagrams that `sendWire` has and `sent` was not called for. */
  #sending = 0;
  #cut = false;
  #failure: Error | null = null;
  #released: Future<void> | null = null;

  constructor(
    protocol: DatagramProtocol,
    place: Place,
    addressing: { readonly remote: DatagramTarget | null; readonly family: 4 | 6 },
  ) {
    super();
    this.loop = place.loop;
    this.place = place;
    this.#protocol = protocol;
    this.#remote = addressing.remote;
    this.#family = addressing.family;
    this.flow = new FlowControl(this);
    place.owner?.own(this);
  }

  // ---- what carries the datagrams

  protected abstract sendWire(data: Uint8Array, to: DatagramTarget): void;
  protected abstract closeWire(): void;

  // ---- what it tells

  /** Tell the protocol that there is a transport. What it throws closes it. */
  protected begin(): void {
    const protocol = this.#protocol;
    try {
      callIn(this.place.frame, () => protocol.connectionMade(this));
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** A datagram has come. */
  protected received(data: Uint8Array, from: SocketAddress): void {
    if (this.closing) return;
    const protocol = this.#protocol;
    try {
      callIn(this.place.frame, () => protocol.datagramReceived(data, from));
    } catch (error) {
      this.#protocolFailed("datagramReceived", error);
    }
  }

  /** A datagram could not be delivered, or not be received. */
  protected failed(error: Error): void {
    if (this.closing) return;
    const protocol = this.#protocol;
    try {
      callIn(this.place.frame, () => protocol.errorReceived(error));
    } catch (failure) {
      this.#protocolFailed("errorReceived", failure);
    }
  }

  /** What `sendWire` was given is with the system, or could not be sent. */
  protected sent(error: Error | null = null): void {
    this.#sending--;
    if (this.closed) return;
    if (error !== null) this.failed(error);
    this.flow.shrank();
    if (this.closing && this.#sending === 0) this.#cutWire();
  }

  /** The transport is closed. */
  protected gone(): void {
    if (this.closed) return;
    this.closing = true;
    this.closed = true;
    this.place.owner?.disown(this);
    if (this.#released?.done() === false) this.#released.setResult(undefined);
    const protocol = this.#protocol;
    try {
      callIn(this.place.frame, () => protocol.connectionLost(this.#failure));
    } catch (error) {
      this.#report("connectionLost", error);
    }
  }

  /** @internal Called by the flow control. */
  tell(call: "pauseWriting" | "resumeWriting"): void {
    const protocol = this.#protocol;
    try {
      callIn(this.place.frame, () => protocol[call]());
    } catch (error) {
      this.#report(call, error);
    }
  }

  /** A protocol that fails has lost track of what it was doing: the transport closes. */
  #protocolFailed(call: string, error: unknown): void {
    this.#report(call, error);
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.abort();
  }

  #report(call: string, error: unknown): void {
    reportProtocol(this.loop, this.#protocol, call, error, this);
  }

  // ---- sending

  override sendto(data: Uint8Array | string, to?: DatagramTarget): void {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(`sendto() needs a Uint8Array or a string, got ${String(data)}`);
    }
    const target = this.#target(to);
    if (this.closing) return;
    this.#sending++;
    try {
      this.sendWire(bytes, target);
    } catch (error) {
      this.#sending--;
      throw error;
    }
    this.flow.grew();
  }

  #target(to: DatagramTarget | undefined): DatagramTarget {
    const remote = this.#remote;
    if (remote === null) {
      if (to === undefined) {
        throw new TypeError("sendto() needs an address: the endpoint has no remoteAddress");
      }
      checkTarget(to, this.#family);
      return to;
    }
    if (to !== undefined && (to.address !== remote.address || to.port !== remote.port)) {
      throw new RangeError(
        `sendto() can only send to the endpoint's remoteAddress ${remote.address} port ` +
          `${remote.port}, got ${to.address} port ${to.port}`,
      );
    }
    return remote;
  }

  override setWriteBufferLimits(limits: Partial<WriteBufferLimits> = {}): void {
    this.flow.setLimits(limits);
  }

  override getWriteBufferLimits(): WriteBufferLimits {
    return this.flow.getLimits();
  }

  // ---- the end

  override close(): void {
    if (this.closing) return;
    this.closing = true;
    if (this.#sending === 0) this.#cutWire();
  }

  override abort(): void {
    if (this.closed) return;
    this.closing = true;
    this.#cutWire();
  }

  #cutWire(): void {
    if (this.#cut) return;
    this.#cut = true;
    this.closeWire();
  }

  override isClosing(): boolean {
    return this.closing;
  }

  /** The run ends: send what is buffered, and close. */
  release(): Coroutine<void> | undefined {
    this.close();
    if (this.closed) return undefined;
    this.#released = new Future<void>(this.loop, "the datagram transport to close");
    return withinGrace(this.loop, this, this.#released);
  }

  // ---- the protocol

  override setProtocol(protocol: DatagramProtocol): void {
    if (typeof protocol?.datagramReceived !== "function") {
      throw new TypeError("setProtocol() needs a DatagramProtocol");
    }
    this.#protocol = protocol;
  }

  override getProtocol(): DatagramProtocol {
    return this.#protocol;
  }
}

const DOTTED = /^\d{1,3}(\.\d{1,3}){3}$/;

function checkTarget(to: DatagramTarget, family: 4 | 6): void {
  const { address, port } = to;
  if (typeof address !== "string" || !(DOTTED.test(address) || address.includes(":"))) {
    throw new TypeError(
      `sendto() needs an IP address as its address, got ${JSON.stringify(address)}: ` +
        "look names up once, by getaddrinfo()",
    );
  }
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`sendto() needs a port from 1 to 65535, got ${String(port)}`);
  }
  if (address.includes(":") === (family === 6)) return;
  const hint = family === 6 ? `; "::ffff:${address}" is how IPv6 calls that address` : "";
  throw new RangeError(`sendto() cannot send to ${address} by an IPv${family} endpoint${hint}`);
}
