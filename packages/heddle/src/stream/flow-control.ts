/*
 * Flow control for what is sent: asyncio's two marks.
 *
 *   0 ------------- low ------------------------- high ------------>  bytes in the write buffer
 *                    ^ at or below: resumeWriting   ^ above: pauseWriting
 *
 * Two marks instead of one, so that a writer at the border is not woken for every packet. A transport
 * extends this class and calls `grew` and `shrank` when its buffer did.
 */
import type { EventLoop } from "../task/event-loop.ts";
import type { BaseProtocol } from "./protocol.ts";
import { Transport, type WriteBufferLimits } from "./transport.ts";

const HIGH = 64 * 1024;

/** Low marks are a quarter of the high ones. */
const RATIO = 4;

export abstract class FlowControlledTransport extends Transport {
  protected readonly loop: EventLoop;
  protected high = HIGH;
  protected low = HIGH / RATIO;
  #paused = false;

  constructor(loop: EventLoop) {
    super();
    this.loop = loop;
  }

  setWriteBufferLimits(limits: Partial<WriteBufferLimits> = {}): void {
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

  getWriteBufferLimits(): WriteBufferLimits {
    return { high: this.high, low: this.low };
  }

  /** The write buffer may have become larger. */
  protected grew(): void {
    if (this.#paused || this.getWriteBufferSize() <= this.high) return;
    this.#paused = true;
    this.#tell("pauseWriting");
  }

  /** The write buffer may have become smaller. */
  protected shrank(): void {
    if (!this.#paused || this.getWriteBufferSize() > this.low) return;
    this.#paused = false;
    this.#tell("resumeWriting");
  }

  #tell(call: "pauseWriting" | "resumeWriting"): void {
    const protocol: BaseProtocol = this.getProtocol();
    try {
      protocol[call]();
    } catch (error) {
      this.loop.callExceptionHandler({
        message: `${protocol.constructor.name}.${call}() failed`,
        exception: error,
      });
    }
  }
}
