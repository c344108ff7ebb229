/*
 * What an error carries, as data: its fields, its cause, and values that are thrown and are no errors.
 *
 * JSON's own values stand for themselves, so that a person who reads a job in a database understands it.
 * An object stands for what JSON lacks, and has one key which says what it is: so plain objects are
 * wrapped too, and nothing that a program throws can be mistaken for one of these. Errors are named by
 * their place in a list, by which cycles and shared causes stay what they are.
 *
 * An error often drags a request, a socket or half a program along in its fields. So only plain objects
 * and arrays are entered, to a depth; and all fields of an error and its causes together have a budget.
 * What does not fit, or cannot be held, is left out.
 */

/** Plain data, objects and all. */
export type EncodedData =
  | null
  | boolean
  | number
  | string
  | EncodedData[]
  | { object: EncodedFields }
  /** undefined, or an item of an array that could not be held. */
  | { undefined: true }
  /** NaN, the infinities and -0. */
  | { number: string }
  | { bigint: string }
  /** Milliseconds since 1970; null for an invalid date. */
  | { date: number | null }
  /** Base64. */
  | { bytes: string }
  /** The place in the list of errors. */
  | { error: number };

export interface EncodedFields {
  [key: string]: EncodedData;
}

/** Objects and arrays within each other. */
const DEPTH = 8;
/** Characters of all strings, keys and bytes, and one for each value. */
const BUDGET = 1 << 20;
/** Bytes of a view that are made characters at once: they become arguments of one call. */
const CHUNK = 8192;

export class DataEncoder {
  /** The place of an error in the list; undefined for what is no error. */
  readonly #placeOf: (value: object) => number | undefined;
  readonly #above: object[] = [];
  #budget = BUDGET;

  constructor(placeOf: (value: object) => number | undefined) {
    this.#placeOf = placeOf;
  }

  /** Undefined for what is left out. Never throws. */
  encode(value: unknown): EncodedData | undefined {
    try {
      return this.#encode(value);
    } catch {
      return undefined; // a Proxy's trap has thrown
    }
  }

  /** Own enumerable fields that can be held. Never throws. */
  fields(value: object, except?: ReadonlySet<string>): EncodedFields {
    const fields: [string, EncodedData][] = [];
    for (const key of keysOf(value)) {
      if (except?.has(key)) continue;
      const field = this.#spend(key.length) ? this.encode(read(value, key)) : undefined;
      if (field !== undefined) fields.push([key, field]);
    }
    // Unlike an assignment this makes a field of "__proto__", too.
    return Object.fromEntries(fields);
  }

  /** What can be held of an array, without gaps: who goes through a group's errors expects errors. */
  members(array: unknown): EncodedData[] {
    try {
      if (!Array.isArray(array)) return [];
      return array.map((each) => this.encode(each)).filter((each) => each !== undefined);
    } catch {
      return [];
    }
  }

  #encode(value: unknown): EncodedData | undefined {
    const error = typeof value === "object" && value !== null ? this.#placeOf(value) : undefined;
    // Costs nothing: however much data there is, no cause is lost for it.
    if (error !== undefined) return { error };
    if (value === UNREADABLE || !this.#spend(1)) return undefined;
    switch (typeof value) {
      case "string":
        return this.#spend(value.length) ? value : undefined;
      case "boolean":
        return value;
      case "number":
        if (Number.isFinite(value) && !Object.is(value, -0)) return value;
        return { number: Object.is(value, -0) ? "-0" : String(value) };
      case "undefined":
        return { undefined: true };
      case "bigint": {
        const bigint = String(value);
        return this.#spend(bigint.length) ? { bigint } : undefined;
      }
      case "object":
        return value === null ? null : this.#encodeObject(value);
      default:
        return undefined;
    }
  }

  #encodeObject(value: object): EncodedData | undefined {
    if (value instanceof Uint8Array) {
      return this.#spend(Math.ceil((value.length * 4) / 3)) ? { bytes: base64(value) } : undefined;
    }
    if (value instanceof Date) {
      const time = value.getTime();
      return { date: Number.isNaN(time) ? null : time };
    }
    if (this.#above.length >= DEPTH || this.#above.includes(value)) return undefined;
    this.#above.push(value);
    try {
      if (Array.isArray(value)) return this.#items(value);
      return isPlain(value) ? { object: this.fields(value) } : undefined;
    } finally {
      this.#above.pop();
    }
  }

  #items(array: readonly unknown[]): EncodedData[] | undefined {
    if (array.length > this.#budget) return undefined;
    const items: EncodedData[] = [];
    for (let index = 0; index < array.length; index++) {
      // What is left out leaves its place, for the others are known by theirs.
      const item = this.encode(read(array, index));
      items.push(item === undefined ? { undefined: true } : item);
    }
    return items;
  }

  #spend(cost: number): boolean {
    if (cost > this.#budget) return false;
    this.#budget -= cost;
    return true;
  }
}

/** What was encoded, from `errors` where it is one. */
export function decodeData(data: EncodedData, errors: readonly unknown[]): unknown {
  if (typeof data !== "object" || data === null) return data;
  if (Array.isArray(data)) return data.map((each) => decodeData(each, errors));
  if ("object" in data) {
    return Object.fromEntries(
      Object.entries(data.object).map(([key, each]) => [key, decodeData(each, errors)]),
    );
  }
  if ("error" in data) return errors[data.error];
  if ("bytes" in data) return Uint8Array.from(atob(data.bytes), (char) => char.charCodeAt(0));
  if ("number" in data) return Number(data.number);
  if ("bigint" in data) return BigInt(data.bigint);
  if ("date" in data) return new Date(data.date ?? Number.NaN);
  return undefined;
}

/** What `read` gives for a getter that throws. */
export const UNREADABLE = Symbol("unreadable");

/** A property, whose getter may throw. */
export function read(object: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(object, key);
  } catch {
    return UNREADABLE;
  }
}

function keysOf(object: object): string[] {
  try {
    return Object.keys(object);
  } catch {
    return [];
  }
}

/** An object literal, of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(text);
}
