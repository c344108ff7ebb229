/*
 * Flow control for what is sent: asyncio's two marks.
 *
 *   0 ------------- low ------------------------- high ------------>  bytes in the write buffer
 *                    ^ at or below: resumeWriting   ^ above: pauseWriting
 *
 * Two marks instead of one, so that a writer at the border is not woken for every packet. A transport
 * has one of these, and calls `grew` and `shrank` when its buffer did.
 */
import type { WriteBufferLimits } from "./transport.ts";

const HIGH = 64 * 1024;

/** Low marks are a quarter of the high ones. */
const RATIO = 4;

export interface Sender {
  getWriteBufferSize(): number;
  /** Tell the protocol. */
  tell(call: "pauseWriting" | "resumeWriting"): void;
}

export class FlowControl {
  high = HIGH;
  low = HIGH / RATIO;
  /** The protocol was told to pause. */
  paused = false;
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** The marks, as `WriteTransport.setWriteBufferLimits` has them. */
  setLimits(limits: Partial<WriteBufferLimits>): void {
    for (const limit of [limits.high, limits.low]) {
      if (limit === undefined || typeof limit === "number") continue;
      throw new TypeError(
        `setWriteBufferLimits() needs numbers of bytes as high and low, got ${typeof limit}`,
      );
    }
    const high = limits.high ?? (limits.low === undefined ? HIGH : limits.low * RATIO);
    const low = limits.low ?? Math.floor(high / RATIO);
    if (!(high >= low && low >= 0)) {
      throw new RangeError(
        `setWriteBufferLimits() needs high >= low >= 0 in bytes, got high ${high} and low ${low}`,
      );
    }
    this.high = high;
    this.low = low;
    this.grew();
  }

  getLimits(): WriteBufferLimits {
    return { high: this.high, low: this.low };
  }

  /** The write buffer may have become larger. */
  grew(): void {
    if (this.paused || this.#sender.getWriteBufferSize() <= this.high) return;
    this.paused = true;
    this.#sender.tell("pauseWriting");
  }

  /** The write buffer may have become smaller. */
  shrank(): void {
    if (!this.paused || this.#sender.getWriteBufferSize() > this.low) return;
    this.paused = false;
    this.#sender.tell("resumeWriting");
  }
}
