// Answers, for as long as they say. The one that was not asked for longest makes room for a new one.
import { getRunningLoop } from "heddle";
import { aged, isTruncated, type Lifetime, lifetimeOf, rcodeOf } from "./message.ts";

const NXDOMAIN = 3;

interface Entry {
  readonly answer: Uint8Array;
  readonly lifetime: Lifetime;
  /** Milliseconds of the loop's clock. */
  readonly since: number;
}

export class Cache {
  readonly #capacity: number;
  // A Map remembers the order of its keys: the first was not used for longest.
  readonly #entries = new Map<string, Entry>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Queries that differ only in their id have the same answer. (One that carries a cookie, as dig's do, is
   * like no other.)
   */
  static key(query: Uint8Array): string {
    return Buffer.from(query.buffer, query.byteOffset + 2, query.length - 2).toString("latin1");
  }

  get(key: string): Uint8Array | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    this.#entries.delete(key);
    const age = Math.floor((getRunningLoop().time() - entry.since) / 1000);
    if (age >= entry.lifetime.seconds) return null;
    this.#entries.set(key, entry);
    return aged(entry.answer, entry.lifetime.places, age);
  }

  put(key: string, answer: Uint8Array, questionEnd: number): void {
    const rcode = rcodeOf(answer);
    if (isTruncated(answer) || (rcode !== 0 && rcode !== NXDOMAIN)) return;
    const lifetime = lifetimeOf(answer, questionEnd);
    if (lifetime === null || lifetime.seconds === 0 || this.#capacity === 0) return;
    this.#entries.delete(key);
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= this.#capacity) {
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, { answer, lifetime, since: getRunningLoop().time() });
  }
}
