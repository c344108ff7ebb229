/*
 * sendfile: a file, or a part of it, over a transport.
 *
 * Node offers no call of the system that does it (sendfile(2)), so it is what asyncio calls the fallback:
 * read a piece, write it, wait until the transport has given it to the system. The next piece is read
 * meanwhile. So there are never more than two pieces in memory, however slow the other side is.
 *
 * As in asyncio the transport gets a protocol of ours for the time, which hears of its flow control, whatever
 * protocol the program has. Both marks are 0 meanwhile: writing goes on when all is sent, and then a
 * piece's memory can be used again (of transports over memory only their maker knows when).
 */
import type { FileHandle } from "node:fs/promises";
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { Connection } from "../stream/connection.ts";
import { ConnectionResetError } from "../stream/errors.ts";
import type { StreamingProtocol } from "../stream/network.ts";
import { Protocol } from "../stream/protocol.ts";
import type { Transport, WriteBufferLimits } from "../stream/transport.ts";
import { awaitPromise } from "../task/as-coroutine.ts";
import { getRunningLoop } from "../task/current-loop.ts";
import { Future } from "../task/future.ts";
import { caller, ownedCall } from "../task/owned-promise.ts";
import { checkAmount, checkFlag, checkOptions } from "./options.ts";

/** Bytes of a piece. Less takes more time and work; more takes memory alone (64 KiB to 1 MiB were tried). */
const PIECE = 256 * 1024;

export interface SendfileOptions {
  /** The byte of the file to begin with; where the file handle stands if not given. */
  offset?: number | null;
  /** Bytes to send; until the end of the file if not given. */
  count?: number | null;
  /** False: refuse to read and write in pieces, the only way that Node has. True if not given. */
  fallback?: boolean;
}

/**
 * Send a file over `transport`, from `offset` on, `count` bytes or until its end; gives the number of bytes
 * sent. It returns when all of them are with the system. Nothing is received meanwhile, and nothing else
 * may be written. At most two pieces of 256 KiB are in memory at once.
 *
 * Without `offset` the file's own position is where it begins, and stands behind the last byte sent
 * afterwards (after an error or a cancellation up to two pieces further). With `offset` the position does not
 * move: Node cannot set it.
 *
 * Always suspends. Throws RuntimeError if the transport is closing or has said its end, or `fallback` is false; what the
 * file's reading throws; ConnectionResetError if the connection is lost. On cancellation it stops between two
 * pieces: the connection stays open, but how much was sent is not known. Counterpart: `loop.sendfile`.
 *
 * @example
 * const file = yield* fromPromise(open("photo.jpg"));
 * try {
 *   yield* sendfile(writer.transport, file);
 * } finally {
 *   yield* fromPromise(file.close());
 * }
 */
export function sendfile(
  transport: Transport,
  file: FileHandle,
  options: SendfileOptions = {},
): ThenableAwaitable<number> {
  const call = "sendfile";
  if (!(transport instanceof Connection)) {
    throw new TypeError(`${call}() needs a transport first: of streams, writer.transport`);
  }
  if (typeof file === "string") {
    throw new TypeError(
      `${call}() needs an open file, got the path ${JSON.stringify(file)}: open it by ` +
        "yield* fromPromise(open(path)), with open of node:fs/promises",
    );
  }
  if (typeof file?.read !== "function" || typeof file.fd !== "number") {
    throw new TypeError(`${call}() needs a FileHandle, as open() of node:fs/promises gives it`);
  }
  checkOptions(call, options, ["offset", "count", "fallback"]);
  const { offset = null, count = null, fallback } = options;
  checkWhole(call, "offset", offset);
  checkWhole(call, "count", count);
  checkFlag(call, "fallback", fallback);
  if (fallback === false) {
    throw new RuntimeError(`${call}() can only read and write in pieces here: fallback is false`);
  }
  return ownedCall(caller(), send(transport, file, offset, count ?? Number.POSITIVE_INFINITY));
}

function checkWhole(call: string, name: string, amount: number | null): void {
  if (amount === null) return;
  checkAmount(call, name, amount, 0);
  if (Number.isInteger(amount)) return;
  throw new RangeError(`${call}() needs a whole number as its ${name}, got ${amount}`);
}

