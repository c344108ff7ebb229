/**
 * What executes a statement, and a short way to write those that only call one method.
 */
import type { Awaitable, Coroutine } from "heddle";
import type { Frame, Interpreter, Returned, Shown } from "../interpreter.ts";
import type { Kind, Kinds } from "../names.ts";
import type { InstantStatement, StatementOf, SuspendingStatement } from "../program.ts";

/** Executes a statement that never suspends. */
export type InstantHandler<S> = (run: Interpreter, statement: S, frame: Frame) => void;

/** Executes one that may suspend; gives a value if a `return` leaves the body. */
export type SuspendingHandler<S> = (
  run: Interpreter,
  statement: S,
  frame: Frame,
) => Coroutine<Returned | undefined>;

export type InstantHandlers = {
  [Op in InstantStatement["op"]]: InstantHandler<StatementOf<Op>>;
};

export type SuspendingHandlers = {
  [Op in SuspendingStatement["op"]]: SuspendingHandler<StatementOf<Op>>;
};

/** The fields of a statement that calls a method of a named object. */
interface MethodCall {
  readonly op: string;
  readonly var: string;
}

/** `{ op, var }`: calls a method without arguments on the object; logs `OP VAR -> …`. */
export function method<K extends Kind>(
  kinds: readonly K[],
  call: (object: Kinds[K]) => unknown,
  shown: Shown = "value",
): InstantHandler<MethodCall> {
  return (run, s, frame) => {
    const object = run.names.get(s.var, ...kinds);
    run.report(frame, `${s.op} ${s.var}`, () => call(object), shown);
  };
}

/** The same for a method whose result is awaited. */
export function awaitedMethod<K extends Kind>(
  kinds: readonly K[],
  call: (object: Kinds[K]) => Awaitable<unknown>,
  shown: Shown = "value",
): SuspendingHandler<MethodCall> {
  return function* (run, s, frame) {
    const object = run.names.get(s.var, ...kinds);
    yield* run.outcome(frame, `${s.op} ${s.var}`, () => call(object), shown);
    return undefined;
  };
}
