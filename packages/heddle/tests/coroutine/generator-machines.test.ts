/*
 * Random generators, driven at random, against CPython's algorithm written out for machines.
 *
 * A machine is a list of states. In each it yields its number, or delegates to a fresh instance of
 * the next machine. What it does next depends on whether a value or an error arrives. `play` is that
 * machine as a generator; `Reference` follows gen_send_ex2, _gen_throw and gen_close.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { GeneratorExit, RuntimeError, StopIteration } from "../../src/coroutine/errors.ts";
import { generator } from "../../src/coroutine/generator-object.ts";

type Reaction =
  | { do: "go"; to: number }
  | { do: "return"; value: number }
  | { do: "raise"; error: "Error" | "StopIteration" | "GeneratorExit" }
  | { do: "pass" };
interface State {
  delegates: boolean;
  onValue: Reaction;
  onError: Reaction;
  onExit: Reaction;
}
type Machine = readonly State[];

const raise = {
  Error: () => new Error("own"),
  StopIteration: () => new StopIteration(-1),
  GeneratorExit: () => new GeneratorExit(),
};

/** The state to go on in, or the value to return; raises what the machine raises. */
function react(machine: Machine, at: number, error?: unknown): { to: number } | { value: number } {
  const state = machine[at] as State;
  const exits = error instanceof GeneratorExit;
  const reaction = error === undefined ? state.onValue : exits ? state.onExit : state.onError;
  if (reaction.do === "go") return { to: reaction.to % machine.length };
  if (reaction.do === "return") return { value: reaction.value };
  if (reaction.do === "raise") throw raise[reaction.error]();
  if (error !== undefined) throw error;
  return { to: (at + 1) % machine.length };
}

const play = generator(function* (
  machines: readonly Machine[],
  depth: number = 0,
): Generator<unknown, number, unknown> {
  const machine = machines[depth] as Machine;
  for (let at = 0; ; ) {
    let resume: () => ReturnType<typeof react>;
    try {
      if (machine[at]?.delegates && depth + 1 < machines.length) {
        const to = (yield* play(machines, depth + 1)) % machine.length;
        resume = () => ({ to });
      } else {
        const sent = yield `${depth}.${at}`;
        resume = () => (sent === "return" ? { value: at } : react(machine, at));
      }
    } catch (error) {
      resume = () => react(machine, at, error);
    }
    const next = resume();
    if ("value" in next) return next.value;
    at = next.to;
  }
});

/** One generator as CPython keeps it. Its calls give what is yielded, and throw the rest. */
class Reference {
  frame: "created" | "suspended" | "cleared" = "created";
  at = 0;
  inner: Reference | undefined;

  readonly machines: readonly Machine[];
  readonly depth: number;

  constructor(machines: readonly Machine[], depth = 0) {
    this.machines = machines;
    this.depth = depth;
  }

  send(value: unknown): unknown {
    if (this.frame === "created" && value !== undefined)
      throw new TypeError("can't send non-undefined value to a just-started generator");
    if (this.frame === "cleared") throw new StopIteration(undefined);
    if (this.frame === "created") return this.run(() => this.enter(0));
    if (this.inner) return this.run(() => this.delegated(() => this.inner?.send(value)));
    return this.run(() =>
      this.follow(value === "return" ? { value: this.at } : react(this.machine, this.at)),
    );
  }

  throw(error: unknown): unknown {
    if (this.frame !== "suspended") {
      this.frame = "cleared";
      throw error;
    }
    return this.run(() => {
      if (!this.inner) return this.raiseHere(error);
      if (!(error instanceof GeneratorExit)) return this.delegated(() => this.inner?.throw(error));
      return this.delegated(() => {
        this.inner?.close();
        throw error;
      });
    });
  }

  close(): unknown {
    if (this.frame === "created") this.frame = "cleared";
    if (this.frame === "cleared") return undefined;
    try {
      this.throw(new GeneratorExit());
    } catch (error) {
      if (error instanceof GeneratorExit) return undefined;
      if (error instanceof StopIteration) return error.value;
      throw error;
    }
    throw new RuntimeError("generator ignored GeneratorExit");
  }

