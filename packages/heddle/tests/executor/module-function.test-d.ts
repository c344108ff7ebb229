import type { Coroutine } from "heddle";
import { describe, expectTypeOf, test } from "vitest";
import { moduleFunction } from "../../src/executor/module-function.ts";
import { transfer } from "../../src/executor/transfer.ts";

declare function submit<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T;

describe("moduleFunction", () => {
  test("has the type of what it stands for", () => {
    const decode = moduleFunction<
      typeof import("../../src/executor/error-crossing.ts").decodeError
    >("heddle/executor", "decodeError");
    expectTypeOf(decode).toEqualTypeOf<
      typeof import("../../src/executor/error-crossing.ts").decodeError
    >();
    expectTypeOf(submit(decode, { name: "Error" }, "here")).toEqualTypeOf<unknown>();
    // @ts-expect-error: the second argument is a string
    submit(decode, {}, 1);
  });

  test("may be a coroutine function, an async one, or a generic one", () => {
    const coroutine = moduleFunction<(n: number) => Coroutine<string>>("a");
    expectTypeOf(submit(coroutine, 1)).toEqualTypeOf<Coroutine<string>>();
    const generic = moduleFunction<<T>(value: T) => T[]>("a");
    expectTypeOf(generic<"x">).returns.toEqualTypeOf<"x"[]>();
  });

  test("without a type takes no arguments but those that cannot be", () => {
    const untyped = moduleFunction("a");
    expectTypeOf(untyped).toEqualTypeOf<(...args: never[]) => unknown>();
    // @ts-expect-error: nobody knows what it takes
    submit(untyped, 1);
  });

  test("is a function, at a string or URL", () => {
    moduleFunction<() => void>(new URL("file:///a.js"), "name");
    // @ts-expect-error: no function
    moduleFunction<string>("a");
    // @ts-expect-error: no URL
    moduleFunction<() => void>(1);
    // @ts-expect-error: such a function is not exported
    moduleFunction<typeof import("../../src/executor/error-crossing.ts").nothing>("a");
  });
});

describe("transfer", () => {
  test("has the type of the value", () => {
    const bytes: Uint8Array = new Uint8Array(1);
    expectTypeOf(transfer(bytes, [bytes.buffer])).toEqualTypeOf<Uint8Array>();
    const { port1, port2 } = new MessageChannel();
    expectTypeOf(transfer({ port1, n: 1 }, [port1, port2])).toEqualTypeOf<{
      port1: typeof port1;
      n: number;
    }>();
    transfer(1, [new ReadableStream(), new WritableStream(), new TransformStream()]);
  });

  test("takes what can be transferred alone", () => {
    // @ts-expect-error: a view
    transfer(1, [new Uint8Array(1)]);
    // @ts-expect-error: data
    transfer(1, [{ a: 1 }]);
    // @ts-expect-error: no list
    transfer(1, new ArrayBuffer(1));
  });
});
