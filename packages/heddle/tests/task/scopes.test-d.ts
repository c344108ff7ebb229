import {
  type CancelScope,
  type Coroutine,
  cancelScope,
  checkpoint,
  failAfter,
  moveOnAfter,
  Runner,
  run,
  scoped,
  sleep,
  TaskGroup,
} from "heddle";
import { runVirtual, waitAllTasksBlocked } from "heddle/testing";
import { expectTypeOf, test } from "vitest";

test("scopes give the body's value, or undefined where they end it", () => {
  function* coroutine(): Coroutine<void> {
    expectTypeOf(yield* moveOnAfter(1, () => sleep(1, "a"))).toEqualTypeOf<string | undefined>();
    expectTypeOf(yield* failAfter(1, () => sleep(1, "a"))).toEqualTypeOf<string>();
    const value = yield* cancelScope({ shield: true }, function* (scope) {
      expectTypeOf(scope).toEqualTypeOf<CancelScope>();
      yield* checkpoint();
      return 1;
    });
    expectTypeOf(value).toEqualTypeOf<number | undefined>();
    expectTypeOf(
      yield* scoped(
        (body) => body(),
        () => sleep(1, true as boolean),
      ),
    ).toEqualTypeOf<boolean>();
    expectTypeOf(yield* waitAllTasksBlocked()).toEqualTypeOf<void>();
  }
  expectTypeOf(coroutine).returns.toEqualTypeOf<Coroutine<void>>();
});

test("in async functions too", async () => {
  const usesAwait = async () => {
    expectTypeOf(await moveOnAfter(1, async () => "a")).toEqualTypeOf<string | undefined>();
    expectTypeOf(await new Runner().run(async () => 1)).toEqualTypeOf<number>();
    expectTypeOf(await runVirtual(() => sleep(1, 2), { seed: 1 })).toEqualTypeOf<number>();
    await using group = new TaskGroup();
    expectTypeOf(await group.createTask(async () => "b")).toEqualTypeOf<string>();
    expectTypeOf(await group.join()).toEqualTypeOf<void>();
  };
  expectTypeOf(usesAwait).returns.toEqualTypeOf<Promise<void>>();
});

test("a body without its star is refused", () => {
  function* starless() {
    yield sleep(1);
  }
  // @ts-expect-error: what was yielded is no suspension.
  const wrong = () => moveOnAfter(1, starless);
  // @ts-expect-error: a body is a function.
  const noBody = () => cancelScope({}, sleep(1));
  // @ts-expect-error: there is no such option.
  const unknownOption = () => run(() => sleep(1), { deadline: 1 });
  expectTypeOf([wrong, noBody, unknownOption]).toBeArray();
});
