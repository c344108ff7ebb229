/*
 * What may be written: bytes, or text, which is sent as UTF-8.
 */
const encoder = new TextEncoder();

/** The bytes of `data`; `call` names who asks, for the error. */
export function bytesOf(data: Uint8Array | string, call: string): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (typeof data === "string") return encoder.encode(data);
  const got = data === null ? "null" : Object.prototype.toString.call(data).slice(8, -1);
  throw new TypeError(
    `${call}() needs a Uint8Array (or Buffer) or a string, got ${got}. ` +
      "Other views and buffers: new Uint8Array(buffer)",
  );
}
