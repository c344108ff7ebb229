/*
 * Connection: what transports of byte streams have in common, whatever carries the bytes.
 *
 *   open ----- close() ----> closing ------ all is sent ------> closed: connectionLost(null)
 *     \------- abort(), an error, a protocol that fails ------> closed: connectionLost(error or null)
 *
 * It keeps the rules that protocols rely on: the order of their calls, nothing after the end of receiving,
 * `connectionLost` exactly once, flow control by two marks, the run that owns the connection and the server
 * that counts it. What carries the bytes (a socket in node/, memory in testing/) extends it, calls
 * `received`, `ended` and `gone`, and says how to send and how to close.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine } from "../coroutine/types.ts";
import { TimeoutError } from "../task/errors.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { Future } from "../task/future.ts";
import type { Resource } from "../task/owner.ts";
import { FlowControl } from "./flow-control.ts";
import { withinGrace } from "./grace.ts";
import { IdleTimer } from "./idle-timer.ts";
import type { StreamingProtocol, WirePlace } from "./network.ts";
import type { BufferedProtocol, Protocol } from "./protocol.ts";
import { callIn, protocolFrame, reportProtocol } from "./protocol-caller.ts";
import { StreamProtocol } from "./stream-protocol.ts";
import { Transport, type WriteBufferLimits } from "./transport.ts";

export abstract class Connection extends Transport implements Resource {
  protected readonly loop: EventLoop;
  /** @internal */
  place: WirePlace;
  protected readonly flow: FlowControl;
  /** `close` was called, or the connection has failed: the protocol hears only of its end. */
  protected closing = false;
  protected closed = false;
  #protocol: StreamingProtocol;
  #buffered: boolean;
  #reading = true;
  #sentEof = false;
  /** @internal The other side's end came while reading was paused. */
  unheardEnd = false;
  #failure: Error | null = null;
  #released: Future<void> | null = null;
  /** @internal Closes the connection when nothing comes or goes; null if it may be silent. */
  readonly idle: IdleTimer | null;
  /** What `wentOut` gave when the idle timer asked last. */
  #wentOut = 0;

  constructor(protocol: StreamingProtocol, place: WirePlace) {
    super();
    const { loop, owner, server, idleTimeout } = place;
    this.loop = loop;
    this.place = place;
    this.#protocol = protocol;
    this.#buffered = "getBuffer" in protocol;
    this.flow = new FlowControl(this);
    this.idle = idleTimeout === null ? null : new IdleTimer(loop, idleTimeout, () => this.#rest());
    owner?.own(this);
    server?.attach(this);
  }

  // ---- what carries the bytes

  /** Receive nothing until `resumeWire`. */
  protected abstract pauseWire(): void;
  protected abstract resumeWire(): void;
  /** Send what is buffered, then the end of the stream. */
  protected abstract endWire(): void;
  /** Send what is buffered, then close; `gone` is called in the end. */
  protected abstract closeWire(): void;
  /** Close at once; `gone` is called soon. */
  protected abstract cutWire(): void;
  /** Bytes that have gone out, or less: those of which `sent` does not hear one by one. */
  protected wentOut(): number {
    return 0;
  }

  // ---- what it tells

  /** Tell the protocol that there is a connection. What it throws closes the connection. */
  protected begin(): void {
    const protocol = this.#protocol;
    try {
      callIn(this.place.frame, () => protocol.connectionMade(this));
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** Bytes have come. */
  protected received(data: Uint8Array): void {
    if (this.closing) return;
    this.idle?.touch();
    try {
      // Streams run no code of a program here, and are the most: they enter no frame.
      if (this.place.frame !== null) callIn(this.place.frame, () => this.#deliver(data));
      else if (this.#buffered) this.#deliver(data);
      else (this.#protocol as Protocol).dataReceived(data);
    } catch (error) {
      this.#protocolFailed(this.#buffered ? "getBuffer() or bufferUpdated" : "dataReceived", error);
    }
  }

  #deliver(data: Uint8Array): void {
    const protocol = this.#protocol;
    if (!this.#buffered) {
      (protocol as Protocol).dataReceived(data);
      return;
    }
    let rest = data;
    while (rest.length > 0 && !this.closing) {
      // It may have been replaced by one that is not buffered.
      if (this.#protocol !== protocol) {
        this.#deliver(rest);
        return;
      }
      const buffer = (protocol as BufferedProtocol).getBuffer(rest.length);
      if (!(buffer instanceof Uint8Array) || buffer.length === 0) {
        throw new RuntimeError("getBuffer() must return a Uint8Array of at least one byte");
      }
      const count = Math.min(buffer.length, rest.length);
      buffer.set(count === rest.length ? rest : rest.subarray(0, count));
      (protocol as BufferedProtocol).bufferUpdated(count);
      rest = rest.subarray(count);
    }
  }

  /** The other side sends nothing more. */
  protected ended(): void {
    if (this.closing) return;
    // Node says so to those who have paused as well.
    if (!this.#reading) {
      this.unheardEnd = true;
      return;
    }
    this.idle?.touch();
    const protocol = this.#protocol;
    try {
      if (callIn(this.place.frame, () => protocol.eofReceived()) !== true) this.close();
    } catch (error) {
      this.#protocolFailed("eofReceived", error);
    }
  }

  /** The connection is broken; `gone` will be called. */
  protected broke(error: Error): void {
    this.closing = true;
    this.#failure ??= error;
  }

  /** The connection is closed. */
  protected gone(): void {
    if (this.closed) return;
    this.closing = true;
    this.closed = true;
    this.idle?.stop();
    const protocol = this.#protocol;
    const { owner, server, frame } = this.place;
    owner?.disown(this);
    server?.detach(this);
    if (this.#released?.done() === false) this.#released.setResult(undefined);
    try {
      callIn(frame, () => protocol.connectionLost(this.#failure));
    } catch (error) {
      this.#report("connectionLost", error);
    }
  }

  /** Bytes were sent. */
  protected sent(): void {
    this.idle?.touch();
    if (!this.closed) this.flow.shrank();
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

  /** @internal End the connection by an error of this side. */
  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.abort();
  }

  /** @internal Another transport goes on with the connection: it is the run's and the server's from now on. */
  handOver(): void {
    this.place.owner?.disown(this);
    this.place.server?.detach(this);
  }

  /** A protocol that fails has lost track of its bytes: the connection ends. */
  #protocolFailed(call: string, error: unknown): void {
    this.#report(call, error);
    this.fail(error);
  }

  #report(call: string, error: unknown): void {
    reportProtocol(this.loop, this.#protocol, call, error, this);
  }

  /** The time is over without a call. A large write may be on its way, or what comes wait until it is wanted. */
  #rest(): void {
    const before = this.#wentOut;
    this.#wentOut = this.wentOut();
    const isSending = this.getWriteBufferSize() > 0;
    if (isSending ? this.#wentOut !== before : !this.#reading) {
      this.idle?.touch();
      return;
    }
    const ms = this.place.idleTimeout;
    this.fail(new TimeoutError(`the connection was closed: nothing came or went for ${ms} ms`));
  }

  // ---- sending

  override setWriteBufferLimits(limits: Partial<WriteBufferLimits> = {}): void {
    this.flow.setLimits(limits);
  }

  override getWriteBufferLimits(): WriteBufferLimits {
    return this.flow.getLimits();
  }

  override writeEof(): void {
    if (this.closing || this.#sentEof) return;
    this.#sentEof = true;
    this.endWire();
  }

  override canWriteEof(): boolean {
    return true;
  }

  /** @internal */
  refuseAfterEof(call: string): void {
    if (this.#sentEof) throw new RuntimeError(`cannot call ${call}() after writeEof()`);
  }

  // ---- receiving

  override isReading(): boolean {
    return this.#reading && !this.closing;
  }

  override pauseReading(): void {
    if (!this.isReading()) return;
    this.#reading = false;
    this.pauseWire();
  }

  override resumeReading(): void {
    if (this.closing || this.#reading) return;
    this.#reading = true;
    this.idle?.touch();
    this.resumeWire();
    if (!this.unheardEnd) return;
    this.unheardEnd = false;
    this.loop.callSoon(() => this.ended());
  }

  // ---- the end

  override close(): void {
    if (this.closing) return;
    this.closing = true;
    this.closeWire();
  }

  override abort(): void {
    if (this.closed) return;
    this.closing = true;
    this.cutWire();
  }

  override isClosing(): boolean {
    return this.closing;
  }

  /** The run ends: send what is buffered, if the other side takes it, and close. */
  release(): Coroutine<void> | undefined {
    this.close();
    if (this.closed) return undefined;
    this.#released = new Future<void>(this.loop, "the connection to close");
    return withinGrace(this.loop, this, this.#released);
  }

  // ---- the protocol

  override setProtocol(protocol: StreamingProtocol): void {
    // Streams were opened without a frame: they run no code of a program.
    if (this.place.frame === null && !(protocol instanceof StreamProtocol)) {
      const { loop, owner } = this.place;
      this.place = { ...this.place, frame: protocolFrame(loop, owner) };
    }
    this.lend(protocol);
  }

  /** @internal `setProtocol` for a protocol of heddle's own, for a while. */
  lend(protocol: StreamingProtocol): void {
    this.#protocol = protocol;
    this.#buffered = "getBuffer" in protocol;
  }

  override getProtocol(): StreamingProtocol {
    return this.#protocol;
  }
}
