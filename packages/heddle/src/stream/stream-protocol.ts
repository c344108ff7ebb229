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
  readonly #onConnection: ((transport: Transport) => void) | undefined;
  readonly #closers = new Set<Future<void>>();
  /** Those who wait until they may write on. */
  readonly drainers = new Set<Future<unknown>>();
  /** Writing is to wait. */
  paused = false;
  /** The connection is gone. */
  lost = false;
  /** The error that ended the connection. */
  lossError: Error | null = null;

  /** `onConnection` is called when there is a transport: servers start their handler there. */
  constructor(reader: StreamReader, onConnection?: (transport: Transport) => void) {
    super();
    this.#loop = reader._loop;
    this.#reader = reader;
    this.#onConnection = onConnection;
  }

  override connectionMade(transport: Transport): void {
    this.#reader.setTransport(transport);
    this.#onConnection?.(transport);
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
    wakeAll(this.drainers);
    wakeAll(this.#closers);
  }

  override pauseWriting(): void {
    this.paused = true;
  }

  override resumeWriting(): void {
    this.paused = false;
    wakeAll(this.drainers);
  }

  /** Wait until the connection is gone; throws the error that ended it. */
  *waitClosed(): Coroutine<void> {
    if (!this.lost) {
      const waiter = new Future<void>(this.#loop, "the connection to close");
      this.#closers.add(waiter);
      yield* waiter;
    }
    if (this.lossError !== null) throw this.lossError;
  }
}

/** Those whose task was cancelled are done already. */
function wakeAll(waiters: Set<Future<unknown>>): void {
  for (const waiter of waiters) if (!waiter.done()) waiter.setResult(undefined);
  waiters.clear();
}
