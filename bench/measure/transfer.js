// The sizes of pyperformance's asyncio_tcp: 100 times 10 MiB, or fewer for n < 1,000 MiB (the warm-up).

const MIB = 1024 ** 2;
const MIB_OF_A_PIECE = 10;

/** Bytes of a piece. */
export const PIECE = MIB_OF_A_PIECE * MIB;

/** How many pieces make n MiB. */
export function piecesOf(n) {
  return Math.max(1, Math.floor(n / MIB_OF_A_PIECE));
}

/** Throws unless so many bytes are so many pieces. */
export function expectAll(bytes, pieces) {
  if (bytes !== pieces * PIECE) throw new Error(`${bytes} bytes, ${pieces * PIECE} expected`);
}
