/*
 * Protocols: what is told to whoever makes sense of the bytes.
 *
 *   connectionMade -> dataReceived* -> eofReceived? -> connectionLost
 *
 * with `pauseWriting` and `resumeWriting` in turns between the first and the last. The methods of these
 * classes do nothing: override those that you need.
 */
import type { BaseTransport } from "./transport.ts";

/** What all protocols can be told. Counterpart: `asyncio.BaseProtocol`. */
export class BaseProtocol {
  /** There is a connection. Called once, first. */
  connectionMade(_transport: BaseTransport): void {}

  /** The connection is gone: by an error, or, with null, because one side closed it. Called once, last. */
  connectionLost(_error: Error | null): void {}

  /** The transport holds more bytes than its high mark: write no more for now. */
  pauseWriting(): void {}

  /** The transport holds no more bytes than its low mark: write on. */
  resumeWriting(): void {}
}

/** A protocol of a stream of bytes. Counterpart: `asyncio.Protocol`. */
export class Protocol extends BaseProtocol {
  /** Bytes have come: never none, and cut anywhere. */
  dataReceived(_data: Uint8Array): void {}

  /**
   * The other side sends nothing more. Return true to keep the connection open for what is still to be
   * sent; otherwise the transport closes itself. Called at most once.
   */
  eofReceived(): boolean | undefined {
    return undefined;
  }
}
