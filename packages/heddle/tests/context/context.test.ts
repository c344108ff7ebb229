import {
  Context,
  ContextVar,
  copyContext,
  createTask,
  Future,
  fromPromise,
  gather,
  getRunningLoop,
  LookupError,
  RuntimeError,
  run,
  sleep,
  type Token,
  taskGroup,
  timeout,
} from "heddle";
import { describe, expect, test } from "vitest";
import { virtualLoop, virtually } from "../trace.ts";

const user = new ContextVar<string>("user", { default: "nobody" });
const unset = new ContextVar<number>("unset");

describe("ContextVar", () => {
  test("gives its default, or says how to get one", async () => {
    expect(user.get()).toBe("nobody");
    expect(user.name).toBe("user");
    expect(() => unset.get()).toThrow(
      new LookupError(
        'ContextVar "unset" has no value in this context and no default. ' +
          "Set it before, or give a default: new ContextVar(name, { default })",
      ),
    );
  });

  test("undefined and null are values like any other, as default and as value", () => {
    new Context().run(() => {
      expect(new ContextVar("v", { default: undefined }).get()).toBeUndefined();
      expect(new ContextVar<null>("v", { default: null }).get()).toBeNull();
      const variable = new ContextVar<string | undefined>("v", { default: "default" });
      variable.set(undefined);
      expect(variable.get()).toBeUndefined();
    });
  });

  test("two variables of one name are two variables", () => {
    new Context().run(() => {
      const [one, two] = [
        new ContextVar("same", { default: 0 }),
        new ContextVar("same", { default: 0 }),
      ];
      one.set(1);
      expect([one.get(), two.get()]).toEqual([1, 0]);
    });
  });
});

describe("a Token", () => {
  test("puts back what was there before, or nothing", () => {
    new Context().run(() => {
      const first = user.set("ada");
      const second = user.set("grace");
      expect([first.oldValue, second.oldValue]).toEqual([undefined, "ada"]);
      expect(second.variable).toBe(user);
      user.reset(second);
      expect(user.get()).toBe("ada");
      user.reset(first);
      expect(user.get()).toBe("nobody");
      const token = unset.set(1);
      unset.reset(token);
      expect(() => unset.get()).toThrow(LookupError);
    });
  });

  test("works once", () => {
    new Context().run(() => {
      const token = user.set("ada");
      user.reset(token);
      expect(() => user.reset(token)).toThrow(
        new RuntimeError('Token of "user" has already been used once'),
      );
    });
  });

  test("of another variable is refused, and stays usable", () => {
    new Context().run(() => {
      const token = user.set("ada");
      const other = new ContextVar<string>("other");
      expect(() => other.reset(token)).toThrow(
        new RangeError('Token was created by ContextVar "user", not by "other"'),
      );
      user.reset(token);
      expect(user.get()).toBe("nobody");
    });
  });

  test("of another context is refused", async () => {
    const refusal = new RangeError(
      'Token of "user" was created in another context. ' +
        "Reset a variable in the task or context that set it",
    );
    let token: Token<string> | undefined;
    new Context().run(() => {
      token = user.set("ada");
    });
    new Context().run(() => {
      expect(() => user.reset(token as Token<string>)).toThrow(refusal);
    });
    await virtually(function* () {
      const own = user.set("main's");
      const child = createTask(function* () {
        expect(() => user.reset(own)).toThrow(refusal);
      });
      yield* child;
      yield* sleep(1);
      user.reset(own);
      expect(user.get()).toBe("nobody");
    });
  });
});

describe("Context", () => {
  test("run: what is set inside stays in the context, and is not seen outside", () => {
    const context = new Context();
    const result = context.run(
      (a: number, b: number) => {
        user.set("inside");
        return a + b;
      },
      1,
      2,
    );
    expect([result, user.get(), context.get(user)]).toEqual([3, "nobody", "inside"]);
    context.run(() => expect(user.get()).toBe("inside"));
  });

  test("run: an error passes, and the context is left", () => {
    const context = new Context();
    expect(() =>
      context.run(() => {
        throw new Error("own");
      }),
    ).toThrow("own");
    expect(context.run(() => "entered again")).toBe("entered again");
    expect(user.get()).toBe("nobody");
  });

  test("cannot be entered twice, neither directly nor through another", () => {
    const refusal = new RuntimeError(
      "cannot enter context: it is already entered. Enter a copy of it: context.copy().run(…)",
    );
    const context = new Context();
    context.run(() => {
      expect(() => context.run(() => {})).toThrow(refusal);
      new Context().run(() => {
        expect(() => context.run(() => {})).toThrow(refusal);
      });
      expect(context.copy().run(() => "a copy")).toBe("a copy");
    });
  });

  test("is a mapping", () => {
    const context = new Context();
    expect([context.size, context.get(user), [...context]]).toEqual([0, undefined, []]);
    context.run(() => {
      user.set("ada");
      unset.set(5);
    });
    expect(context.size).toBe(2);
    expect(new Map(context)).toEqual(
      new Map<unknown, unknown>([
        [user, "ada"],
        [unset, 5],
      ]),
    );
    expect([context.has(user as never), context.has(new ContextVar("x") as never)]).toEqual([
      true,
      false,
    ]);
  });

  test("a copy goes its own way", () => {
    const context = new Context();
    context.run(() => user.set("ada"));
    const copy = context.copy();
    copy.run(() => user.set("grace"));
    expect([context.get(user), copy.get(user)]).toEqual(["ada", "grace"]);
  });

  test("copyContext copies the running one", () => {
    new Context().run(() => {
      user.set("ada");
      const copy = copyContext();
      user.set("grace");
      expect([copy.get(user), user.get()]).toEqual(["ada", "grace"]);
    });
    expect(copyContext().get(user)).toBeUndefined();
  });
});

