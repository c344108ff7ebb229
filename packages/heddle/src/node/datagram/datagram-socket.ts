/*
 * A UDP socket for coroutines: what comes is waited for, and what is sent may have to wait.
 *
 * UDP has no way to hold a sender back. So what comes while nobody receives is kept up to a number of
 * datagrams; more are dropped, as the system's own buffer drops them, and counted.
 *
 * An error of a datagram that was sent (nobody listens there, it is too large) comes later than the call that
 * sent it. The last one is kept, as the system keeps one for a socket, and thrown by the next `receive`: a
 * `send` must not fail for a datagram that went to somebody else.
 */
import { isIP } from "node:net";
import type { Coroutine, ThenableAwaitable } from "../../coroutine/types.ts";
import { ClosedResourceError } from "../../queue/channel-errors.ts";
import { Fifo } from "../../queue/fifo.ts";
import { networkOf } from "../../stream/network.ts";
import { DatagramProtocol } from "../../stream/protocol.ts";
import type { DatagramTarget, DatagramTransport, SocketAddress } from "../../stream/transport.ts";
import type { EventLoop } from "../../task/event-loop.ts";
import { Future } from "../../task/future.ts";
import { type Owned, ownedCall } from "../../task/owned-promise.ts";
import type { Owner } from "../../task/owner.ts";
import { networkError } from "../network-error.ts";
import { systemNetwork } from "../system-network.ts";

export interface Datagram {
  data: Uint8Array;
  from: SocketAddress;
}

/** Where `send` sends: as `remoteAddress`, an IP address or the name of a host. */
export type SendAddress = DatagramTarget | { host: string; port: number };

/** What `statistics()` gives. */
export interface DatagramStatistics {
  /** Datagrams that have come, those that were dropped included. */
  received: number;
  /** Datagrams that were dropped here, because nobody received them in time. */
  dropped: number;
  /** Datagrams that wait to be received. */
  queued: number;
  sent: number;
  /** Errors of datagrams: those that `receive` threw, and those that a later one took the place of. */
  errors: number;
}

/** What `openDatagram` gives. `using` closes it. */
export class DatagramSocket extends DatagramProtocol implements Owned, Disposable {
  /** @internal */
  readonly _loop: EventLoop;
  /** @internal */
  readonly _owner: Owner | null;
  readonly #queueSize: number;
  readonly #queue = new Fifo<Datagram>();
  /** Receivers in line. Whoever is woken looks again. */
  readonly #receivers = new Set<Future<void>>();
  /** Senders, while the transport holds too much. */
  readonly #senders = new Set<Future<void>>();
  readonly #closing: Future<void>;
  #transport: DatagramTransport | null = null;
  #paused = false;
  #error: Error | null = null;
  readonly #counts = { received: 0, dropped: 0, sent: 0, errors: 0 };

  /** @internal */
  constructor(loop: EventLoop, owner: Owner | null, queueSize: number) {
    super();
    this._loop = loop;
    this._owner = owner;
    this.#queueSize = queueSize;
    this.#closing = new Future<void>(loop, "a UDP socket to close");
  }

  /** This end. Where the system chose an address it is a wildcard ("0.0.0.0"), never a single one. */
  get address(): SocketAddress {
    return this.transport.getExtraInfo("sockname") as SocketAddress;
  }

  /** The transport below: for its write buffer limits, say. */
  get transport(): DatagramTransport {
    return this.#transport as DatagramTransport;
  }

