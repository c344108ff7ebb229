// Numbers in commands.
import { ReplyError } from "./replies.ts";

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);
const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;

/** The whole number that `text` is, of 64 bits at most. */
export function integer(text: string): bigint {
  if (INTEGER.test(text)) {
    const value = BigInt(text);
    if (value >= MIN && value <= MAX) return value;
  }
  throw new ReplyError("ERR value is not an integer or out of range");
}

/** The same for counts and indexes: exact up to 2^53, and there is nothing that is as long. */
export function index(text: string): number {
  // Most numbers are small.
  return text.length < 16 && INTEGER.test(text) ? Number(text) : Number(integer(text));
}

/** `text` + `by`, as text. */
export function add(text: string, by: bigint): string {
  const sum = index(text) + Number(by);
  if (Number.isSafeInteger(sum) && text.length < 16) return String(sum);
  const exact = integer(text) + by;
  if (exact < MIN || exact > MAX) {
    throw new ReplyError("ERR increment or decrement would overflow");
  }
  return String(exact);
}

/** The place that an index from the end (-1 is the last) means. */
export function fromEnd(place: number, length: number): number {
  return place < 0 ? length + place : place;
}
