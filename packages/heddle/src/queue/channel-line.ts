/*
 * A line to stand in: a list linked through those who stand in it.
 *
 *   first <-> … <-> last        each knows its line and both its neighbours
 *
 * Whoever is cancelled leaves from the middle, at no more cost than from the front: a thousand waiting
 * tasks are often cancelled at once.
 */

/** @internal */
export interface InLine {
  /** The line that this stands in, if any. */
  _line: object | null;
  _ahead: InLine | null;
  _behind: InLine | null;
}

/** @internal */
export class ChannelLine<T extends InLine> {
  size = 0;
  #first: InLine | null = null;
  #last: InLine | null = null;

  /** Stand at the end. */
  push(item: T): void {
    const last = this.#last;
    item._line = this;
    item._ahead = last;
    item._behind = null;
    if (last === null) this.#first = item;
    else last._behind = item;
    this.#last = item;
    this.size++;
  }

  /** Stand at the front. */
  unshift(item: T): void {
    const first = this.#first;
    item._line = this;
    item._ahead = null;
    item._behind = first;
    if (first === null) this.#last = item;
    else first._ahead = item;
    this.#first = item;
    this.size++;
  }

  /** Take the first; null if nobody is there. */
  shift(): T | null {
    const first = this.#first as T | null;
    if (first !== null) this.remove(first);
    return first;
  }

  /** Leave; who does not stand in this line is left alone. True if `item` stood in it. */
  remove(item: T): boolean {
    if (item._line !== this) return false;
    const { _ahead: ahead, _behind: behind } = item;
    if (ahead === null) this.#first = behind;
    else ahead._behind = behind;
    if (behind === null) this.#last = ahead;
    else behind._ahead = ahead;
    item._line = null;
    item._ahead = null;
    item._behind = null;
    this.size--;
    return true;
  }

  clear(): void {
    while (this.shift() !== null);
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let item = this.#first; item !== null; ) {
      const next: InLine | null = item._behind;
      yield item as T;
      item = next;
    }
  }
}
