// A list that is quick at both ends: a ring of slots. `unshift` of an array would move all its items.
//
//   slots: [ d e . . . a b c ]     head = 5, length = 5
//                      ^ head

export type End = "left" | "right";

export class List {
  #slots: (string | undefined)[] = new Array(8);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(end: End, value: string): void {
    if (this.#length === this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    if (end === "left") this.#head = (this.#head - 1) & mask;
    const at = end === "left" ? this.#head : (this.#head + this.#length) & mask;
    this.#slots[at] = value;
    this.#length++;
  }

  pop(end: End): string | undefined {
    if (this.#length === 0) return undefined;
    const at = this.#slot(end === "left" ? 0 : this.#length - 1);
    const value = this.#slots[at];
    this.#slots[at] = undefined;
    if (end === "left") this.#head = this.#slot(1);
    this.#length--;
    if (this.#slots.length > 64 && this.#length * 4 < this.#slots.length) {
      this.#become(this.toArray(), this.#slots.length / 2);
    }
    return value;
  }

  /** `index` counts from 0. */
  at(index: number): string | undefined {
    return index >= 0 && index < this.#length ? this.#slots[this.#slot(index)] : undefined;
  }

  set(index: number, value: string): void {
    this.#slots[this.#slot(index)] = value;
  }

  toArray(start = 0, end: number = this.#length): string[] {
    const values: string[] = [];
    for (let i = start; i < end; i++) values.push(this.#slots[this.#slot(i)]!);
    return values;
  }

  /** Keep these values, and no others. */
  replace(values: string[]): void {
    let size = 8;
    while (size < values.length) size *= 2;
    this.#become(values, size);
  }

  #slot(index: number): number {
    return (this.#head + index) & (this.#slots.length - 1);
  }

  #grow(): void {
    this.#become(this.toArray(), this.#slots.length * 2);
  }

  /** `size` is a power of two. */
  #become(values: (string | undefined)[], size: number): void {
    this.#length = values.length;
    this.#head = 0;
    values.length = size;
    this.#slots = values;
  }
}
