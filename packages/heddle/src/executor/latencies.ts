/*
 * How long things took: the last thousand of them, for a summary that is asked for now and then.
 */

/** How many are remembered. */
const WINDOW = 1024;

/** Milliseconds, of the last 1,024 jobs; all 0 when there was none. */
export interface LatencySummary {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export class Latencies {
  readonly #last = new Float64Array(WINDOW);
  #count = 0;

  add(ms: number): void {
    this.#last[this.#count++ % WINDOW] = ms;
  }

  summary(): LatencySummary {
    const sorted = this.#last.slice(0, Math.min(this.#count, WINDOW)).sort();
    const count = sorted.length;
    if (count === 0) return { mean: 0, p50: 0, p99: 0, max: 0 };
    const at = (part: number) => sorted[Math.min(count - 1, Math.floor(part * count))] as number;
    const mean = sorted.reduce((sum, ms) => sum + ms, 0) / count;
    return { mean, p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
