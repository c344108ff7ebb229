/**
 * Random choices from a seed: the same seed gives the same choices, on every machine and for ever.
 *
 * The numbers come from xoshiro128** (Blackman and Vigna), whose 128 bits of state are filled from
 * the seed's text. Math.random cannot be seeded.
 */

/** A choice with how often it is taken, relative to the others. */
export type Weighted<T> = readonly [T, number];

export class Random {
  readonly #state: Uint32Array;

  constructor(seed: string) {
    this.#state = stateFrom(seed);
  }

  /** A whole number from 0 to 2^32 - 1. */
  #word(): number {
    const s = this.#state;
    const [a, b, c, d] = s as unknown as [number, number, number, number];
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const newC = c ^ a;
    const newD = d ^ b;
    s[1] = b ^ newC;
    s[0] = a ^ newD;
    s[2] = newC ^ (b << 9);
    s[3] = rotated(newD, 11);
    return result;
  }

  /** A number in [0, 1). */
  fraction(): number {
    return this.#word() / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  /** One of the choices; those of weight 0 are never taken. */
  weighted<const T>(choices: readonly Weighted<T>[]): T {
    let rest = this.fraction() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    let last = choices[0] as Weighted<T>;
    for (const choice of choices) {
      if (choice[1] <= 0) continue;
      last = choice;
      rest -= choice[1];
      if (rest < 0) break;
    }
    return last[0];
  }

  /** `count` different elements of the list, or all of them, in random order. */
  sample<T>(list: readonly T[], count = list.length): T[] {
    const left = [...list];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0) {
      taken.push(...left.splice(this.int(0, left.length - 1), 1));
    }
    return taken;
  }
}

function rotated(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}

/** FNV-1a over the text, then one round of a mixing function for each word of state. */
function stateFrom(seed: string): Uint32Array {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(seed)) hash = Math.imul(hash ^ byte, 0x01000193);
  return Uint32Array.from({ length: 4 }, () => {
    hash = (hash + 0x9e3779b9) | 0;
    let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  });
}
