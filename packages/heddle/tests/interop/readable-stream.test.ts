import { Readable } from "node:stream";
import {
  allTasks,
  asyncGenerator,
  BrokenResourceError,
  createTask,
  fromReadableStream,
  type Iteration,
  isCancelled,
  iterate,
  moveOnAfter,
  openMemoryChannel,
  Queue,
  run,
  StreamReader,
  sleep,
  TimeoutError,
  timeout,
  toReadableStream,
} from "heddle";
import { describe, expect, test } from "vitest";
import { errorOf, rejectionOf } from "../task/error-of.ts";
import { trace, virtualLoop, virtually } from "../trace.ts";

const END = { done: true as const, value: undefined };
const item = <T>(value: T) => ({ done: false, value });

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Counts for ever, and tells when it is over. */
const counting = (ended: () => void, cleanup = 0) =>
  asyncGenerator<number>(function* (emit) {
    try {
      for (let n = 1; ; n++) {
        yield* sleep(1);
        yield* emit(n);
      }
    } finally {
      if (cleanup > 0) yield* sleep(cleanup);
      ended();
    }
  });

function* collect<T>(items: Iteration<T>) {
  const got: T[] = [];
  for (let next = yield* items.next(); !next.done; next = yield* items.next()) got.push(next.value);
  return got;
}

/** Let the promises of the moment settle: a turn of the native loop. */
const turn = () => new Promise<void>((resolve) => setImmediate(() => resolve()));