function* send(
  transport: Connection,
  file: FileHandle,
  offset: number | null,
  count: number,
): Coroutine<number> {
  if (transport.isClosing()) throw new RuntimeError("sendfile() on a transport that is closing");
  if (transport.getProtocol() instanceof SendfileProtocol) {
    throw new RuntimeError("sendfile() on a transport that another sendfile() is sending over");
  }
  transport.refuseAfterEof("sendfile");
  const sending = new SendfileProtocol(transport);
  const pieces = new Pieces(file, offset, count, transport.getExtraInfo("socket") !== undefined);
  let sent = 0;
  try {
    yield* sending.drain();
    pieces.begin();
    for (;;) {
      const piece = yield* pieces.next();
      // Whoever has everything may close the connection.
      if (piece.length === 0 && !sending.paused) return sent;
      yield* sending.drain();
      transport.write(piece);
      sent += piece.length;
      pieces.begin();
    }
  } finally {
    sending.restore();
  }
}

/** Reads a file, one piece ahead. */
class Pieces {
  readonly #file: FileHandle;
  #position: number | null;
  #left: number;
  readonly #reuse: boolean;
  #reading: Promise<Uint8Array> | null = null;
  /** The piece being sent, and the one before, which is sent. */
  #busy: Uint8Array | null = null;
  #free: Uint8Array | null = null;

  constructor(file: FileHandle, position: number | null, left: number, reuse: boolean) {
    this.#file = file;
    this.#position = position;
    this.#left = left;
    this.#reuse = reuse;
  }

  /** Begin to read the next piece. All but the last one that `next` gave are sent. */
  begin(): void {
    const reading = this.#read();
    // If nobody waits for it any more it may fail unheard.
    reading.catch(() => {});
    this.#reading = reading;
  }

  /** The piece whose reading was begun; an empty one at the end. */
  next(): Coroutine<Uint8Array> {
    return awaitPromise(this.#reading as Promise<Uint8Array>);
  }

  async #read(): Promise<Uint8Array> {
    const size = Math.min(PIECE, this.#left);
    const room = this.#free ?? Buffer.allocUnsafeSlow(size);
    if (this.#reuse) {
      this.#free = this.#busy;
      this.#busy = room;
    }
    if (size === 0) return room.subarray(0, 0);
    const { bytesRead } = await this.#file.read(room, 0, size, this.#position);
    this.#left -= bytesRead;
    if (this.#position !== null) this.#position += bytesRead;
    return room.subarray(0, bytesRead);
  }
}

/** The transport's protocol while a file is sent. */
class SendfileProtocol extends Protocol {
  readonly #transport: Connection;
  readonly #protocol: StreamingProtocol;
  readonly #limits: WriteBufferLimits;
  readonly #wasReading: boolean;
  /** The program's protocol was told to pause. */
  readonly #wasPaused: boolean;
  #paused = false;
  #lost: Error | null = null;
  #waiter: Future<void> | null = null;

  constructor(transport: Connection) {
    super();
    this.#transport = transport;
    this.#protocol = transport.getProtocol();
    this.#limits = transport.getWriteBufferLimits();
    this.#wasReading = transport.isReading();
    transport.pauseReading();
    transport.lend(this);
    // From now on it is paused whenever anything is buffered. If this says nothing it was paused before.
    transport.setWriteBufferLimits({ high: 0, low: 0 });
    this.#wasPaused = !this.#paused && transport.getWriteBufferSize() > 0;
    this.#paused ||= this.#wasPaused;
  }

  /** Something is still to be sent. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Wait until all is sent. */
  *drain(): Coroutine<void> {
    while (this.#paused && this.#lost === null && !this.#transport.isClosing()) {
      this.#waiter = new Future<void>(getRunningLoop(), "the transport to send a piece of a file");
      yield* this.#waiter;
    }
    if (this.#lost !== null) throw this.#lost;
    if (this.#transport.isClosing()) {
      throw new ConnectionResetError("the connection was closed while a file was sent");
    }
  }

  /** Give the transport back. */
  restore(): void {
    const transport = this.#transport;
    transport.lend(this.#protocol);
    transport.setWriteBufferLimits(this.#limits);
    if (transport.isClosing()) return;
    // Each of its pauses has its end: it is told of what has changed.
    if (this.#wasPaused && !this.#paused) transport.tell("resumeWriting");
    if (!this.#wasPaused && this.#paused) transport.tell("pauseWriting");
    if (this.#wasReading) transport.resumeReading();
  }

  override pauseWriting(): void {
    this.#paused = true;
  }

  override resumeWriting(): void {
    this.#paused = false;
    this.#wake();
  }

  override connectionLost(error: Error | null): void {
    this.#lost =
      error ?? new ConnectionResetError("the connection was closed while a file was sent");
    this.#wake();
    this.#protocol.connectionLost(error);
  }

  #wake(): void {
    if (this.#waiter?.done() === false) this.#waiter.setResult(undefined);
  }
}
