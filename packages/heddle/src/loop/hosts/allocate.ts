/*
 * Arrays for bytes: Buffers where there are any, as Node's own modules give.
 */
const { Buffer } = globalThis as { Buffer?: { allocUnsafeSlow(length: number): Uint8Array } };

/** An array of `length` bytes, whatever they are. */
export const allocate: (length: number) => Uint8Array =
  Buffer === undefined
    ? (length) => new Uint8Array(length)
    : (length) => Buffer.allocUnsafeSlow(length);
