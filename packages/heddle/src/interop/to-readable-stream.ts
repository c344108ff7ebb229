/*
 * toReadableStream: a Web stream of what a coroutine makes.
 */
import type { Coroutine } from "../coroutine/types.ts";
import { MemoryReceiveChannel } from "../queue/memory-channel.ts";
import { StreamReader } from "../stream/stream-reader.ts";
import type { Task } from "../task/task.ts";
import { type AsyncIterableLike, iterate } from "./iterate.ts";
import type { Iteration } from "./iteration.ts";
import { NativeIteration, untilEmpty } from "./native-iteration.ts";

/** Bytes of a StreamReader in one chunk, at most. */
const CHUNK = 64 * 1024;

/**
 * A ReadableStream of the items of an async iterable (an `asyncGenerator`, say), an iterable, a Queue, a
 * channel; or of the bytes of a StreamReader, in chunks as they come. An item is asked for when somebody
 * reads it and not before, unless `strategy` says otherwise. Never suspends. Throws TypeError for what
 * cannot be iterated.
 *
 * Cancelling the stream cancels the wait for an item, and closes the source: an `asyncGenerator`'s
 * coroutine is cancelled, its `finally` blocks run, and `stream.cancel()` waits for them; a channel's
 * receiver is closed; a Queue and a StreamReader, which others may use, are left alone. An error of the
 * source is the stream's error.
 *
 * The waiting belongs to the run that makes the stream, and ends with it. A stream that is read only
 * later belongs to nobody: a response that a request's handler returns, say.
 *
 * @example
 * return new Response(toReadableStream(asyncGenerator<Uint8Array>(function* (emit) {
 *   for (const row of rows) yield* emit(encoder.encode(JSON.stringify(row) + "\n"));
 * })));
 */
export function toReadableStream(
  source: StreamReader,
  strategy?: QueuingStrategy<Uint8Array>,
): ReadableStream<Uint8Array>;
export function toReadableStream<T>(
  source: AsyncIterableLike<T, unknown, never>,
  strategy?: QueuingStrategy<T>,
): ReadableStream<T>;
export function toReadableStream<T>(
  source: Iterable<T>,
  strategy?: QueuingStrategy<Awaited<T>>,
): ReadableStream<Awaited<T>>;
export function toReadableStream(
  source: StreamReader | AsyncIterableLike<unknown, unknown, never> | Iterable<unknown>,
  strategy: QueuingStrategy<never> = { highWaterMark: 0 },
): ReadableStream<never> {
  const items: Iteration<unknown> =
    source instanceof StreamReader
      ? new NativeIteration<Uint8Array>(() => untilEmpty(source.read(CHUNK)))
      : iterate(source as Iterable<unknown>);
  const { traffic } = items._home._loop;
  // The stream works by promises, which must settle before a virtual clock moves.
  if (traffic !== null) traffic.met = true;
  let pulling: Task<IteratorResult<unknown, unknown>> | undefined;

  function* close(): Coroutine<void> {
    yield* items.close();
    if (source instanceof MemoryReceiveChannel) source.close();
  }

  function enqueue(controller: ReadableStreamDefaultController<never>, value: unknown): void {
    try {
      controller.enqueue(value as never);
    } catch (error) {
      // The strategy has failed, and with it the stream.
      items._home.start(close());
      throw error;
    }
  }

  return new ReadableStream<never>(
    {
      async pull(controller) {
        pulling = items._home.start(items.next());
        const { done, value } = await items._home.promise(pulling);
        if (done === true) controller.close();
        else enqueue(controller, value);
      },
      async cancel() {
        pulling?.cancel("the stream was cancelled");
        await items._home.promise(close());
      },
    },
    strategy,
  );
}
