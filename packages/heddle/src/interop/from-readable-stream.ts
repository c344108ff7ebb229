/*
 * fromReadableStream: pull the chunks of a Web stream inside a coroutine.
 */
import { type AnyIterator, ForeignIteration } from "./foreign-iteration.ts";
import type { Iteration } from "./iteration.ts";

/**
 * Pull the chunks of a ReadableStream, one by one: bytes, text or objects. Locks the stream until its
 * end, an error, or `close`, which cancels it. Throws TypeError for what is no ReadableStream, or one that
 * is locked already. Never suspends.
 *
 * A `next` that is cancelled loses nothing: its chunk is what the next call gets. To leave the stream
 * open when you stop to read: `iterate(stream.values({ preventCancel: true }))`.
 *
 * @example
 * const response = yield* fromPromise((signal) => fetch(url, { signal }));
 * using chunks = fromReadableStream(response.body!);
 * for (let chunk = yield* chunks.next(); !chunk.done; chunk = yield* chunks.next()) {
 *   hash.update(chunk.value);
 * }
 */
export function fromReadableStream<T>(stream: ReadableStream<T>): Iteration<T, undefined> {
  if (typeof stream?.getReader !== "function") {
    throw new TypeError(
      `fromReadableStream() needs a ReadableStream, got ${stream === null ? "null" : typeof stream}`,
    );
  }
  return new ForeignIteration(chunksOf(stream.getReader()), "fromReadableStream()");
}

function chunksOf<T>(reader: ReadableStreamDefaultReader<T>): AnyIterator<T, undefined, unknown> {
  return {
    async next() {
      try {
        const { done, value } = await reader.read();
        if (!done) return { done, value: value as T };
      } catch (error) {
        reader.releaseLock();
        throw error;
      }
      reader.releaseLock();
      return { done: true, value: undefined };
    },
    async return() {
      const cancelled = reader.cancel();
      reader.releaseLock();
      await cancelled;
      return { done: true, value: undefined };
    },
  };
}