describe("tasks", () => {
  test("each runs in a copy of its maker's context, taken when it was made", async () => {
    await virtually(function* () {
      user.set("main");
      const child = createTask(function* () {
        const seen = [user.get()];
        user.set("child");
        yield* sleep(5);
        seen.push(user.get());
        return seen;
      });
      user.set("main, later");
      yield* sleep(1);
      expect(user.get()).toBe("main, later");
      expect(yield* child).toEqual(["main", "child"]);
      expect(user.get()).toBe("main, later");
    });
    expect(user.get()).toBe("nobody");
  });

  test("a coroutine that is awaited by yield* runs in its caller's context", async () => {
    await virtually(function* () {
      function* helper() {
        user.set("by the helper");
        yield* sleep(1);
      }
      yield* helper();
      expect(user.get()).toBe("by the helper");
      yield* timeout(10, function* () {
        user.set("by the body");
        yield* sleep(1);
      });
      expect(user.get()).toBe("by the body");
    });
  });

  test("switching between tasks switches contexts, however they wake", async () => {
    await virtually(function* () {
      const future = new Future<void>();
      const names = Array.from({ length: 20 }, (_, n) => `task ${n}`);
      const tasks = names.map((name, n) =>
        createTask(function* () {
          user.set(name);
          for (let i = 0; i < 10; i++) {
            if (i === 5) yield* n === 7 ? sleep(3) : future;
            else yield* sleep((i * n) % 3);
            if (n === 7 && i === 5) future.setResult();
            expect(user.get()).toBe(name);
          }
          return user.get();
        }),
      );
      expect(yield* gather(tasks)).toEqual(names);
      expect(user.get()).toBe("nobody");
    });
  });

  test("a context may be given, and shared", async () => {
    await virtually(function* () {
      const context = copyContext();
      const one = createTask(
        function* () {
          user.set("one");
          yield* sleep(1);
        },
        { context },
      );
      yield* one;
      expect([context.get(user), user.get()]).toEqual(["one", "nobody"]);
      const two = createTask(
        function* () {
          return user.get();
        },
        { context },
      );
      expect(yield* two).toBe("one");
      expect(two.getContext()).toBe(context);
    });
  });

  test("of a group and of gather inherit like any other", async () => {
    await virtually(function* () {
      user.set("main");
      const seen: string[] = [];
      function* child() {
        seen.push(user.get());
        user.set("child");
        yield* sleep(1);
      }
      yield* taskGroup(function* (group) {
        group.createTask(child());
      });
      yield* gather([child(), child()]);
      expect([...seen, user.get()]).toEqual(["main", "main", "main", "main"]);
    });
  });

  test("an async function sees the context until its first await, and so do those it calls", async () => {
    await virtually(function* () {
      user.set("main");
      const before = createTask(async () => user.get());
      expect(yield* before).toBe("main");
    });
  });

  test("a run begins with a copy of its caller's context", async () => {
    const context = new Context();
    const running = context.run(() => {
      user.set("caller");
      return virtually(function* () {
        const seen = user.get();
        user.set("in the run");
        yield* sleep(1);
        return seen;
      });
    });
    expect(await running).toBe("caller");
    expect(context.get(user)).toBe("caller");
  });

  test("runs within one loop do not see each other's", async () => {
    const loop = virtualLoop();
    const seen = await Promise.all(
      ["a", "b", "c"].map((name) =>
        run(
          function* () {
            user.set(name);
            yield* sleep(5);
            yield* fromPromise(Promise.resolve());
            return user.get();
          },
          { loop },
        ),
      ),
    );
    expect(seen).toEqual(["a", "b", "c"]);
  });
});

describe("done callbacks", () => {
  test("run in a copy of the context that added them", async () => {
    await virtually(function* () {
      const seen: string[] = [];
      const future = new Future<void>();
      user.set("adder");
      future.addDoneCallback(() => {
        seen.push(user.get());
        user.set("in the callback");
      });
      user.set("later");
      createTask(function* () {
        user.set("setter");
        future.setResult();
      });
      yield* future;
      yield* sleep(0);
      expect([...seen, user.get()]).toEqual(["adder", "later"]);
    });
  });

  test("or in the context that was given", async () => {
    await virtually(function* () {
      const context = copyContext();
      context.run(() => user.set("given"));
      const seen: string[] = [];
      const future = new Future<void>();
      future.addDoneCallback(() => seen.push(user.get()), { context });
      future.addDoneCallback(() => user.set("changed"), { context });
      future.setResult();
      yield* sleep(0);
      expect([...seen, context.get(user), user.get()]).toEqual(["given", "changed", "nobody"]);
    });
  });
});

test("what the loop does by itself runs in nobody's context", async () => {
  const loop = virtualLoop();
  const seen: string[] = [];
  loop.setExceptionHandler(() => seen.push(user.get()));
  await run(
    function* () {
      user.set("main");
      loop.callSoon(() => {
        throw new Error("own");
      });
      yield* sleep(1);
    },
    { loop },
  );
  // The handler hears of it inside the callback that failed, as in asyncio.
  expect(seen).toEqual(["main"]);
  expect(user.get()).toBe("nobody");
  expect(() => getRunningLoop()).toThrow(RuntimeError);
});