  private get machine(): Machine {
    return this.machines[this.depth] as Machine;
  }

  /** Runs the body until it yields (returns that) or ends (throws). */
  private run(body: () => { yielded: unknown } | { returned: number }): unknown {
    let step: ReturnType<typeof body>;
    try {
      step = body();
    } catch (error) {
      this.frame = "cleared";
      if (!(error instanceof StopIteration)) throw error;
      throw new RuntimeError("generator raised StopIteration", { cause: error });
    }
    if ("yielded" in step) {
      this.frame = "suspended";
      return step.yielded;
    }
    this.frame = "cleared";
    throw new StopIteration(step.returned);
  }

  private enter(at: number): { yielded: unknown } | { returned: number } {
    this.at = at;
    if (!this.machine[at]?.delegates || this.depth + 1 >= this.machines.length) {
      return { yielded: `${this.depth}.${at}` };
    }
    this.inner = new Reference(this.machines, this.depth + 1);
    return this.delegated(() => this.inner?.send(undefined));
  }

  private delegated(call: () => unknown): { yielded: unknown } | { returned: number } {
    try {
      return { yielded: call() };
    } catch (error) {
      this.inner = undefined;
      if (!(error instanceof StopIteration)) return this.raiseHere(error);
      return this.enter((error.value as number) % this.machine.length);
    }
  }

  private raiseHere(error: unknown) {
    return this.follow(react(this.machine, this.at, error));
  }

  private follow(next: ReturnType<typeof react>): { yielded: unknown } | { returned: number } {
    return "value" in next ? { returned: next.value } : this.enter(next.to);
  }
}

test("random generators under random calls do what CPython's algorithm does", () => {
  const reaction: fc.Arbitrary<Reaction> = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Reaction>({ do: "pass" }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("go" as const), to: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("return" as const), value: fc.nat(9) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("raise" as const),
        error: fc.constantFrom(
          "Error" as const,
          "StopIteration" as const,
          "GeneratorExit" as const,
        ),
      }),
    },
  );
  const state = fc.record<State>({
    delegates: fc.boolean(),
    onValue: reaction,
    onError: reaction,
    onExit: reaction,
  });
  const machine = fc.array(state, { minLength: 1, maxLength: 4 });
  const call = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("send", "send return", "send value") },
    { weight: 3, arbitrary: fc.constantFrom("throw Error", "throw StopIteration") },
    { weight: 2, arbitrary: fc.constantFrom("throw GeneratorExit", "close") },
  );

  const outcome = (target: Reference | ReturnType<typeof play>, name: string): unknown => {
    const [verb, what] = name.split(" ") as [string, keyof typeof raise | undefined];
    try {
      if (verb === "close") return ["returned", target.close()];
      if (verb === "throw") return ["yielded", target.throw(raise[what as keyof typeof raise]())];
      return ["yielded", target.send(what)];
    } catch (error) {
      const { name, message, cause, value } = error as StopIteration;
      return ["threw", name, message, value, (cause as Error | undefined)?.name];
    }
  };

  const reached = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(machine, { minLength: 1, maxLength: 3 }),
      fc.array(call, { minLength: 1, maxLength: 12 }),
      (machines, calls) => {
        const ours = play(machines);
        const reference = new Reference(machines);
        for (const name of calls) {
          const expected = outcome(reference, name);
          expect(outcome(ours, name)).toEqual(expected);
          reached.add(JSON.stringify(expected));
        }
      },
    ),
    { numRuns: 500 },
  );
  // The programs were no trivial ones: they came to every kind of end there is.
  for (const text of [
    "2.",
    "StopIteration",
    "GeneratorExit",
    "ignored",
    "raised",
    "just-started",
  ]) {
    expect([...reached].some((outcome) => outcome.includes(text))).toBe(true);
  }
});
