// The keys and what they hold. A key whose time is over is gone for everybody who looks at it; one that
// nobody looks at is found by `sweep`, so that it does not fill the memory for ever.
import { type Coroutine, checkpoint, sleep } from "heddle";
import { List } from "./list.ts";
import { ReplyError } from "./replies.ts";

export const NEVER = Number.POSITIVE_INFINITY;

export interface Entry {
  value: string | List;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Milliseconds between two rounds of the sweep. */
const SWEEP_EVERY = 100;
/** Keys that are looked at in one go. */
const SAMPLE = 20;
/** Scans in progress. Who begins more makes the oldest end. */
const MAX_SCANS = 1000;

export class Store {
  readonly #entries = new Map<string, Entry>();
  /** The keys that have a deadline, and perhaps some that no longer have. */
  readonly #mortal = new Set<string>();
  #sweepAt = this.#mortal.values();
  readonly #scans = new Map<string, MapIterator<string>>();
  #lastScan = 0;

  get size(): number {
    return this.#entries.size;
  }

  entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt === NEVER || entry.expiresAt > Date.now()) {
      return entry;
    }
    this.delete(key);
    return undefined;
  }

  string(key: string): string | undefined {
    const value = this.entry(key)?.value;
    if (value instanceof List) throw wrongType();
    return value;
  }

  list(key: string): List | undefined {
    const value = this.entry(key)?.value;
    if (typeof value === "string") throw wrongType();
    return value;
  }

  /** The list of this key; a new one if there is none. */
  listToFill(key: string): List {
    const list = this.list(key) ?? new List();
    if (list.length === 0) this.set(key, list);
    return list;
  }

  /** Take a value from an end. The key of a list that is empty goes. */
  pop(key: string, end: "left" | "right"): string | undefined {
    const list = this.list(key);
    const value = list?.pop(end);
    if (list?.length === 0) this.delete(key);
    return value;
  }

  /** Whatever the key held, and its deadline, is replaced. */
  set(key: string, value: string | List, expiresAt = NEVER): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, { value, expiresAt });
    else {
      entry.value = value;
      entry.expiresAt = expiresAt;
    }
    if (expiresAt !== NEVER) this.#mortal.add(key);
  }

  /** Replaces the value alone. */
  update(key: string, value: string): void {
    const entry = this.entry(key);
    if (entry === undefined) this.set(key, value);
    else entry.value = value;
  }

  delete(key: string): boolean {
    if (this.#mortal.size > 0) this.#mortal.delete(key);
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#mortal.clear();
    this.#scans.clear();
  }

  /** The key is there until `at`; false if there is no such key. */
  expire(key: string, at: number): boolean {
    const entry = this.entry(key);
    if (entry === undefined) return false;
    entry.expiresAt = at;
    if (at <= Date.now()) this.delete(key);
    else if (at === NEVER) this.#mortal.delete(key);
    else this.#mortal.add(key);
    return true;
  }

  *keys(): Generator<string> {
    for (const key of this.#entries.keys()) if (this.entry(key) !== undefined) yield key;
  }

  /**
   * About `count` keys, and the cursor for the next ones ("0": that was all). A cursor stands for an
   * iterator of the map, which goes on correctly while keys come and go.
   */
  scan(cursor: string, count: number): [next: string, keys: string[]] {
    const scan = cursor === "0" ? this.#entries.keys() : this.#scans.get(cursor);
    const keys: string[] = [];
    if (scan === undefined) return ["0", keys];
    this.#scans.delete(cursor);
    for (let looked = 0; looked < count; looked++) {
      const { done, value: key } = scan.next();
      if (done) return ["0", keys];
      if (this.entry(key) !== undefined) keys.push(key);
    }
    const next = cursor === "0" ? String(++this.#lastScan) : cursor;
    this.#scans.set(next, scan);
    for (const oldest of this.#scans.keys()) {
      if (this.#scans.size <= MAX_SCANS) break;
      this.#scans.delete(oldest);
    }
    return [next, keys];
  }

  /**
   * Remove what is over, for ever: look at some keys ten times in a second, and on at once while more
   * than a quarter of them were over.
   */
  *sweep(): Coroutine<never> {
    for (;;) {
      yield* sleep(SWEEP_EVERY);
      while (this.#sweepSome() > SAMPLE / 4) yield* checkpoint();
    }
  }

  #sweepSome(): number {
    const now = Date.now();
    let over = 0;
    for (let looked = 0; looked < SAMPLE; looked++) {
      const { done, value: key } = this.#sweepAt.next();
      if (done) {
        this.#sweepAt = this.#mortal.values();
        break;
      }
      const expiresAt = this.#entries.get(key)?.expiresAt ?? NEVER;
      if (expiresAt === NEVER) this.#mortal.delete(key);
      else if (expiresAt <= now && this.delete(key)) over++;
    }
    return over;
  }
}

function wrongType(): ReplyError {
  return new ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value");
}
