/*
 * A transport over a stream of Node's, whatever it is: a file, a pipe, a terminal, a zlib stream.
 *
 * One way or both. Events enter the loop by `react`, as a socket's do. The stream is destroyed when the
 * transport is closed, but for those that the process shares (stdin, stdout, stderr): they are left, paused
 * and without listeners, to whoever wants them next.
 */
import type { Socket } from "node:net";
import { type Duplex, finished, type Readable, type Writable } from "node:stream";
import { Connection } from "../../stream/connection.ts";
import { ConnectionResetError } from "../../stream/errors.ts";
import type { StreamingProtocol, WirePlace } from "../../stream/network.ts";
import type { ExtraInfo } from "../../stream/transport.ts";
import { lossOf } from "../network-error.ts";

export interface Ways {
  readonly reads: boolean;
  readonly writes: boolean;
  /** It is the process's own: leave it open. */
  readonly shared: boolean;
}

type CodedError = Error & { code?: string };

const PREMATURE = "ERR_STREAM_PREMATURE_CLOSE";
const encoder = new TextEncoder();

export class StreamTransport extends Connection {
  readonly #stream: Duplex;
  readonly #ways: Ways;
  #ended = false;
  #forget = () => {};

  constructor(
    stream: Readable | Writable,
    protocol: StreamingProtocol,
    place: WirePlace,
    ways: Ways,
  ) {
    super(protocol, place);
    this.#stream = stream as Duplex;
    this.#ways = ways;
    this.loop.traffic?.outward.add(this);
  }

  /** Tell the protocol that there is a stream, and begin to receive. */
  start(): void {
    const stream = this.#stream;
    const { reads, writes } = this.#ways;
    const over = (error?: Error | null) => this.#react(this.#onOver, error ?? null);
    const onError = (error: Error) => this.broke(lossOf(error));
    const onEnd = () => this.#react(this.#onEnd, undefined);
    const onData = (data: Uint8Array | string) => this.#react(this.#onData, data);
    const unwatch = finished(stream, { readable: reads, writable: writes }, over);
    stream.on("error", onError);
    this.#forget = () => {
      unwatch();
      stream.off("error", onError).off("end", onEnd).off("data", onData);
    };
    this.begin();
    if (this.closing || !reads) return;
    stream.on("end", onEnd).on("data", onData);
    if (this.isReading()) stream.resume();
    else stream.pause();
  }

  #react<A>(event: (argument: A) => void, argument: A): void {
    if (this.loop.isClosed()) this.#leave();
    else this.loop.react(event, argument);
  }

  readonly #onData = (data: Uint8Array | string): void => {
    if (data instanceof Uint8Array) this.received(data);
    else if (typeof data === "string") this.received(encoder.encode(data));
    else this.fail(new TypeError(`a stream of bytes gave ${typeof data}: it is in object mode`));
  };

  readonly #onEnd = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.ended();
    if (!this.#ways.writes) this.close();
  };

  readonly #onOver = (error: CodedError | null): void => {
    if (error === null && this.#ways.reads) this.#onEnd();
    // Who closes it while it reads does not wait for its end.
    const left = this.closing && !this.#ways.writes && error?.code === PREMATURE;
    if (error !== null && !left) this.broke(lossWithCause(error));
    this.#over();
  };

  #over(): void {
    this.#leave();
    this.gone();
  }

  #leave(): void {
    const stream = this.#stream;
    this.loop.traffic?.outward.remove(this);
    this.#forget();
    // What a stream still says of its end is of no interest, but an error that nobody hears ends the process.
    if (!this.#ways.shared) stream.on("error", () => {}).destroy();
    else if (this.#ways.reads) rest(stream);
  }

  // ---- sending

  override write(data: Uint8Array): void {
    if (!this.#ways.writes) throw new TypeError("write(): this stream can only be read");
    this.refuseAfterEof("write");
    if (this.closing || data.length === 0) return;
    this.idle?.touch();
    this.#stream.write(data, this.#onWritten);
    this.flow.grew();
  }

  override writelines(pieces: Iterable<Uint8Array>): void {
    for (const piece of pieces) this.write(piece);
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (!error) this.#react(this.#onShrunk, undefined);
  };

  readonly #onShrunk = (): void => this.sent();

  override getWriteBufferSize(): number {
    return this.#ways.writes ? this.#stream.writableLength : 0;
  }

  override canWriteEof(): boolean {
    return this.#ways.writes && !this.#ways.shared;
  }

  protected override endWire(): void {
    if (!this.#ways.reads) this.close();
    else this.#stream.end();
  }

  // ---- receiving

  override isReading(): boolean {
    return this.#ways.reads && super.isReading();
  }

  protected override pauseWire(): void {
    this.#stream.pause();
  }

  protected override resumeWire(): void {
    this.#stream.resume();
  }

  // ---- the end

  protected override closeWire(): void {
    const stream = this.#stream;
    if (this.#ways.reads) stream.pause();
    const over = (error?: Error | null) => this.#react(this.#onSent, error ?? null);
    // Whoever wants a shared stream next finds it free.
    if (!this.#ways.writes && this.#ways.shared) this.#over();
    else if (!this.#ways.writes || stream.destroyed) this.loop.callSoon(() => this.#over());
    else if (!this.#ways.shared) stream.end(over);
    else if (stream.writableLength === 0) this.loop.callSoon(() => this.#over());
    else stream.write("", over);
  }

  /** All is sent; or the error because of which it is not. */
  readonly #onSent = (error: CodedError | null): void => {
    if (error !== null) this.broke(lossWithCause(error));
    this.#over();
  };

  protected override cutWire(): void {
    this.loop.callSoon(() => this.#over());
  }

  override getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  override getExtraInfo<T = undefined>(name: string, fallback?: T): unknown;
  override getExtraInfo(name: string, fallback?: unknown): unknown {
    return name === "pipe" ? this.#stream : fallback;
  }
}

/**
 * Leave a shared stream to the next who wants it. A socket or terminal that is paused goes on to fill its
 * buffer, which keeps the process alive, unless it is told not to.
 */
function rest(stream: Readable & Partial<Pick<Socket, "ref" | "unref">>): void {
  stream.pause();
  if (stream.unref === undefined) return;
  stream.unref();
  stream.once("resume", () => stream.ref?.());
}

/** Node says "premature close", or "cannot call" of what was called, for a stream that was destroyed without an error. */
function lossWithCause(error: CodedError): Error {
  if (error.code !== PREMATURE && error.code !== "ERR_STREAM_DESTROYED") return lossOf(error);
  const message = "the stream was destroyed before its end";
  return new ConnectionResetError(message, { code: error.code, cause: error });
}
