/*
 * StreamWriter: bytes go to the transport at once, and `drain` waits while it holds too many.
 *
 * asyncio's `drain` does not suspend as long as the buffer is small, so that a task which writes without
 * end starves all others; its users run into that again and again. Here it always is a checkpoint: it
 * lets whoever is ready go first, and it is a place where a cancellation arrives.
 *
 * When nobody is ready, giving way would come back here at once. Then most drains do without: that is
 * 300 of the 20,000 cycles that an echo costs an echo server (`npm run bench -- --only echo`). Every
 * eighth goes to the loop in any case, which looks at the clock after 64 turns of a task.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { arm, RESCHEDULE, RESUME } from "../coroutine/suspend.ts";
import type { Coroutine, Suspension, ThenableAwaitable } from "../coroutine/types.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { Operation, type Progress } from "../task/operation.ts";
import { ownedCall, thenOwned } from "../task/owned-promise.ts";
import type { Owner } from "../task/owner.ts";
import { currentTask } from "../task/task.ts";
import { bytesOf } from "./bytes.ts";
import { ConnectionResetError } from "./errors.ts";
import type { StreamProtocol } from "./stream-protocol.ts";
import type { StreamReader } from "./stream-reader.ts";
import type { StreamTlsOptions, TlsUpgrade } from "./tls.ts";
import type { ExtraInfo, Transport } from "./transport.ts";

/**
 * The sending end of a stream. Counterpart: `asyncio.StreamWriter`.
 *
 * @example
 * writer.write("GET / HTTP/1.0\r\n\r\n");
 * yield* writer.drain();
 * …
 * writer.close();
 * yield* writer.waitClosed();
 */
export class StreamWriter {
  /** The transport beneath. Another one after `startTls`. */
  transport: Transport;
  /** @internal */
  readonly _protocol: StreamProtocol;
  /** @internal */
  readonly _reader: StreamReader;
  readonly #drain: Drain;
  readonly #upgrade: TlsUpgrade | null;

  /** @internal Made by `openConnection` and `startServer`. */
  constructor(
    transport: Transport,
    protocol: StreamProtocol,
    reader: StreamReader,
    upgrade: TlsUpgrade | null = null,
  ) {
    this.transport = transport;
    this._protocol = protocol;
    this._reader = reader;
    this.#drain = new Drain(this);
    this.#upgrade = upgrade;
  }

  /** @internal */
  get _loop(): EventLoop {
    return this._reader._loop;
  }

  /** @internal */
  get _owner(): Owner | null {
    return this._reader._owner;
  }

  /**
   * Send bytes, or text as UTF-8, in the background. Never suspends: `drain()` afterwards, so that the
   * buffer does not grow without bounds. Bytes are not copied: leave them alone until they are sent.
   *
   * Throws TypeError for anything else, RuntimeError after `writeEof()`. On a stream that is closing the
   * bytes are dropped. Counterpart: `asyncio.StreamWriter.write`.
   */
  write(data: Uint8Array | string): void {
    this.transport.write(bytesOf(data, "write"));
  }

  /** `write` for several pieces, sent in as few system calls as possible. */
  writelines(pieces: Iterable<Uint8Array | string>): void {
    this.transport.writelines(Array.from(pieces, (piece) => bytesOf(piece, "writelines")));
  }

  /**
   * Wait until the write buffer is small enough to write on. Always a checkpoint: those who are ready go
   * first, even if there is nothing to wait for.
   *
   * Throws what ended the connection, or ConnectionResetError if it is closed. On cancellation what was
   * written is sent all the same. Counterpart: `asyncio.StreamWriter.drain`.
   */
  drain(): ThenableAwaitable<void> {
    return this._protocol.paused ? (new DrainLater(this) as ThenableAwaitable<void>) : this.#drain;
  }

  /** Send what is buffered, then tell the other side that nothing more comes. Reading goes on. */
  writeEof(): void {
    this.transport.writeEof();
  }

  /** Can this end say that nothing more comes, and still read? True for TCP. */
  canWriteEof(): boolean {
    return this.transport.canWriteEof();
  }

  /**
   * Close the stream, both directions, when what is buffered has been sent. Never suspends; await
   * `waitClosed()` to know when it is done. Closing twice does nothing.
   */
  close(): void {
    this.transport.close();
  }

  /**
   * Wait until the stream is closed. Suspends unless it is. Throws what ended the connection, if it was an
   * error. Cancelling it changes nothing of the stream. Counterpart: `asyncio.StreamWriter.wait_closed`.
   */
  waitClosed(): ThenableAwaitable<void> {
    return ownedCall(this, this._protocol.waitClosed());
  }

