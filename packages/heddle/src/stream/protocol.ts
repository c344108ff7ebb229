/*
 * Protocols: what is told to whoever makes sense of the bytes.
 *
 *   connectionMade -> dataReceived* -> eofReceived? -> connectionLost
 *
 * with `pauseWriting` and `resumeWriting` in turns between the first and the last. The methods of these
 * classes do nothing: override those that you need.
 */
import type {
  BaseTransport,
  DatagramTransport,
  SocketAddress,
  SubprocessTransport,
  Transport,
} from "./transport.ts";

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

  /** For reports: `<MyProtocol>`. */
  toString(): string {
    return `<${this.constructor.name}>`;
  }
}

/** A protocol of a stream of bytes. Counterpart: `asyncio.Protocol`. */
export class Protocol extends BaseProtocol {
  override connectionMade(_transport: Transport): void {}

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

/**
 * A protocol of a stream of bytes that says where they are to be put. Counterpart:
 * `asyncio.BufferedProtocol`. (Node reads into buffers of its own: the bytes are copied from there. What
 * this saves is making one array of several pieces.)
 */
export class BufferedProtocol extends BaseProtocol {
  override connectionMade(_transport: Transport): void {}

  /**
   * Give the array to put bytes in, of at least one byte; `sizeHint` is how many there are, -1 if that
   * is not known. It is the transport's until `bufferUpdated`.
   */
  getBuffer(_sizeHint: number): Uint8Array {
    throw new TypeError(`${this.constructor.name} must override getBuffer()`);
  }

  /** The first `count` bytes of the array were filled. */
  bufferUpdated(_count: number): void {}

  /** As `Protocol.eofReceived`. */
  eofReceived(): boolean | undefined {
    return undefined;
  }
}

/** A protocol of datagrams: UDP. Counterpart: `asyncio.DatagramProtocol`. */
export class DatagramProtocol extends BaseProtocol {
  override connectionMade(_transport: DatagramTransport): void {}

  /** A datagram has come from this address. */
  datagramReceived(_data: Uint8Array, _from: SocketAddress): void {}

  /**
   * A datagram that was sent before could not be delivered, or one could not be received: nobody listens
   * there (ECONNREFUSED), say. The transport stays open.
   */
  errorReceived(_error: Error): void {}
}

/** The protocol of a child process. Counterpart: `asyncio.SubprocessProtocol`. */
export class SubprocessProtocol extends BaseProtocol {
  override connectionMade(_transport: SubprocessTransport): void {}

  /** The process has written to its stdout (`fd` 1), its stderr (2) or another of its pipes. */
  pipeDataReceived(_fd: number, _data: Uint8Array): void {}

  /** A pipe is closed: by an error, or with null at its end. Once for each pipe. */
  pipeConnectionLost(_fd: number, _error: Error | null): void {}

  /** The process has ended; its pipes may still have something to say. Called once. */
  processExited(): void {}
}
