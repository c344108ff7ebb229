/*
 * The errors of streams. What a network says in its own words (ECONNREFUSED and so on) keeps its
 * `code`; only the loss of a connection has a class, because every program that serves others has to
 * tell it from its own mistakes.
 */

/**
 * The stream ended before a read was satisfied. Counterpart: `asyncio.IncompleteReadError`.
 */
export class IncompleteReadError extends Error {
  override name = "IncompleteReadError";
  /** The bytes that came before the end. The stream does not keep them. */
  readonly partial: Uint8Array;
  /** How many bytes were asked for; null if it was a separator. */
  readonly expected: number | null;

  constructor(partial: Uint8Array, expected: number | null) {
    const wanted = expected === null ? "no separator among them" : `${expected} were expected`;
    super(`the stream ended after ${partial.length} bytes: ${wanted}`);
    this.partial = partial;
    this.expected = expected;
  }
}

/**
 * No separator came within the reader's limit. The bytes are still there: read them in another way,
 * or give the stream a larger `limit`. Counterpart: `asyncio.LimitOverrunError`.
 */
export class LimitOverrunError extends Error {
  override name = "LimitOverrunError";
  /** How many of the buffered bytes are known to stand before any separator. */
  readonly consumed: number;

  constructor(message: string, consumed: number) {
    super(message);
    this.consumed = consumed;
  }
}

/**
 * The connection is lost: the other side reset it, or went on with its life while this side was
 * still writing. Counterparts: Python's `ConnectionResetError` and `BrokenPipeError`.
 */
export class ConnectionResetError extends Error {
  override name = "ConnectionResetError";
  /** The code of the system's error, such as "ECONNRESET" or "EPIPE". */
  readonly code: string;

  constructor(message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = options.code ?? "ECONNRESET";
  }
}
