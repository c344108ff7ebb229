/*
 * The protocol of streams: hands what a transport reports to a reader and to those who wait for the
 * writer. asyncio's StreamReaderProtocol.
 *
 * `dataReceived` is called for every packet and runs no code of the user, so it enters no frame.
 */
import type { Coroutine } from "../coroutine/types.ts";
import type { EventLoop } from "../task/event-loop.ts";
import { Future } from "../task/future.ts";
import { Protocol } from "./protocol.ts";
import type { StreamReader } from "./stream-reader.ts";
import type { Transport } from "./transport.ts";

export class StreamProtocol extends Protocol {
  readonly #loop: EventLoop;
  readonly #reader: StreamReader;
  #closers: Set<Future<void>> | null = null;
  #drainers: Set<Future<unknown>> | null = null;
  /** Writing is to wait. */
  paused = false;
  /** The connection is gone. */
  lost = false;
  /** The error that ended the connection. */
  lossError: Error | null = null;

  constructor(reader: StreamReader) {
    super();
    this.#loop = reader._loop;
    this.#reader = reader;
  }

  override connectionMade(transport: Transport): void {
    this.#reader.setTransport(transport);
  }

  override dataReceived(data: Uint8Array): void {
    this.#reader.feedData(data);
  }

  /** What is still to be sent can be sent. */
  override eofReceived(): boolean {
    this.#reader.feedEof();
    return true;
  }

  override connectionLost(error: Error | null): void {
    this.lost = true;
    this.lossError = error;
    if (error === null) this.#reader.feedEof();
    else this.#reader.setException(error);
    this.#wakeDrainers();
    wakeAll(this.#closers ?? []);
    this.#closers = null;
  }

  override pauseWriting(): void {
    this.paused = true;
  }

  override resumeWriting(): void {
    this.paused = false;
    this.#wakeDrainers();
  }

  /** `drainer` waits until it may write on. */
  addDrainer(drainer: Future<unknown>): void {
    this.#drainers ??= new Set();
    this.#drainers.add(drainer);
  }

  removeDrainer(drainer: Future<unknown>): void {
    this.#drainers?.delete(drainer);
  }

  #wakeDrainers(): void {
    const drainers = this.#drainers;
    this.#drainers = null;
    wakeAll(drainers ?? []);
  }

  /** TLS begins: take what has come and was not read. */
  takeReceived(): Uint8Array | null {
    return this.#reader._takeAll();
  }

  /** Another transport goes on with the connection. */
  replaceTransport(transport: Transport): void {
    this.#reader._replaceTransport(transport);
  }

  /** Wait until the connection is gone; throws the error that ended it. */
  *waitClosed(): Coroutine<void> {
    if (!this.lost) {
      const waiter = new Future<void>(this.#loop, "the connection to close");
      this.#closers ??= new Set();
      this.#closers.add(waiter);
      try {
        yield* waiter;
      } finally {
        this.#closers?.delete(waiter);
      }
    }
    if (this.lossError !== null) throw this.lossError;
  }
}

/** Those whose task was cancelled are done already. */
function wakeAll(waiters: Iterable<Future<unknown>>): void {
  for (const waiter of waiters) if (!waiter.done()) waiter.setResult(undefined);
}