  /**
   * The next datagram, and where it came from. Suspends if there is none. Several tasks may receive at the
   * same time: each datagram goes to one of them.
   *
   * Throws an error that the system told of a datagram that was sent (`code` "ECONNREFUSED": nobody listens
   * at the remote address; "EMSGSIZE": it was too large); the socket stays open. Throws ClosedResourceError when it is closed, before or
   * meanwhile. On cancellation no datagram is lost. Counterpart: `loop.sock_recvfrom`.
   *
   * @example
   * const { data, from } = yield* socket.receive();
   * yield* socket.send(data, from);
   */
  receive(): ThenableAwaitable<Datagram> {
    return ownedCall(this, this.#receive());
  }

  *#receive(): Coroutine<Datagram> {
    for (;;) {
      const failure = this.#error;
      this.#error = null;
      if (failure !== null) throw failure;
      this.#check("receive");
      const datagram = this.#queue.shift();
      if (datagram !== undefined) return datagram;
      const waiter = new Future<void>(this._loop, "a datagram");
      this.#receivers.add(waiter);
      try {
        yield* waiter;
      } catch (error) {
        this.#receivers.delete(waiter);
        // It was woken and cancelled in the same turn: what it was woken for is another's.
        if (!waiter.cancelled()) wakeOne(this.#receivers);
        throw error;
      }
    }
  }

  /**
   * Send `data`, a datagram (a string is sent as UTF-8), to `to`, or to the remote address of the socket.
   * Suspends only while more than the high mark (64 KiB) waits to be sent, and to look up the name of a host,
   * which is done each time: look it up once by `getaddrinfo`. `data` is not copied. That it was sent does
   * not mean that it arrives.
   *
   * Throws ClosedResourceError when it is closed, TypeError or RangeError for an address that cannot be. An
   * error that the system tells of the datagram is thrown by `receive`, and counted in `statistics()`. On cancellation nothing was sent.
   * Counterpart: `loop.sock_sendto`.
   */
  send(data: Uint8Array | string, to?: SendAddress): ThenableAwaitable<void> {
    return ownedCall(this, this.#send(data, to));
  }

  *#send(data: Uint8Array | string, to: SendAddress | undefined): Coroutine<void> {
    this.#check("send");
    const target = to === undefined ? undefined : yield* this.#resolved(to);
    while (this.#paused && !this.transport.isClosing()) {
      const waiter = new Future<void>(this._loop, "room in the write buffer of a UDP socket");
      this.#senders.add(waiter);
      try {
        yield* waiter;
      } finally {
        this.#senders.delete(waiter);
      }
    }
    this.sendNowait(data, target);
  }

  /**
   * Send in the background, whatever waits to be sent already. `to` is an IP address. Otherwise as `send`.
   * Counterpart: `DatagramTransport.sendto`.
   */
  sendNowait(data: Uint8Array | string, to?: DatagramTarget): void {
    this.#check("send");
    this.transport.sendto(data, to);
    this.#counts.sent++;
  }

  *#resolved(to: SendAddress): Coroutine<DatagramTarget> {
    const { port } = to;
    const host = "host" in to ? to.host : to.address;
    if (typeof host !== "string" || isIP(host) !== 0) return { address: host, port };
    const { family } = this.address;
    const network = networkOf(this._loop, systemNetwork);
    try {
      const [found] = yield* network.lookup(host, family === "IPv6" ? 6 : 4);
      return { address: (found as { address: string }).address, port };
    } catch (error) {
      throw networkError(error, `cannot send to ${host}:${port}`);
    }
  }

  #check(doing: string): void {
    if (this.transport.isClosing()) {
      throw new ClosedResourceError(`cannot ${doing}: the UDP socket is closed`);
    }
  }

  statistics(): DatagramStatistics {
    return { ...this.#counts, queued: this.#queue.size };
  }

  /** Send what is buffered, and close. Whoever receives hears of it. May be called twice. */
  close(): void {
    this.transport.close();
    this.#wakeAll();
  }

  isClosing(): boolean {
    return this.transport.isClosing();
  }

  /** Wait until what was buffered is sent and the socket is closed. Suspends unless it is. */
  waitClosed(): ThenableAwaitable<void> {
    return ownedCall(this, this.#waitClosed());
  }

  *#waitClosed(): Coroutine<void> {
    // A cancelled one cancels its own future, not that of all.
    if (this.#closing.done()) return;
    const waiter = new Future<void>(this._loop, "a UDP socket to close");
    this.#closing.addDoneCallback(() => {
      if (!waiter.done()) waiter.setResult(undefined);
    });
    yield* waiter;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.waitClosed();
  }

  /** What comes, until the socket is closed here; leaving the loop does not close it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, undefined> {
    while (!this.isClosing()) {
      try {
        yield await this.receive();
      } catch (error) {
        if (!(error instanceof ClosedResourceError)) throw error;
      }
    }
  }

  override toString(): string {
    return `DatagramSocket (${this.isClosing() ? "closed" : this.address.port})`;
  }

  // ---- the protocol

  /** @internal */
  override connectionMade(transport: DatagramTransport): void {
    this.#transport = transport;
  }

  /** @internal */
  override datagramReceived(data: Uint8Array, from: SocketAddress): void {
    this.#counts.received++;
    if (this.#queue.size >= this.#queueSize) {
      this.#counts.dropped++;
      return;
    }
    this.#queue.push({ data, from });
    wakeOne(this.#receivers);
  }

  /** @internal */
  override errorReceived(error: Error): void {
    this.#counts.errors++;
    this.#error = error;
    wakeOne(this.#receivers);
  }

  /** @internal */
  override pauseWriting(): void {
    this.#paused = true;
  }

  /** @internal */
  override resumeWriting(): void {
    this.#paused = false;
    for (const sender of this.#senders) if (!sender.done()) sender.setResult(undefined);
  }

  /** @internal */
  override connectionLost(_error: Error | null): void {
    this.#wakeAll();
    if (!this.#closing.done()) this.#closing.setResult(undefined);
  }

  #wakeAll(): void {
    for (const waiter of [...this.#receivers, ...this.#senders]) {
      if (!waiter.done()) waiter.setResult(undefined);
    }
    this.#receivers.clear();
  }
}

/** Wake who has waited longest. */
function wakeOne(waiters: Set<Future<void>>): void {
  for (const waiter of waiters) {
    waiters.delete(waiter);
    if (waiter.done()) continue;
    waiter.setResult(undefined);
    return;
  }
}
