/*
 * The sending half of a stream's end: what the program has written, until the other side has acknowledged it.
 *
 *   program --take--> #unsent --segments--> #unacked --acknowledgements--> gone
 *
 * Both together hold no more than the send buffer; no more is on its way than the window that the other side
 * has told: so back-pressure is real.
 *
 * Segments are numbered. The network tells the sender at once which one it has lost, where TCP would find out
 * by a timer: so no timer runs as long as all goes well, and a program that waits for a silent peer for ever
 * is seen to do so. What is lost is sent again after 200 ms, then 400, and so on, as Linux does.
 */
import { allocate } from "../../loop/hosts/allocate.ts";
import { ByteQueue } from "../../stream/byte-queue.ts";
import { lossFailure } from "./network-failure.ts";
import type { NetworkTimer } from "./network-timer.ts";
import type { StreamEnd } from "./stream-end.ts";

/** Milliseconds until what was lost is sent again: at first, and at most. */
const FIRST_RETRY = 200;
const LAST_RETRY = 120_000;

export interface Segment {
  /** -1 for a probe, which is none. */
  readonly number: number;
  /** null for the end of the stream, for the one that confirms a connection, and for a probe. */
  readonly data: Uint8Array | null;
  readonly isEnd: boolean;
  lost: boolean;
}

/** What asks the other side for an acknowledgement, or for a reset. */
export function probeSegment(): Segment {
  return { number: -1, data: null, isEnd: false, lost: false };
}

export class SendingHalf {
  readonly #end: StreamEnd;
  readonly #unsent = new ByteQueue(allocate);
  readonly #unacked: Segment[] = [];
  /** Bytes in `#unacked`. */
  #inFlight = 0;
  #nextNumber = 0;
  #ending = false;
  #endSent = false;
  /** Bytes that the other side has room for. */
  #window: number;
  #retry: NetworkTimer | null = null;
  #retryAfter = FIRST_RETRY;
  /** Since when nothing gets through. */
  #losingSince: number | null = null;
  /** An acknowledgement was lost, and no later one has come. */
  #probing = false;
  #missed = -1;

  constructor(end: StreamEnd) {
    this.#end = end;
    this.#window = end.medium.settings.receiveBuffer;
  }

  // ---- the program

