import { EventEmitter } from "node:events";
import {
  asCompleted,
  asyncGenerator,
  type Coroutine,
  createTask,
  type Emit,
  type Future,
  fromAbortSignal,
  fromReadableStream,
  type Iteration,
  iterate,
  once,
  openMemoryChannel,
  Queue,
  run,
  StreamReader,
  sleep,
  toReadableStream,
} from "heddle";
import { describe, expectTypeOf, test } from "vitest";

describe("iterate", () => {
  test("knows the items, the result, and what may be sent", () => {
    run(function* () {
      const items = iterate(
        (async function* (): AsyncGenerator<number, string, boolean> {
          return String(yield 1);
        })(),
      );
      expectTypeOf(items).toEqualTypeOf<Iteration<number, string, boolean>>();
      const next = yield* items.next(true);
      expectTypeOf(next).toEqualTypeOf<IteratorResult<number, string>>();
      if (next.done) expectTypeOf(next.value).toEqualTypeOf<string>();
      else expectTypeOf(next.value).toEqualTypeOf<number>();
      expectTypeOf(yield* items.close()).toEqualTypeOf<void>();
      // @ts-expect-error: it takes booleans
      yield* items.next("text");
    });
    run(async () => {
      const items = iterate(new Queue<string>());
      expectTypeOf(await items.next()).toEqualTypeOf<IteratorResult<string, void>>();
      for await (const item of items) expectTypeOf(item).toEqualTypeOf<string>();
    });
  });

  test("of synchronous iterables awaits what promises hold", () => {
    const items = iterate([1, Promise.resolve("text")]);
    run(function* () {
      const next = yield* items.next();
      if (!next.done) expectTypeOf(next.value).toEqualTypeOf<number | string>();
    });
  });

  test("of heddle's own", () => {
    run(function* () {
      const [, receiver] = openMemoryChannel<Date>(1);
      const date = yield* iterate(receiver).next();
      if (!date.done) expectTypeOf(date.value).toEqualTypeOf<Date>();
      const line = yield* iterate(new StreamReader()).next();
      if (!line.done) expectTypeOf(line.value).toEqualTypeOf<Uint8Array>();
      const done = yield* iterate(asCompleted([sleep(1, "a")])).next();
      if (!done.done) expectTypeOf(done.value).toEqualTypeOf<Future<string>>();
    });
    // @ts-expect-error: nothing to iterate
    iterate(5);
  });
});

describe("asyncGenerator", () => {
  test("is an AsyncGenerator of what emit takes", () => {
    const plain = asyncGenerator<number>(function* (emit) {
      expectTypeOf(yield* emit(1)).toEqualTypeOf<void>();
      // @ts-expect-error: this one emits numbers
      yield* emit("text");
    });
    expectTypeOf(plain).toEqualTypeOf<AsyncGenerator<number, void, void>>();
    run(async () => {
      for await (const n of plain) expectTypeOf(n).toEqualTypeOf<number>();
    });
  });

  test("its types can be read off the body", () => {
    const generator = asyncGenerator(function* (emit: Emit<string, boolean>) {
      expectTypeOf(yield* emit("a")).toEqualTypeOf<boolean>();
      yield* sleep(1);
      return 5;
    });
    expectTypeOf(generator).toEqualTypeOf<AsyncGenerator<string, number, boolean>>();
    expectTypeOf(iterate(generator)).toEqualTypeOf<Iteration<string, number, boolean>>();
    const asynchronous = asyncGenerator(async (emit: Emit<string>) => {
      expectTypeOf(await emit("a")).toEqualTypeOf<void>();
      return 5;
    });
    expectTypeOf(asynchronous).toEqualTypeOf<AsyncGenerator<string, number, void>>();
    function* named(emit: Emit<number>): Coroutine<void> {
      yield* emit(1);
    }
    expectTypeOf(asyncGenerator(named)).toEqualTypeOf<AsyncGenerator<number, void, void>>();
  });

  test("a forgotten star is refused", () => {
    // @ts-expect-error: yield* emit(1)
    asyncGenerator<number>(function* (emit) {
      yield emit(1);
    });
  });
});

describe("once", () => {
  test("of an emitter gives the arguments", () => {
    run(function* () {
      const emitter = new EventEmitter();
      expectTypeOf(yield* once(emitter, "data")).toEqualTypeOf<unknown[]>();
      const [code] = yield* once<[code: number, signal: string]>(emitter, "exit");
      expectTypeOf(code).toEqualTypeOf<number>();
      expectTypeOf(yield* once(emitter, Symbol("any"))).toEqualTypeOf<unknown[]>();
      const typed = new EventEmitter<{ data: [number] }>();
      expectTypeOf(yield* createTask(once(typed, "data"))).toEqualTypeOf<unknown[]>();
    });
  });

  test("of an EventTarget gives the event that its own on… property tells of", () => {
    run(function* () {
      expectTypeOf(yield* once(new EventTarget(), "ready")).toEqualTypeOf<Event>();
      expectTypeOf(yield* once(new AbortController().signal, "abort")).toEqualTypeOf<Event>();
      interface Socket extends EventTarget {
        onmessage: ((this: Socket, event: MessageEvent) => unknown) | null;
      }
      const socket = new EventTarget() as Socket;
      expectTypeOf(yield* once(socket, "message")).toEqualTypeOf<MessageEvent>();
      expectTypeOf(yield* once(socket, "other")).toEqualTypeOf<Event>();
      expectTypeOf(yield* once<CustomEvent>(socket, "own")).toEqualTypeOf<CustomEvent>();
    });
    // @ts-expect-error: neither
    once({}, "data");
  });
});

test("fromAbortSignal gives any reason", () => {
  run(function* () {
    expectTypeOf(yield* fromAbortSignal(AbortSignal.abort())).toEqualTypeOf<unknown>();
  });
});

test("streams have the types of their items, both ways", () => {
  expectTypeOf(toReadableStream(new Queue<string>())).toEqualTypeOf<ReadableStream<string>>();
  expectTypeOf(toReadableStream(new StreamReader())).toEqualTypeOf<ReadableStream<Uint8Array>>();
  expectTypeOf(toReadableStream([1, Promise.resolve(2)])).toEqualTypeOf<ReadableStream<number>>();
  expectTypeOf(toReadableStream(asyncGenerator<Date>(function* () {}))).toEqualTypeOf<
    ReadableStream<Date>
  >();
  toReadableStream([1], { highWaterMark: 2, size: (n) => n });
  run(function* () {
    const chunk = yield* fromReadableStream(new ReadableStream<string>()).next();
    if (!chunk.done) expectTypeOf(chunk.value).toEqualTypeOf<string>();
    else expectTypeOf(chunk.value).toEqualTypeOf<undefined>();
  });
});
