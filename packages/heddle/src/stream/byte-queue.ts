/*
 * The buffer of a StreamReader: chunks as they came, read as if they were one array.
 *
 *   head: [ . . . . a b c ]   rest: [ d e f g ] [ h i ] …
 *                   ^ offset        ^ next
 *
 * asyncio keeps one bytearray, copies every chunk into it and the result out of it. Here chunks stay
 * what they are: a result that lies within one chunk is the chunk or a view of it, and only results
 * that span several are copied together. A reader that keeps up sees one chunk at a time, which
 * stands in `head`: then no array is touched at all (`npm run bench -- --only echo`).
 *
 * Small chunks that have to wait behind others are copied, into a larger one: a peer that sends byte by byte
 * must not cost an array and a look for each byte.
 */

/** Makes the arrays of results that are copied together. */
export type Allocate = (length: number) => Uint8Array;

/** Chunks of at least this many bytes are handed out as they are, rather than copied together. */
const LARGE = 8 * 1024;

/** Chunks below this many bytes are copied behind the last one, in arrays of so many bytes. */
const SMALL = 512;
const ROOM = 4 * 1024;

/** Taken chunks at the front of `rest` before it is compacted. */
const COMPACT_MINIMUM = 32;

export class ByteQueue {
  #head: Uint8Array | null = null;
  #offset = 0;
  #rest: (Uint8Array | undefined)[] = [];
  #next = 0;
  #length = 0;
  /** Where small chunks are copied to, how far it is used, and the chunk that is this part of it. */
  #room: Uint8Array | null = null;
  #used = 0;
  #gathered: Uint8Array | null = null;
  readonly #allocate: Allocate;

  constructor(allocate: Allocate) {
    this.#allocate = allocate;
  }

  /** Bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Append a chunk, which must not be empty. It is kept, not copied, unless it is small and has to wait. */
  push(chunk: Uint8Array): void {
    if (this.#head === null) this.#head = chunk;
    else if (chunk.length < SMALL) this.#gather(chunk);
    else this.#rest.push(chunk);
    this.#length += chunk.length;
  }

  #gather(chunk: Uint8Array): void {
    const rest = this.#rest;
    const last = rest.length - 1;
    let room = this.#room;
    const goesOn = room !== null && last >= this.#next && rest[last] === this.#gathered;
    if (room === null || !goesOn || room.length - this.#used < chunk.length) {
      room = this.#allocate(ROOM);
      room.set(chunk);
      this.#room = room;
      this.#used = chunk.length;
      this.#gathered = room.subarray(0, chunk.length);
      rest.push(this.#gathered);
      return;
    }
    room.set(chunk, this.#used);
    this.#used += chunk.length;
    this.#gathered = room.subarray(0, this.#used);
    rest[last] = this.#gathered;
  }

  /** Remove the first `n` bytes and return them; there must be as many. */
  take(n: number): Uint8Array {
    const head = this.#head;
    if (head === null) return this.#allocate(0);
    const offset = this.#offset;
    const available = head.length - offset;
    if (n > available) return this.#join(n);
    if (n < available) {
      this.#offset = offset + n;
      this.#length -= n;
      return head.subarray(offset, offset + n);
    }
    this.#length -= n;
    this.#advance();
    return offset === 0 ? head : head.subarray(offset);
  }

  /**
   * Remove and return between one and `n` bytes, if there are any: small chunks are copied together,
   * large ones are handed out one by one.
   */
  takeSome(n: number): Uint8Array {
    if (this.#length <= n && this.#next === this.#rest.length) return this.take(this.#length);
    let size = this.#chunkLength(0);
    if (size < LARGE) {
      for (let i = 1; size < n && i < this.#chunks; i++) {
        const more = this.#chunkLength(i);
        if (more >= LARGE) break;
        size += more;
      }
    }
    return this.take(Math.min(n, size));
  }

  /** Remove the first `n` bytes. */
  drop(n: number): void {
    let left = n;
    while (left > 0 && this.#head !== null) {
      const available = this.#head.length - this.#offset;
      if (left < available) {
        this.#offset += left;
        this.#length -= left;
        return;
      }
      left -= available;
      this.#length -= available;
      this.#advance();
    }
  }

  /** Where `separator` first stands at or behind `from`, counted from the front; -1 if nowhere. */
  indexOf(separator: Uint8Array, from: number): number {
    const first = separator[0] as number;
    let base = 0;
    for (let i = 0; i < this.#chunks; i++) {
      const chunk = this.#chunk(i);
      const start = i === 0 ? this.#offset : 0;
      const end = base + chunk.length - start;
      let at = from < end ? chunk.indexOf(first, start + Math.max(0, from - base)) : -1;
      while (at >= 0) {
        const position = base + at - start;
        if (position + separator.length > this.#length) return -1;
        if (this.#matches(separator, i, at)) return position;
        at = chunk.indexOf(first, at + 1);
      }
      base = end;
    }
    return -1;
  }

  /** Does `separator` stand at byte `at` of chunk `i`? There are enough bytes behind. */
  #matches(separator: Uint8Array, i: number, at: number): boolean {
    let chunk = this.#chunk(i);
    let index = i;
    let position = at;
    for (const byte of separator) {
      if (position === chunk.length) {
        index++;
        chunk = this.#chunk(index);
        position = 0;
      }
      if (chunk[position] !== byte) return false;
      position++;
    }
    return true;
  }

  get #chunks(): number {
    return this.#head === null ? 0 : this.#rest.length - this.#next + 1;
  }

  #chunk(i: number): Uint8Array {
    return (i === 0 ? this.#head : this.#rest[this.#next + i - 1]) as Uint8Array;
  }

  #chunkLength(i: number): number {
    return this.#chunk(i).length - (i === 0 ? this.#offset : 0);
  }

  #join(n: number): Uint8Array {
    const joined = this.#allocate(n);
    let filled = 0;
    while (filled < n) {
      const head = this.#head as Uint8Array;
      const end = Math.min(head.length, this.#offset + n - filled);
      const part = head.subarray(this.#offset, end);
      joined.set(part, filled);
      filled += part.length;
      this.#offset = end;
      if (end === head.length) this.#advance();
    }
    this.#length -= n;
    return joined;
  }

  /** The head is used up. */
  #advance(): void {
    const rest = this.#rest;
    this.#offset = 0;
    if (this.#next === rest.length) {
      this.#head = null;
      this.#room = null;
      this.#gathered = null;
      return;
    }
    this.#head = rest[this.#next] as Uint8Array;
    rest[this.#next++] = undefined;
    if (this.#next === rest.length) {
      rest.length = 0;
      this.#next = 0;
    } else if (this.#next >= COMPACT_MINIMUM && this.#next * 2 >= rest.length) {
      rest.copyWithin(0, this.#next);
      rest.length -= this.#next;
      this.#next = 0;
    }
  }
}