  /** Take as many of these bytes as there is room for; returns how many. They are copied. */
  take(data: Uint8Array): number {
    if (this.#end.isDead || this.#ending) return 0;
    const { sendBuffer } = this.#end.medium.settings;
    const room = sendBuffer - this.#unsent.length - this.#inFlight;
    const count = Math.min(room, data.length);
    if (count <= 0) return 0;
    const copy = allocate(count);
    copy.set(count === data.length ? data : data.subarray(0, count));
    this.#unsent.push(copy);
    this.#transmit();
    return count;
  }

  /** Nothing more will be taken: send the end of the stream after the rest. */
  finish(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#transmit();
  }

  /** The end of the stream was sent, and everything is acknowledged. */
  get isOver(): boolean {
    return this.#endSent && this.#unacked.length === 0;
  }

  forget(): void {
    this.#retry?.cancel();
    this.#unsent.drop(this.#unsent.length);
    this.#unacked.length = 0;
    this.#inFlight = 0;
  }

  // ---- segments

  /** The segment that ends the handshake. */
  confirm(): void {
    this.#send(null, false);
  }

  #transmit(): void {
    const { medium, isDead, isLocal, established, options } = this.#end;
    const { segmentSize, fragment } = medium.settings;
    if (isDead || !established) return;
    while (this.#unsent.length > 0) {
      const room = this.#window - this.#inFlight;
      if (room <= 0) {
        // The window that was told last may be out of date, if the packet that told it was lost.
        if (this.#probing && this.#inFlight === 0) this.#retryLater();
        break;
      }
      const available = this.#unsent.length;
      let size = Math.min(available, segmentSize, room);
      const isSmall = size < segmentSize;
      // No small segments because the window is nearly full; nor, without TCP_NODELAY, because little was written.
      if (isSmall && this.#inFlight > 0 && (size < available || !options.noDelay)) break;
      if (fragment && !isLocal) size = 1 + Math.floor(medium.chance() * size);
      this.#inFlight += size;
      this.#send(this.#unsent.take(size), false);
    }
    if (this.#unsent.length === 0 && this.#ending && !this.#endSent) {
      this.#endSent = true;
      this.#send(null, true);
    }
  }

  #send(data: Uint8Array | null, isEnd: boolean): void {
    const segment = { number: this.#nextNumber++, data, isEnd, lost: false };
    this.#unacked.push(segment);
    this.#carry(segment);
  }

  #carry(segment: Segment): void {
    const end = this.#end;
    const peer = end.peer as StreamEnd;
    const { data, isEnd } = segment;
    const what = data === null ? (isEnd ? "end" : "confirm") : "data";
    end.medium.carry(
      end,
      peer,
      what,
      data?.length ?? 0,
      () => peer.arrive(segment),
      () => this.lose(segment),
    );
  }

  // ---- what is lost

  lose(segment: Segment): void {
    segment.lost = true;
    this.#retryLater();
  }

  #retryLater(): void {
    const end = this.#end;
    const { medium } = end;
    if (end.isDead) return;
    this.#losingSince ??= medium.now;
    if (this.#retry !== null) return;
    const ms = medium.settings.retransmissionTimeout;
    const when = Math.min(medium.now + this.#retryAfter, this.#losingSince + ms);
    this.#retryAfter = Math.min(this.#retryAfter * 2, LAST_RETRY);
    this.#retry = medium.at(when, () => {
      this.#retry = null;
      if (when < (this.#losingSince ?? when) + ms) {
        this.#sendAgain();
        return;
      }
      const why = `the other side has acknowledged nothing for ${ms} ms`;
      end.breakWith(lossFailure("ETIMEDOUT", why));
    });
  }

  #sendAgain(): void {
    const lost = this.#unacked.filter((segment) => segment.lost);
    // An acknowledgement was lost, not a segment: the other side says it again.
    if (lost.length === 0 && this.#unacked[0] !== undefined) lost.push(this.#unacked[0]);
    for (const segment of lost) {
      segment.lost = false;
      this.#carry(segment);
    }
    if (lost.length > 0) return;
    const end = this.#end;
    const peer = end.peer as StreamEnd;
    const segment = probeSegment();
    end.medium.carry(
      end,
      peer,
      "probe",
      0,
      () => peer.arrive(segment),
      () => this.#retryLater(),
    );
  }

  /** The other end is dead: it will tell of no window any more. */
  probe(): void {
    if (this.#end.isDead || this.#unsent.length === 0 || this.#unacked.length > 0) return;
    this.#probing = true;
    this.#retryLater();
  }

  // ---- acknowledgements

  /** All segments before `expected` have come, and there is room for `window` bytes. */
  acknowledged(number: number, expected: number, window: number): void {
    const end = this.#end;
    if (end.isDead) return;
    end.keepAlive.heard();
    // One that was sent before another was lost does not make up for it.
    if (number > this.#missed) this.#probing = false;
    let count = 0;
    for (const segment of this.#unacked) {
      if (segment.number >= expected) break;
      count++;
      this.#inFlight -= segment.data?.length ?? 0;
    }
    this.#unacked.splice(0, count);
    this.#window = window;
    this.#retryAfter = FIRST_RETRY;
    if (!this.#probing && !this.#unacked.some((segment) => segment.lost)) {
      this.#losingSince = null;
      this.#retry?.cancel();
      this.#retry = null;
    } else if (count > 0) this.#losingSince = end.medium.now;
    this.#transmit();
    end.mayBeOver();
    if (count > 0 && this.#hasRoom()) end.user?.writable();
  }

  /** As on Linux, a third of the buffer is free: or each acknowledgement would be followed by as few bytes. */
  #hasRoom(): boolean {
    const used = this.#unsent.length + this.#inFlight;
    return this.#end.medium.settings.sendBuffer - used >= used / 2;
  }

  missedAcknowledgement(number: number): void {
    if (this.#end.isDead) return;
    this.#missed = number;
    this.#probing = true;
    if (this.#unacked.length > 0 || this.#unsent.length > 0) this.#retryLater();
  }
}