describe("toReadableStream", () => {
  test("gives the items, and ends", async () => {
    const loop = virtualLoop();
    await run(
      function* () {
        const stream = toReadableStream(
          asyncGenerator<number>(function* (emit) {
            for (const n of [1, 2, 3]) {
              yield* sleep(1);
              yield* emit(n);
            }
          }),
        );
        expect(stream).toBeInstanceOf(ReadableStream);
        expect(yield* collect(fromReadableStream(stream))).toEqual([1, 2, 3]);
        expect(stream.locked).toBe(false);
        expect(loop.time()).toBe(3);
      },
      { loop },
    );
  });

  test("an item is asked for when somebody reads it, and not before", async () => {
    const { step, finish } = trace();
    await virtually(function* () {
      const stream = toReadableStream(
        asyncGenerator<string>(function* (emit) {
          step(2);
          yield* emit("a");
          step(4);
          yield* emit("b");
        }),
      );
      yield* sleep(5);
      step(1);
      const chunks = fromReadableStream(stream);
      expect(yield* chunks.next()).toEqual(item("a"));
      yield* sleep(5);
      step(3);
      expect(yield* chunks.next()).toEqual(item("b"));
      finish(5);
    });
  });

  test("a strategy may ask for some in advance", async () => {
    await virtually(function* () {
      let made = 0;
      const stream = toReadableStream(
        asyncGenerator<string>(function* (emit) {
          for (;;) {
            made++;
            yield* emit("abc");
          }
        }),
        { highWaterMark: 7, size: (text) => text.length },
      );
      for (let i = 0; i < 10; i++) yield* sleep(1);
      // 3 + 3 < 7, and 9 is enough.
      expect(made).toBe(3);
      yield* fromReadableStream(stream).close();
    });
  });

  test("cancel cancels the producer, and waits for its clean-up", async () => {
    const loop = virtualLoop();
    const { step, finish } = trace();
    await run(
      async () => {
        const stream = toReadableStream(counting(() => step(1), 10));
        const reader = stream.getReader();
        await reader.read();
        await reader.cancel("enough");
        finish(2);
        expect(loop.time()).toBe(11);
        expect(allTasks(loop).size).toBe(1);
      },
      { loop },
    );
  });

  test("cancel while an item is waited for", async () => {
    const loop = virtualLoop();
    const { step, finish } = trace();
    await run(
      async () => {
        const stream = toReadableStream(
          asyncGenerator<number>(function* () {
            try {
              yield* sleep(1000);
            } finally {
              step(1);
            }
          }),
        );
        const reader = stream.getReader();
        const reading = reader.read();
        await sleep(5);
        await reader.cancel();
        step(2);
        expect(await reading).toEqual(END);
        expect([loop.time(), allTasks(loop).size]).toEqual([5, 1]);
        finish(3);
      },
      { loop },
    );
  });

  test("cancel before anything was read starts nothing", async () => {
    const { finish, never } = trace();
    await virtually(async () => {
      await toReadableStream(
        asyncGenerator<number>(function* () {
          never("nobody read");
        }),
      ).cancel();
      finish(1);
    });
  });

  test("an error of the source is the stream's", async () => {
    await virtually(function* () {
      const error = new Error("own");
      const chunks = fromReadableStream(
        toReadableStream(
          asyncGenerator<number>(function* (emit) {
            yield* emit(1);
            throw error;
          }),
        ),
      );
      yield* chunks.next();
      expect((yield* errorOf(chunks.next())) === error).toBe(true);
      expect(yield* chunks.next()).toEqual(END);
    });
  });

  test("an error of the clean-up is that of cancel", async () => {
    await virtually(async () => {
      const stream = toReadableStream(
        asyncGenerator<number>(function* (emit) {
          try {
            yield* emit(1);
          } finally {
            // biome-ignore lint/correctness/noUnsafeFinally: that is the case under test
            throw new Error("disk full");
          }
        }),
      );
      const reader = stream.getReader();
      await reader.read();
      expect(await rejectionOf(reader.cancel())).toEqual(new Error("disk full"));
    });
  });

  test("a strategy that fails closes the source", async () => {
    const { step, finish } = trace();
    await virtually(async () => {
      const stream = toReadableStream(
        counting(() => step(1)),
        {
          highWaterMark: 1,
          size: () => {
            throw new Error("no size");
          },
        },
      );
      await sleep(5);
      expect(await rejectionOf(stream.getReader().read())).toEqual(new Error("no size"));
      finish(2);
    });
  });

  test("of an async iterable, which is told of cancel", async () => {
    let closed = false;
    const stream = toReadableStream(
      (async function* () {
        try {
          yield "a";
          yield "b";
        } finally {
          closed = true;
        }
      })(),
    );
    for await (const chunk of stream) {
      expect(chunk).toBe("a");
      break;
    }
    expect(closed).toBe(true);
  });

  test("of an array with promises in it", async () => {
    const got: number[] = [];
    for await (const n of toReadableStream([1, Promise.resolve(2)])) got.push(n);
    expect(got).toEqual([1, 2]);
  });

  test("of a queue, which is left alone", async () => {
    await virtually(function* () {
      const queue = new Queue<number>();
      for (const n of [1, 2]) queue.putNowait(n);
      const chunks = fromReadableStream(toReadableStream(queue));
      expect(yield* chunks.next()).toEqual(item(1));
      expect(yield* chunks.next()).toEqual(item(2));
      const reading = createTask(chunks.next());
      yield* sleep(1);
      yield* chunks.close();
      expect(yield* reading).toEqual(END);
      yield* sleep(1);
      expect(queue.statistics().getters).toBe(0);
      yield* queue.put(3);
      expect(queue.getNowait()).toBe(3);
    });
  });

  test("of a channel, whose receiver is closed by cancel", async () => {
    await virtually(function* () {
      const [sender, receiver] = openMemoryChannel<string>(0);
      const chunks = fromReadableStream(toReadableStream(receiver));
      createTask(sender.send("a"));
      expect(yield* chunks.next()).toEqual(item("a"));
      yield* chunks.close();
      expect(yield* errorOf(sender.send("b"))).toBeInstanceOf(BrokenResourceError);
    });
  });

  test("of a StreamReader: the bytes as they come", async () => {
    await virtually(function* () {
      const reader = new StreamReader();
      createTask(function* () {
        reader.feedData(encode("one\ntw"));
        yield* sleep(1);
        reader.feedData(encode("o\n"));
        reader.feedEof();
      });
      const chunks = yield* collect(fromReadableStream(toReadableStream(reader)));
      expect(chunks.map(decode)).toEqual(["one\ntw", "o\n"]);
    });
  });

  test("feeds a Response", async () => {
    const lines = asyncGenerator<Uint8Array>(function* (emit) {
      for (const n of [1, 2, 3]) yield* emit(encode(`line ${n}\n`));
    });
    expect(await new Response(toReadableStream(lines)).text()).toBe("line 1\nline 2\nline 3\n");
  });

  test("in use when its run ends: the producer is cancelled, and the reader hears of it", async () => {
    const { step, finish } = trace();
    let reading: Promise<unknown> | undefined;
    await virtually(function* () {
      const reader = toReadableStream(counting(() => step(1), 5)).getReader();
      reading = rejectionOf(
        (async () => {
          while (!(await reader.read()).done);
        })(),
      );
      yield* sleep(3.5);
    });
    finish(2);
    expect(isCancelled(await reading)).toBe(true);
  });

  test("read only after its run has ended: it belongs to nobody, and works", async () => {
    let ended = false;
    const stream = await run(function* () {
      yield* sleep(1);
      return toReadableStream(
        asyncGenerator<number>(function* (emit) {
          try {
            for (let n = 1; ; n++) {
              // Timers of a run that has ended are not called any more: this one's is not.
              yield* moveOnAfter(1, () => sleep(10_000));
              yield* emit(n);
            }
          } finally {
            ended = true;
          }
        }),
      );
    });
    const got: number[] = [];
    for await (const n of stream) {
      got.push(n);
      if (n === 3) break;
    }
    expect([got, ended]).toEqual([[1, 2, 3], true]);
    expect(allTasks().size).toBe(0);
  });

  test("refuses what cannot be iterated", () => {
    expect(() => toReadableStream({} as never)).toThrow(TypeError);
  });
});

