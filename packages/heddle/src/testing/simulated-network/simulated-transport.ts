/*
 * A transport over the simulated network: the write buffer of a program, in front of its end of a stream.
 */
import { Connection } from "../../stream/connection.ts";
import type { StreamingProtocol, WirePlace } from "../../stream/network.ts";
import type { ExtraInfo } from "../../stream/transport.ts";
import type { StreamEnd, StreamUser } from "./stream-end.ts";

export class SimulatedTransport extends Connection implements StreamUser {
  readonly #end: StreamEnd;
  /** What the end has not taken; the first one without its first `#offset` bytes. */
  readonly #buffer: Uint8Array[] = [];
  #offset = 0;
  #size = 0;
  /** When the buffer is empty: say the end of the stream, or close. */
  #then: "nothing" | "end" | "close" = "nothing";
  #endSaid = false;
  #endHeard = false;
  #leaving = false;

  constructor(end: StreamEnd, protocol: StreamingProtocol, place: WirePlace) {
    super(protocol, place);
    this.#end = end;
  }

  /** Tell the protocol that there is a connection, and begin to receive. */
  start(): void {
    this.begin();
    this.#end.attach(this);
  }

  // ---- what its end of the stream tells

  get reads(): boolean {
    return this.isReading();
  }

  get writes(): boolean {
    return this.#size > 0;
  }

  bytes(data: Uint8Array): void {
    this.received(data);
  }

  end(): void {
    this.#endHeard = true;
    this.ended();
    this.#mayLeave();
  }

  writable(): void {
    if (this.#size === 0) return;
    this.#flush();
    this.sent();
  }

  broken(error: Error): void {
    this.#forget();
    this.broke(error);
    this.#leave();
  }

  // ---- sending

  override write(data: Uint8Array): void {
    this.refuseAfterEof("write");
    if (this.closing || data.length === 0) return;
    this.idle?.touch();
    this.#put(data);
    this.#hearFailure();
    this.flow.grew();
  }

  override writelines(pieces: Iterable<Uint8Array>): void {
    this.refuseAfterEof("writelines");
    if (this.closing) return;
    this.idle?.touch();
    for (const piece of pieces) if (piece.length > 0) this.#put(piece);
    this.#hearFailure();
    this.flow.grew();
  }

  #put(data: Uint8Array): void {
    const taken = this.#size === 0 ? this.#end.sending.take(data) : 0;
    if (taken === data.length) return;
    if (this.#size === 0) this.#offset = taken;
    this.#buffer.push(data);
    this.#size += data.length - taken;
  }

  /** Who does not read hears of a broken connection when it writes. */
  #hearFailure(): void {
    const { failure } = this.#end;
    if (failure === null || this.closing) return;
    this.broken(failure);
  }

  #flush(): void {
    while (this.#size > 0) {
      const first = this.#buffer[0] as Uint8Array;
      const rest = this.#offset === 0 ? first : first.subarray(this.#offset);
      const taken = this.#end.sending.take(rest);
      this.#size -= taken;
      this.#offset += taken;
      if (taken < rest.length) return;
      this.#buffer.shift();
      this.#offset = 0;
    }
    if (this.#then === "close") this.#leave();
    else if (this.#then === "end") this.#sayEnd();
  }

  #forget(): void {
    this.#buffer.length = 0;
    this.#size = 0;
  }

  override getWriteBufferSize(): number {
    return this.#size;
  }

  protected override endWire(): void {
    if (this.#size > 0) this.#then = "end";
    else this.#sayEnd();
  }

  #sayEnd(): void {
    this.#endSaid = true;
    this.#end.sending.finish();
    this.#mayLeave();
  }

  // ---- receiving

  protected override pauseWire(): void {}

  protected override resumeWire(): void {
    this.#end.receiving.wake();
  }

  // ---- the end

  protected override closeWire(): void {
    if (this.#size > 0) this.#then = "close";
    else this.#leave();
  }

  protected override cutWire(): void {
    this.#forget();
    this.#leave();
  }

  /** Both sides have said everything. */
  #mayLeave(): void {
    if (this.#endSaid && this.#endHeard && !this.closing) this.close();
  }

  /** Soon, never inside of a call of the protocol or the program. */
  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#end.medium.soon(() => {
      this.#end.close();
      this.gone();
    });
  }

  /** End the connection at once, and tell the other side that it is broken (RST). */
  reset(): void {
    this.#end.sendReset();
    this.abort();
  }

  override getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  override getExtraInfo<T = undefined>(name: string, fallback?: T): unknown;
  override getExtraInfo(name: string, fallback?: unknown): unknown {
    switch (name) {
      case "peername":
        return this.#end.remote;
      case "sockname":
        return this.#end.local;
      default:
        return fallback;
    }
  }
}
