/*
 * The receiving half of a stream's end: what has come, until the program reads it.
 *
 *   segments --> #early, until those before them have come --> #arrived --bytes--> the program
 *
 * Each segment is acknowledged, with the window: how much more of the receive buffer is free. How fast a
 * program reads is its host's `rate`.
 */
import type { NetworkTimer } from "./network-timer.ts";
import type { Segment } from "./sending-half.ts";
import type { StreamEnd } from "./stream-end.ts";

export class ReceivingHalf {
  readonly #end: StreamEnd;
  readonly #arrived: Uint8Array[] = [];
  #size = 0;
  readonly #early = new Map<number, Segment>();
  /** The number of the next segment. */
  #expected = 0;
  /** The window that the other side was told last. */
  #told: number;
  /** How many acknowledgements were sent. */
  #acknowledgements = 0;
  #endArrived = false;
  #endTold = false;
  #delivering = false;
  #wake: NetworkTimer | null = null;
  /** When the program, at its speed, is through with what it has read. */
  #readyAt = 0;

  constructor(end: StreamEnd) {
    this.#end = end;
    this.#told = end.medium.settings.receiveBuffer;
  }

  /** Bytes that have come and were not read. */
  get size(): number {
    return this.#size;
  }

  /** The other side has said everything. */
  get isOver(): boolean {
    return this.#endArrived;
  }

  /** Nobody reads any more. */
  forget(): void {
    this.#arrived.length = 0;
    this.#size = 0;
    this.#wake?.cancel();
    this.#wake = null;
  }

  // ---- segments

  arrive(segment: Segment): void {
    const end = this.#end;
    if (segment.number > this.#expected) {
      this.#early.set(segment.number, segment);
    } else if (segment.number === this.#expected) {
      for (let next: Segment | undefined = segment; next !== undefined; ) {
        this.#early.delete(this.#expected);
        this.#expected++;
        if (next.isEnd) this.#endArrived = true;
        const { data } = next;
        if (data !== null) {
          if (end.isOrphan) {
            end.refuse(segment);
            end.die();
            return;
          }
          this.#arrived.push(data);
          this.#size += data.length;
        }
        next = this.#early.get(this.#expected);
      }
      this.deliver();
      if (end.isDead) return;
    }
    this.#acknowledge();
    end.mayBeOver();
  }

  #acknowledge(): void {
    const end = this.#end;
    const { sending } = end.peer as StreamEnd;
    const expected = this.#expected;
    const window = Math.max(0, end.medium.settings.receiveBuffer - this.#size);
    this.#told = window;
    const number = this.#acknowledgements++;
    end.medium.carry(
      end,
      end.peer as StreamEnd,
      "ack",
      0,
      () => sending.acknowledged(number, expected, window),
      () => sending.missedAcknowledgement(number),
    );
  }

  /** The other side was told of a nearly full window, which is so no more. */
  #mayOpenWindow(): void {
    const { medium, isDead, isOrphan, peer } = this.#end;
    if (isDead || isOrphan || peer === null) return;
    const { receiveBuffer, segmentSize } = medium.settings;
    const window = receiveBuffer - this.#size;
    if (this.#told > receiveBuffer / 2) return;
    if (window - this.#told >= Math.min(receiveBuffer / 2, segmentSize)) this.#acknowledge();
  }

  // ---- the program

  /** The program reads on, or its speed has changed: see whether there is something for it, soon. */
  wake(): void {
    if (this.#end.user !== null) this.#wakeAt(this.#end.medium.now);
  }

  #wakeAt(when: number): void {
    this.#wake ??= this.#end.medium.at(when, () => {
      this.#wake = null;
      this.deliver();
    });
  }

  /** Give the program what has come, as far as it reads. */
  deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      this.#deliverBytes();
      this.#deliverEnd();
    } finally {
      this.#delivering = false;
      this.#mayOpenWindow();
    }
  }

  #deliverBytes(): void {
    for (let data = this.#arrived[0]; data !== undefined; data = this.#arrived[0]) {
      // Each piece may make the program pause, or close.
      const { user } = this.#end;
      if (user?.reads !== true || !this.#mayRead(data)) return;
      this.#arrived.shift();
      this.#size -= data.length;
      user.bytes(data);
    }
  }

  #deliverEnd(): void {
    const end = this.#end;
    const { user } = end;
    if (user === null || this.#arrived.length > 0 || !user.reads) return;
    if (end.failure !== null) end.tellFailure();
    else if (this.#endArrived && !this.#endTold && end.host.rate > 0) {
      this.#endTold = true;
      user.end();
    }
  }

  /** Does the program read as fast as that? */
  #mayRead(next: Uint8Array): boolean {
    const { host, medium } = this.#end;
    const { rate } = host;
    if (rate === Number.POSITIVE_INFINITY) return true;
    if (rate === 0) return false;
    const { now } = medium;
    this.#readyAt = Math.max(this.#readyAt, now);
    if (this.#readyAt > now) {
      this.#wakeAt(this.#readyAt);
      return false;
    }
    this.#readyAt = now + next.length / rate;
    return true;
  }
}
