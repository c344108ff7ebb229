/*
 * One end of a stream connection, as a kernel has it: its program, its state, and how it ends.
 *
 *   connecting --> established --- close() ---> orphan --- both sides have said all ---> dead
 *                      \------ a reset, a time-out, a crash: breakWith() ------------/
 *
 *   sending-half.ts     what the program has written, until it is acknowledged
 *   receiving-half.ts   what has come, until the program reads it
 *   keep-alive.ts       is the other side still there?
 *
 * A dead end is in no host's list any more. What it had received is still read, and the program is then told
 * of the failure, as by a kernel.
 */
import type { SocketAddress } from "../../stream/transport.ts";
import { KeepAlive } from "./keep-alive.ts";
import type { Medium } from "./medium.ts";
import { lossFailure } from "./network-failure.ts";
import { ReceivingHalf } from "./receiving-half.ts";
import { type Segment, SendingHalf } from "./sending-half.ts";
import type { SimulatedHost } from "./simulated-host.ts";
import type { SimulatedListener } from "./simulated-listener.ts";

/** The program at this end. */
export interface StreamUser {
  readonly reads: boolean;
  /** It has bytes that were not taken yet, so that it hears of a broken connection without reading. */
  readonly writes: boolean;
  bytes(data: Uint8Array): void;
  end(): void;
  /** More can be taken. */
  writable(): void;
  broken(error: Error): void;
}

export interface StreamEndOptions {
  readonly noDelay: boolean;
  readonly keepAlive: number | null;
}

export class StreamEnd {
  readonly medium: Medium;
  readonly host: SimulatedHost;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Who accepted it; null at the side that connected. */
  readonly listener: SimulatedListener | null;
  readonly options: StreamEndOptions;
  readonly sending: SendingHalf;
  readonly receiving: ReceivingHalf;
  readonly keepAlive: KeepAlive;
  peer: StreamEnd | null = null;
  /** Who reads and writes here; null before it is opened, and when there is nothing more to tell. */
  user: StreamUser | null = null;
  /** It is in use by the other side: the handshake is over. */
  established = false;
  /** The program has closed it. */
  isOrphan = false;
  isDead = false;
  /** The reason for which the program cannot write any more. */
  failure: Error | null = null;
  /** When the latest packet from here arrives: none overtakes another. */
  latest = 0;

  constructor(
    medium: Medium,
    host: SimulatedHost,
    local: SocketAddress,
    remote: SocketAddress,
    listener: SimulatedListener | null,
    options: StreamEndOptions,
  ) {
    this.medium = medium;
    this.host = host;
    this.local = local;
    this.remote = remote;
    this.listener = listener;
    this.options = options;
    this.sending = new SendingHalf(this);
    this.receiving = new ReceivingHalf(this);
    this.keepAlive = new KeepAlive(this);
    host.ends.add(this);
  }

  /** There is no network between two ends on one Unix socket. */
  get isLocal(): boolean {
    return this.local.family === "Unix";
  }

  // ---- the program

  /** From now on this program reads. */
  attach(user: StreamUser): void {
    this.user = user;
    this.receiving.wake();
  }

  /** The program has no more interest. What was taken is still sent; what comes from now on is refused. */
  close(): void {
    if (this.isOrphan) return;
    this.isOrphan = true;
    this.user = null;
    if (this.isDead) return;
    if (this.receiving.size > 0) {
      this.sendReset();
      return;
    }
    this.sending.finish();
    this.mayBeOver();
  }

  /** Give up at once, and tell the other side. */
  sendReset(): void {
    if (this.peer !== null && !this.isDead) this.refuse(null);
    this.die();
  }

  // ---- the other side

  /** Confirm the connection: the other side has it from then on. */
  confirm(): void {
    this.established = true;
    this.sending.confirm();
  }

  arrive(segment: Segment): void {
    if (this.peer === null) return;
    if (this.isDead) {
      this.refuse(segment);
      return;
    }
    this.keepAlive.heard();
    if (this.established || this.#accept(segment)) this.receiving.arrive(segment);
  }

  /** The first packet from the other side makes it a connection here, if somebody still listens. */
  #accept(segment: Segment): boolean {
    this.established = true;
    if (this.listener?.enter(this) === true) return true;
    this.refuse(segment);
    this.die();
    return false;
  }

  /** Reset the other side; if that is lost, it will send `segment`, which has brought this about, again. */
  refuse(segment: Segment | null): void {
    const peer = this.peer as StreamEnd;
    this.medium.carry(
      this,
      peer,
      "reset",
      0,
      () => peer.breakWith(lossFailure("ECONNRESET", "the other side reset the connection")),
      () => {
        if (segment !== null) peer.sending.lose(segment);
      },
    );
  }

  // ---- the end

  /** Orphaned, and both sides have said everything. */
  mayBeOver(): void {
    if (!this.isOrphan || !this.sending.isOver) return;
    // Who has vanished says nothing more, either: Linux gives up a minute later.
    if (this.receiving.isOver || this.peer?.isDead === true) this.die();
  }

  /** Forget everything that is to be sent, without a word. */
  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.host.ends.delete(this);
    this.sending.forget();
    this.keepAlive.stop();
    this.peer?.lostPeer();
  }

  /** The other end is dead, and cannot open its window any more: where TCP probes it, it is probed from now on. */
  lostPeer(): void {
    this.mayBeOver();
    this.sending.probe();
  }

  /** The connection is broken, as far as this end knows. */
  breakWith(error: Error): void {
    if (this.isDead) return;
    this.die();
    this.failure = error;
    // Who waits to write hears of it at once, others when they have read what had come before.
    if (this.user?.writes === true) this.tellFailure();
    else this.receiving.deliver();
  }

  tellFailure(): void {
    const { user } = this;
    this.user = null;
    this.receiving.forget();
    user?.broken(this.failure as Error);
  }
}
