import { describe, expectTypeOf, test } from "vitest";
import { StopIteration } from "../../src/coroutine/errors.ts";
import { type GeneratorObject, generator, primed } from "../../src/coroutine/generator-object.ts";

describe("generator", () => {
  test("infers what is yielded and returned; a bare yield gives any", () => {
    const g = generator(function* () {
      let x = yield 1;
      while (true) x = yield x * 2;
    })();
    expectTypeOf(g.send(undefined)).toEqualTypeOf<number>();
    expectTypeOf(g.send).parameter(0).toBeAny();

    const ending = generator(function* () {
      yield "a" as string;
      return true as boolean;
    })();
    expectTypeOf(ending.send(undefined)).toEqualTypeOf<string>();
    expectTypeOf(ending.throw(new Error())).toEqualTypeOf<string>();
    expectTypeOf(ending.close()).toEqualTypeOf<boolean | undefined>();
    expectTypeOf(ending.next()).toEqualTypeOf<IteratorResult<string, boolean>>();
    expectTypeOf([...ending]).toEqualTypeOf<string[]>();
  });

  test("infers what is sent from the variable that receives it", () => {
    const g = generator(function* () {
      const name: string = yield 1;
      return name.length;
    })();
    expectTypeOf(g).toEqualTypeOf<GeneratorObject<number, number, string>>();
    // @ts-expect-error a number is not what this generator receives
    g.send(5);
    // @ts-expect-error as in Python, send takes exactly one value
    g.send();
  });

  test("takes an annotation", () => {
    const make = generator(function* (): Generator<number, string, boolean> {
      return String(yield 1);
    });
    expectTypeOf(make).returns.toEqualTypeOf<GeneratorObject<number, string, boolean>>();
  });

  test("passes on arguments, this and type parameters", () => {
    const make = generator(function* (this: Date, a: number, b?: string) {
      yield [a, b, this.getTime()] as const;
    });
    expectTypeOf<Parameters<typeof make>>().toEqualTypeOf<[a: number, b?: string | undefined]>();
    expectTypeOf<ThisParameterType<typeof make>>().toEqualTypeOf<Date>();

    const each = generator(function* <T>(items: Iterable<T>) {
      yield* items;
    });
    expectTypeOf(each(["a"]).send(undefined)).toEqualTypeOf<string>();
    expectTypeOf(each([1n]).send(undefined)).toEqualTypeOf<bigint>();
  });

  test("refuses what is no function*", () => {
    // @ts-expect-error a plain function
    () => generator(() => 5);
    // @ts-expect-error an async function*
    () => generator(async function* () {});
    // @ts-expect-error a generator in place of its function
    () => generator(make());
    function* make() {
      yield 1;
    }
  });
});

test("primed has generator's types", () => {
  const make = primed(function* (start: number): Generator<number, void, number> {
    let total = start;
    while (true) total += yield total;
  });
  expectTypeOf(make).toEqualTypeOf<
    (this: unknown, start: number) => GeneratorObject<number, void, number>
  >();
});

test("yield* has the type of the inner generator's return value", () => {
  const inner = generator(function* () {
    yield 1;
    return "text" as string;
  });
  const outer = generator(function* () {
    const value = yield* inner();
    expectTypeOf(value).toEqualTypeOf<string>();
    yield value;
  });
  expectTypeOf(outer().send(undefined)).toEqualTypeOf<string | number>();
});

test("a generator object is disposable, and StopIteration carries its value's type", () => {
  expectTypeOf<GeneratorObject<1, 2, 3>>().toExtend<Disposable>();
  expectTypeOf(new StopIteration(7 as number).value).toEqualTypeOf<number>();
});
