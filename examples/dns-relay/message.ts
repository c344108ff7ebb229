// What a relay has to know of DNS messages (RFC 1035), and no more.
//
//   header (12 bytes): id, flags, four counts | question | answers | authority | additional

export const A = 1;
export const AAAA = 28;
const SOA = 6;
const OPT = 41;

export const SERVFAIL = 2;

const HEADER = 12;

/** Flags: it is an answer; it was cut off; what was asked for and is echoed. */
const RESPONSE = 0x8000;
const TRUNCATED = 0x0200;
const OPCODE = 0x7800;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;

export interface Question {
  /** In small letters, without the last dot. */
  readonly name: string;
  readonly type: number;
  /** Where the question ends in the message. */
  readonly end: number;
}

const viewOf = (message: Uint8Array) =>
  new DataView(message.buffer, message.byteOffset, message.byteLength);

export const idOf = (message: Uint8Array): number => viewOf(message).getUint16(0);

/** A copy with another id. (`slice` of a Buffer, which sockets give, copies nothing.) */
export function withId(message: Uint8Array, id: number): Uint8Array {
  const copy = new Uint8Array(message);
  viewOf(copy).setUint16(0, id);
  return copy;
}

export const isResponse = (message: Uint8Array): boolean =>
  message.length >= HEADER && (viewOf(message).getUint16(2) & RESPONSE) !== 0;

export const isTruncated = (message: Uint8Array): boolean =>
  (viewOf(message).getUint16(2) & TRUNCATED) !== 0;

export const rcodeOf = (message: Uint8Array): number => viewOf(message).getUint16(2) & 15;

/** The question of a message; null if it has not exactly one, or is damaged. */
export function questionOf(message: Uint8Array): Question | null {
  if (message.length < HEADER || viewOf(message).getUint16(4) !== 1) return null;
  const labels: string[] = [];
  let at = HEADER;
  for (;;) {
    const length = message[at++];
    // Nobody compresses the first name of a message.
    if (length === undefined || length > 63) return null;
    if (length === 0) break;
    labels.push(String.fromCharCode(...message.subarray(at, at + length)));
    at += length;
  }
  if (at + 4 > message.length) return null;
  return {
    name: labels.join(".").toLowerCase(),
    type: viewOf(message).getUint16(at),
    end: at + 4,
  };
}

/** An answer to `query` without any address: SERVFAIL, say. */
export function failure(query: Uint8Array, end: number, rcode: number): Uint8Array {
  const answer = new Uint8Array(query.subarray(0, end));
  const view = viewOf(answer);
  const asked = view.getUint16(2) & (OPCODE | RECURSION_DESIRED);
  view.setUint16(2, RESPONSE | asked | RECURSION_AVAILABLE | rcode);
  for (const count of [6, 8, 10]) view.setUint16(count, 0);
  return answer;
}

/** An answer to `query` with these addresses, each as its 4 or 16 bytes. */
export function addressAnswer(
  query: Uint8Array,
  question: Question,
  addresses: readonly Uint8Array[],
  ttl: number,
): Uint8Array {
  const head = failure(query, question.end, 0);
  viewOf(head).setUint16(6, addresses.length);
  const records = addresses.map((address) => {
    const record = new Uint8Array(12 + address.length);
    const view = viewOf(record);
    view.setUint16(0, 0xc000 | HEADER); // the name is that of the question
    view.setUint16(2, question.type);
    view.setUint16(4, 1);
    view.setUint32(6, ttl);
    view.setUint16(10, address.length);
    record.set(address, 12);
    return record;
  });
  return Buffer.concat([head, ...records]);
}

/** Where the TTLs of an answer stand, and the seconds for which it may be kept. */
export interface Lifetime {
  readonly places: readonly number[];
  readonly seconds: number;
}

/** null for an answer that must not be kept: without any record that says for how long, or damaged. */
export function lifetimeOf(message: Uint8Array, end: number): Lifetime | null {
  const view = viewOf(message);
  const places: number[] = [];
  let seconds = Number.POSITIVE_INFINITY;
  let at = end;
  const records = view.getUint16(6) + view.getUint16(8) + view.getUint16(10);
  for (let i = 0; i < records; i++) {
    at = afterName(message, at);
    if (at + 10 > message.length) return null;
    const type = view.getUint16(at);
    const next = at + 10 + view.getUint16(at + 8);
    if (next > message.length) return null;
    // In an OPT record flags stand there.
    if (type !== OPT) {
      places.push(at + 4);
      seconds = Math.min(seconds, view.getUint32(at + 4));
    }
    // How long it may be believed that there is nothing (RFC 2308).
    if (type === SOA && next - at >= 32) seconds = Math.min(seconds, view.getUint32(next - 4));
    at = next;
  }
  return places.length === 0 ? null : { places, seconds };
}

function afterName(message: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const length = message[at];
    if (length === undefined) return message.length;
    if (length === 0) return at + 1;
    if (length >= 192) return at + 2; // it goes on elsewhere
    at += 1 + length;
  }
}

/** A copy that is `age` seconds older. */
export function aged(message: Uint8Array, places: readonly number[], age: number): Uint8Array {
  const copy = new Uint8Array(message);
  const view = viewOf(copy);
  for (const at of places) view.setUint32(at, Math.max(0, view.getUint32(at) - age));
  return copy;
}
