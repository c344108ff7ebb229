/*
 * Transports: what moves bytes, as asyncio divides the world.
 *
 * A transport owns the connection and knows nothing of what the bytes mean; a protocol (protocol.ts)
 * knows what they mean and nothing of where they come from. `node/` has transports over sockets,
 * `testing/` over a simulated network; streams are one protocol among others.
 */
import type { BaseProtocol } from "./protocol.ts";
import type { Certificate } from "./tls.ts";

/** One end of a connection, or what a server listens on. */
export interface SocketAddress {
  /** An IP address; for Unix sockets the path ("" if it has none). */
  address: string;
  /** 0 for Unix sockets. */
  port: number;
  family: "IPv4" | "IPv6" | "Unix";
}

/** What `getExtraInfo` can tell. What does not apply to a transport is undefined. */
export interface ExtraInfo {
  /** The other end. Known when the connection is closed, too, if it was asked for before. */
  peername: SocketAddress;
  /** This end; otherwise as `peername`. */
  sockname: SocketAddress;
  /** The platform's own object: a `net.Socket` on Node, a `tls.TLSSocket` under TLS. */
  socket: object;
  /** Of TLS: the certificate of the other side, if it has given one. */
  peercert: Certificate;
  /** Of TLS: is the other side's certificate valid? (False is seen with `rejectUnauthorized: false` alone.) */
  authorized: boolean;
  /** Of TLS: what is spoken, as { name: "TLS_AES_256_GCM_SHA384", version: "TLSv1.3" }. */
  cipher: { name: string; version: string };
  /** Of TLS: the application protocol that both sides have agreed on. */
  alpnProtocol: string;
  /** Of TLS: the name that the client has asked for. */
  servername: string;
}

export interface WriteBufferLimits {
  /** Bytes above which the protocol is told to pause. */
  high: number;
  /** Bytes at or below which it is told to resume. */
  low: number;
}

/** What all transports can do. Counterpart: `asyncio.BaseTransport`. */
export abstract class BaseTransport {
  /** What is known about the connection: see `ExtraInfo`. Never suspends. */
  abstract getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  abstract getExtraInfo<T = undefined>(name: string, fallback?: T): unknown;

  /** Is the transport closing, or closed? */
  abstract isClosing(): boolean;

  /**
   * Send what is buffered, then close. Nothing is received from now on. When it is done the protocol's
   * `connectionLost(null)` is called. Closing twice does nothing.
   */
  abstract close(): void;

  abstract setProtocol(protocol: BaseProtocol): void;
  abstract getProtocol(): BaseProtocol;

  /** For reports: `<SocketTransport 127.0.0.1:50000>`. */
  toString(): string {
    const peer = this.getExtraInfo("peername");
    const where = peer === undefined ? "" : ` ${peer.address}:${peer.port}`;
    return `<${this.constructor.name}${where}>`;
  }
}

/** A transport that receives. Counterpart: `asyncio.ReadTransport`. */
export abstract class ReadTransport extends BaseTransport {
  /** Is it receiving: neither paused nor closing? */
  abstract isReading(): boolean;

  /** Receive nothing until `resumeReading()`; the other side will have to wait. May be called twice. */
  abstract pauseReading(): void;

  /** Receive again. May be called twice. */
  abstract resumeReading(): void;
}

/** A transport that sends. Counterpart: `asyncio.WriteTransport`. */
export abstract class WriteTransport extends BaseTransport {
  /**
   * Move the marks of the flow control: above `high` bytes the protocol's `pauseWriting` is called, at
   * or below `low` its `resumeWriting`. By default 64 KiB and a quarter of that; if only one is given,
   * the other is four times or a quarter of it. Throws RangeError unless high >= low >= 0.
   */
  abstract setWriteBufferLimits(limits?: Partial<WriteBufferLimits>): void;
  abstract getWriteBufferLimits(): WriteBufferLimits;

  /** Bytes that were written but not yet given to the system. */
  abstract getWriteBufferSize(): number;

  /**
   * Send these bytes in the background. They are not copied: leave them alone until they are sent.
   * Throws RuntimeError after `writeEof()`; on a closing transport they are dropped.
   */
  abstract write(data: Uint8Array): void;

  /** Send these pieces one after another, in as few system calls as possible. */
  abstract writelines(pieces: Iterable<Uint8Array>): void;

  /** Send what is buffered, then tell the other side that nothing more comes. Receiving goes on. */
  abstract writeEof(): void;
  abstract canWriteEof(): boolean;

  /** Close at once: what is buffered is lost. `connectionLost(null)` is called soon. */
  abstract abort(): void;
}

/**
 * A transport that receives and sends. Counterpart: `asyncio.Transport`. (JavaScript knows one parent
 * for each class: it is a `ReadTransport` by its type, not by `instanceof`.)
 */
export abstract class Transport extends WriteTransport implements ReadTransport {
  abstract isReading(): boolean;
  abstract pauseReading(): void;
  abstract resumeReading(): void;
}

/** A transport of datagrams. Counterpart: `asyncio.DatagramTransport`. */
export abstract class DatagramTransport extends BaseTransport {
  /**
   * Send `data` to `to`, in the background; without `to`, to the address that the endpoint is connected to.
   * It is not copied: leave it alone until it is sent. What cannot be sent is told to the protocol's
   * `errorReceived`. Throws TypeError without any address to send to; on a closing transport it is dropped.
   */
  abstract sendto(data: Uint8Array | string, to?: DatagramTarget): void;

  /** As `WriteTransport.setWriteBufferLimits`. */
  abstract setWriteBufferLimits(limits?: Partial<WriteBufferLimits>): void;
  abstract getWriteBufferLimits(): WriteBufferLimits;

  /** Bytes of datagrams that the system has not taken yet. */
  abstract getWriteBufferSize(): number;

  /** Close at once: what is buffered is lost. */
  abstract abort(): void;
}

/** Where a datagram is to go. */
export interface DatagramTarget {
  /** An IP address. */
  address: string;
  port: number;
}

/** A child process and its pipes. Counterpart: `asyncio.SubprocessTransport`. */
export abstract class SubprocessTransport extends BaseTransport {
  abstract getPid(): number;

  /**
   * The status that the process ended with; the negative number of the signal that ended it (-9 for
   * SIGKILL), as in Python; null while it runs.
   */
  abstract getReturncode(): number | null;

  /** The pipe to the process's descriptor `fd` (0 is its stdin, 1 its stdout …); undefined if there is none. */
  abstract getPipeTransport(fd: number): BaseTransport | undefined;

  /** Send this signal to the process. Throws if it has ended. */
  abstract sendSignal(signal: string | number): void;
  /** SIGTERM: ask it to end. */
  abstract terminate(): void;
  /** SIGKILL: end it. */
  abstract kill(): void;
}