  /**
   * Speak TLS from now on, over the same connection. Who accepted the connection is the server: its options
   * are those of `startServer`'s `tls`, with a `cert` and a `key`; the other side's are those of
   * `openConnection`'s, with the `servername` that the certificate must be for.
   *
   * What was written is sent before, in the clear. What has come and was not read is the beginning of the
   * handshake: nothing that came in the clear is ever read as if it had come by TLS, so that a command which
   * somebody slipped in behind "STARTTLS" makes the handshake fail. Nobody may read or write meanwhile.
   *
   * Suspends. Throws TypeError or RangeError for options that cannot be, RuntimeError if the stream is
   * closing or has said its end, TimeoutError if the handshake takes too long, and an Error whose `code` says
   * what is wrong ("CERT_HAS_EXPIRED", say). If it fails, or is cancelled, the connection is closed.
   * Counterpart: `asyncio.StreamWriter.start_tls`.
   *
   * @example
   * writer.write("STARTTLS\r\n");
   * yield* reader.readline();
   * yield* writer.startTls({ servername: "mail.example.com" });
   */
  startTls(options: StreamTlsOptions): ThenableAwaitable<void> {
    const upgrade = this.#upgrade;
    if (upgrade === null) throw new RuntimeError("startTls(): there is no TLS on such a stream");
    return ownedCall(this, this.#goOn(upgrade(this.transport, this._protocol, options)));
  }

  *#goOn(upgraded: Coroutine<Transport>): Coroutine<void> {
    this.transport = yield* upgraded;
  }

  /** Is the stream closing, or closed? */
  isClosing(): boolean {
    return this.transport.isClosing();
  }

  /**
   * What is known about the connection: "peername" and "sockname" are the addresses of its two ends,
   * "socket" is the platform's object. `fallback` for what is not known.
   */
  getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  getExtraInfo<T = undefined>(name: string, fallback?: T): unknown;
  getExtraInfo(name: string, fallback?: unknown): unknown {
    return this.transport.getExtraInfo(name, fallback);
  }

  /** For reports. */
  toString(): string {
    const peer = this.getExtraInfo("peername");
    const to = peer === undefined ? "" : ` to ${peer.address}:${peer.port}`;
    return `StreamWriter${to}${this.isClosing() ? " (closing)" : ""}`;
  }
}

const DRAINED: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** One of so many drains goes to the loop even if nobody is ready. A power of two. */
const TURN_EVERY = 8;

/**
 * A `drain()` that has nothing to wait for. One object for each writer serves all of them, without any
 * state of the call, since one is awaited for every answer of a server. As for `reschedule`, the first
 * `next` of an await is told from the second by what is sent.
 */
class Drain implements ThenableAwaitable<undefined> {
  readonly #writer: StreamWriter;
  #count = 0;

  constructor(writer: StreamWriter) {
    this.#writer = writer;
  }

  [Symbol.iterator](): Iterator<Suspension, undefined, unknown> {
    return this as unknown as Iterator<Suspension, undefined, unknown>;
  }

  next(sent: unknown): IteratorResult<Suspension, undefined> {
    const { _protocol: protocol, _reader: reader } = this.#writer;
    if (sent === RESUME) {
      if (protocol.lost) throw lossOf(protocol);
      return DRAINED;
    }
    if (reader._failure !== null) throw reader._failure;
    // In the ready queue stands who is running, too.
    const idle =
      ++this.#count % TURN_EVERY !== 0 &&
      reader._loop.ready.length <= 1 &&
      currentTask()?._rare === null &&
      !protocol.lost;
    return idle ? DRAINED : (RESCHEDULE as unknown as IteratorYieldResult<Suspension>);
  }

  throw(error: unknown): never {
    throw error;
  }

  then<A = undefined, B = never>(
    onFulfilled?: ((value: undefined) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return thenOwned(this.#writer, this, onFulfilled, onRejected);
  }
}

/** A `drain()` that waits until the transport can take more, or is gone. */
class DrainLater extends Operation {
  readonly #writer: StreamWriter;

  constructor(writer: StreamWriter) {
    super("the write buffer to drain");
    this.#writer = writer;
  }

  protected override begin(): Progress {
    const { _protocol: protocol, _reader: reader } = this.#writer;
    if (reader._failure !== null) throw reader._failure;
    if (protocol.paused && !protocol.lost) protocol.addDrainer(this);
    else this.setResult(undefined);
    return arm(this);
  }

  protected override proceed(): Progress {
    const { _protocol: protocol } = this.#writer;
    if (protocol.lost) throw lossOf(protocol);
    return DRAINED;
  }

  protected override interrupted(): void {
    this.#writer._protocol.removeDrainer(this);
  }

  override then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return thenOwned(this.#writer, this, onFulfilled, onRejected);
  }
}

function lossOf(protocol: StreamProtocol): Error {
  return (
    protocol.lossError ?? new ConnectionResetError("the connection is closed: not all was sent")
  );
}
