/** gather, shield, wait, waitFor and asCompleted. */
import * as heddle from "heddle";
import type { Frame, Interpreter, Returned } from "../interpreter.ts";
import type { Argument, StatementOf } from "../program.ts";
import { show, stateOf } from "../rendering.ts";
import type { SuspendingHandlers } from "./handler.ts";

/** Awaits the future that a combinator made, or with `bind` only names it. */
function* awaitOrBind(
  run: Interpreter,
  s: { readonly op: string; readonly bind?: string },
  frame: Frame,
  future: heddle.Future<unknown>,
): heddle.Coroutine<undefined> {
  if (s.bind === undefined) {
    yield* run.outcome(frame, s.op, () => future);
  } else {
    run.names.bindFuture(s.bind, future);
    run.log(frame, `${s.op} ${s.bind} -> ok`);
  }
  return undefined;
}

type AsCompleted = StatementOf<"as_completed">;

/** Plain mode: awaits the outcomes as they come. */
function* eachOutcome(
  run: Interpreter,
  s: AsCompleted,
  frame: Frame,
  _awaitables: readonly unknown[],
  completed: heddle.AsCompleted<unknown>,
): heddle.Coroutine<Returned | undefined> {
  for (const next of completed) {
    try {
      yield* run.outcome(frame, "next", () => next);
    } catch (error) {
      if (!s.catch || heddle.isCancelled(error)) throw error;
    }
    const returned = yield* run.body(s.body ?? [], frame);
    if (returned) return returned;
  }
  return undefined;
}

/** Mode "async": gets the futures themselves, and says which argument each one is. */
function* eachFuture(
  run: Interpreter,
  s: AsCompleted,
  frame: Frame,
  awaitables: readonly unknown[],
  completed: heddle.AsCompleted<unknown>,
): heddle.Coroutine<Returned | undefined> {
  const futures = completed[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<heddle.Future<unknown>, undefined>;
    try {
      next = yield* futures.next();
    } catch (error) {
      run.log(frame, `next ! ${show(error)}`);
      throw error;
    }
    if (next.done) return undefined;
    const name = argumentName(run, s.args, awaitables, next.value);
    run.log(frame, `next ${name} ${stateOf(next.value)}`);
    const returned = yield* run.body(s.body ?? [], frame);
    if (returned) return returned;
  }
}

/** The name of the first argument that is this future. */
function argumentName(
  run: Interpreter,
  given: readonly Argument[],
  awaitables: readonly unknown[],
  future: heddle.Future<unknown>,
): string {
  for (const [index, argument] of given.entries()) {
    if (typeof argument === "string") {
      if (awaitables[index] === future) return argument;
    } else if (run.names.isBoundTo(argument.name, future)) return argument.name;
  }
  return "?";
}

export const suspendingCombinators = {
  *gather(run, s, frame) {
    const returnExceptions = s.return_exceptions ?? false;
    const future = heddle.gather(run.arguments(s.args), { returnExceptions });
    return yield* awaitOrBind(run, s, frame, future);
  },

  *shield(run, s, frame) {
    const [argument] = run.arguments([s.arg]);
    return yield* awaitOrBind(run, s, frame, heddle.shield(argument!));
  },

  *wait(run, s, frame) {
    const futures = new Map(s.args.map((name) => [name, run.names.get(name, "future")]));
    yield* run.outcome(frame, "wait", function* () {
      const { done, pending } = yield* heddle.wait([...futures.values()], {
        ...(typeof s.timeout === "number" ? { timeout: s.timeout } : {}),
        returnWhen: s.return_when ?? "ALL_COMPLETED",
      });
      return [done, pending].map((part) =>
        [...futures].flatMap(([name, future]) => (part.has(future) ? [name] : [])).sort(),
      );
    });
    return undefined;
  },

  *wait_for(run, s, frame) {
    const { arg } = s;
    const awaitable =
      typeof arg === "string"
        ? run.names.get(arg, "future")
        : run.namedBody(arg.name, arg.body, run.currentTask());
    const wait = () => heddle.waitFor(awaitable, s.timeout);
    yield* run.outcome(frame, `wait_for ${show(s.timeout)}`, wait);
    return undefined;
  },

  *as_completed(run, s, frame) {
    const awaitables = run.arguments(s.args);
    const options = typeof s.timeout === "number" ? { timeout: s.timeout } : {};
    const completed = heddle.asCompleted(awaitables, options);
    if (s.bind !== undefined) {
      run.names.bind(
        s.bind,
        "outcomes",
        s.mode === "async"
          ? { mode: s.mode, each: completed[Symbol.asyncIterator]() }
          : { mode: s.mode, each: completed[Symbol.iterator]() },
      );
      run.log(frame, `as_completed ${s.bind} -> ok`);
      return undefined;
    }
    const each = s.mode === "async" ? eachFuture : eachOutcome;
    const returned = yield* each(run, s, frame, awaitables, completed);
    if (!returned) run.log(frame, "as_completed -> ok");
    return returned;
  },

  *next(run, s, frame) {
    const outcomes = run.names.get(s.var, "outcomes");
    const text = `next ${s.var}`;
    if (outcomes.mode === undefined) {
      const next = outcomes.each.next();
      if (next.done) run.log(frame, `${text} -> end`);
      else yield* run.outcome(frame, text, () => next.value);
      return undefined;
    }
    let next: IteratorResult<heddle.Future<unknown>, undefined>;
    try {
      next = yield* outcomes.each.next();
    } catch (error) {
      run.log(frame, `${text} ! ${show(error)}`);
      throw error;
    }
    run.log(frame, next.done ? `${text} -> end` : `${text} ${stateOf(next.value)}`);
    return undefined;
  },
} satisfies Partial<SuspendingHandlers>;
