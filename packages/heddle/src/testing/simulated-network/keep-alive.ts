/*
 * With `keepAlive`, a silent peer that cannot answer is found out.
 *
 * TCP probes again and again, for as long as the connection lasts. Here the network knows when an answer
 * cannot come: only then does a timer run, so that the probes of a healthy connection do not keep virtual time
 * going.
 */
import { lossFailure } from "./network-failure.ts";
import type { NetworkTimer } from "./network-timer.ts";
import { probeSegment } from "./sending-half.ts";
import type { StreamEnd } from "./stream-end.ts";

/** Milliseconds between the first probe of a silent peer and the end of patience: ten probes, as libuv has it. */
const PROBING = 10_000;

export class KeepAlive {
  readonly #end: StreamEnd;
  #lastHeard: number;
  #patience: NetworkTimer | null = null;

  constructor(end: StreamEnd) {
    this.#end = end;
    this.#lastHeard = end.medium.now;
  }

  /** A packet has come from the other side. */
  heard(): void {
    this.#lastHeard = this.#end.medium.now;
    this.stop();
  }

  stop(): void {
    this.#patience?.cancel();
    this.#patience = null;
  }

  /** The network has changed. */
  check(): void {
    const { medium, peer, options, isLocal, isDead, established } = this.#end;
    const { keepAlive } = options;
    if (keepAlive === null || isLocal || isDead || peer === null || !established) return;
    if (this.#answers(peer) && !peer.isDead) {
      this.stop();
      return;
    }
    if (this.#patience !== null) return;
    const first = Math.max(medium.now, this.#lastHeard + keepAlive);
    this.#patience = medium.at(first, () => this.#firstProbe(peer));
  }

  #firstProbe(peer: StreamEnd): void {
    this.#patience = null;
    if (this.#answers(peer)) {
      if (peer.isDead) this.#hearsOfReset(peer);
      return;
    }
    const { medium } = this.#end;
    this.#patience = medium.at(medium.now + PROBING, () => this.#lastProbe(peer));
  }

  #lastProbe(peer: StreamEnd): void {
    this.#patience = null;
    if (this.#answers(peer)) this.check();
    else {
      const why = "the other side does not answer any more";
      this.#end.breakWith(lossFailure("ETIMEDOUT", why));
    }
  }

  #answers(peer: StreamEnd): boolean {
    const { medium } = this.#end;
    return medium.passes(this.#end, peer) && medium.passes(peer, this.#end);
  }

  /** The other side knows nothing of the connection that is probed. */
  #hearsOfReset(peer: StreamEnd): void {
    const end = this.#end;
    const segment = probeSegment();
    end.medium.carry(
      end,
      peer,
      "probe",
      0,
      () => peer.refuse(segment),
      () => end.sending.lose(segment),
    );
  }
}