describe("fromReadableStream", () => {
  test("gives chunks of any kind, then the end, and the lock back", async () => {
    await virtually(function* () {
      const chunks: unknown[] = [encode("bytes"), "text", { an: "object" }, null];
      const stream = new ReadableStream<unknown>({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk);
          controller.close();
        },
      });
      const items = fromReadableStream(stream);
      expect(stream.locked).toBe(true);
      expect(yield* collect(items)).toEqual(chunks);
      expect(stream.locked).toBe(false);
      expect(yield* items.next()).toEqual(END);
      yield* items.close();
    });
  });

  test("of a byte stream", async () => {
    await virtually(function* () {
      const stream = new ReadableStream({
        type: "bytes",
        start(controller) {
          controller.enqueue(encode("bytes"));
          controller.close();
        },
      });
      expect((yield* collect(fromReadableStream(stream))).map(decode)).toEqual(["bytes"]);
    });
  });

  test("close cancels the stream, waits for that, and gives the lock back", async () => {
    const { step, finish } = trace();
    await run(function* () {
      const stream = new ReadableStream<number>({
        pull: (controller) => controller.enqueue(1),
        async cancel() {
          await turn();
          step(1);
        },
      });
      const items = fromReadableStream(stream);
      yield* items.next();
      yield* items.close();
      finish(2);
      expect(stream.locked).toBe(false);
      expect(yield* items.next()).toEqual(END);
    });
  });

  test("close while a chunk is waited for", async () => {
    await run(function* () {
      let cancelled: unknown;
      const stream = new ReadableStream<number>({
        cancel() {
          cancelled = true;
        },
      });
      const items = fromReadableStream(stream);
      const reading = createTask(items.next());
      yield* sleep(1);
      yield* items.close();
      expect(yield* reading).toEqual(END);
      expect([cancelled, stream.locked]).toEqual([true, false]);
    });
  });

  test("a next that is cancelled loses no chunk", async () => {
    await run(function* () {
      let controller!: ReadableStreamDefaultController<string>;
      const stream = new ReadableStream<string>({
        start(given) {
          controller = given;
        },
      });
      const items = fromReadableStream(stream);
      expect(yield* errorOf(timeout(1, () => items.next()))).toBeInstanceOf(TimeoutError);
      controller.enqueue("a");
      controller.enqueue("b");
      controller.close();
      expect(yield* collect(items)).toEqual(["a", "b"]);
    });
  });

  test("an error of the stream is thrown, and the lock given back", async () => {
    await virtually(function* () {
      const error = new Error("own");
      const stream = new ReadableStream<number>({
        pull() {
          throw error;
        },
      });
      const items = fromReadableStream(stream);
      expect((yield* errorOf(items.next())) === error).toBe(true);
      expect(stream.locked).toBe(false);
      yield* items.close();
    });
  });

  test("for await closes it when it is left", async () => {
    let cancelled = false;
    const stream = new ReadableStream<number>({
      pull: (controller) => controller.enqueue(1),
      cancel() {
        cancelled = true;
      },
    });
    for await (const n of fromReadableStream(stream)) {
      expect(n).toBe(1);
      break;
    }
    expect([cancelled, stream.locked]).toEqual([true, false]);
  });

  test("leaves the stream open by way of values({ preventCancel: true })", async () => {
    await run(function* () {
      const stream = new ReadableStream<string>({
        start(controller) {
          for (const chunk of ["a", "b"]) controller.enqueue(chunk);
          controller.close();
        },
      });
      const items = iterate(stream.values({ preventCancel: true }));
      expect(yield* items.next()).toEqual(item("a"));
      yield* items.close();
      expect(yield* collect(fromReadableStream(stream))).toEqual(["b"]);
    });
  });

  test("refuses what is no stream, and one that is locked", () => {
    expect(() => fromReadableStream(null as never)).toThrow(
      new TypeError("fromReadableStream() needs a ReadableStream, got null"),
    );
    expect(() => fromReadableStream(Readable.from([1]) as never)).toThrow(
      new TypeError("fromReadableStream() needs a ReadableStream, got object"),
    );
    const stream = new ReadableStream();
    stream.getReader();
    expect(() => fromReadableStream(stream)).toThrow(TypeError);
  });
});

test("there and back: back-pressure goes all the way", async () => {
  await virtually(function* () {
    let made = 0;
    const source = asyncGenerator<number>(function* (emit) {
      for (let n = 0; n < 100; n++) {
        made++;
        yield* emit(n);
      }
    });
    const chunks = fromReadableStream(toReadableStream(source));
    for (let n = 0; n < 50; n++) {
      expect(yield* chunks.next()).toEqual(item(n));
      expect(made).toBe(n + 1);
    }
    yield* chunks.close();
    expect(made).toBe(50);
  });
});
