/*
 * Errors of futures and tasks.
 *
 * A CancelledError carries no stack outside debug mode: capturing one costs microseconds, and a
 * million tasks are cancelled at once (`npm run bench -- --only cancel`). As in Python, "no message"
 * and "an empty message" differ: without one the error has no `message` property of its own.
 */

let debugging = 0;

/** @internal A loop's debug mode is on, or off again: it gives cancellations a stack. */
export function captureCancellationStacks(capture: boolean): void {
  debugging += capture ? 1 : -1;
}

const CANCELLED = Symbol.for("heddle.CancelledError");

/** A task or future was cancelled. Counterpart: `asyncio.CancelledError`. */
export class CancelledError extends Error {
  override get name(): string {
    return "CancelledError";
  }

  /** @internal */
  get [CANCELLED](): true {
    return true;
  }
}

/** @internal A new CancelledError: cheap, since without a stack unless debug mode is on. */
export function newCancelledError(message?: string): CancelledError {
  if (debugging > 0) return new CancelledError(message);
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new CancelledError(message);
  Error.stackTraceLimit = limit;
  return error;
}

/** Is this the error of a cancellation (of any copy of heddle)? */
export function isCancelled(error: unknown): error is CancelledError {
  return typeof error === "object" && error !== null && CANCELLED in error;
}

/**
 * Throw `error` again if it is a cancellation. The first line of every `catch` that handles all
 * errors: JavaScript's `catch` catches cancellations too, and a task that swallows one goes on.
 *
 * @example
 * try {
 *   yield* work();
 * } catch (error) {
 *   rethrowIfCancelled(error);
 *   console.error("work failed:", error);
 * }
 */
export function rethrowIfCancelled(error: unknown): void {
  if (isCancelled(error)) throw error;
}

/** A deadline has passed. Counterpart: `TimeoutError`. */
export class TimeoutError extends Error {
  override name = "TimeoutError";
}

/** The operation is not allowed in this state of a future. Counterpart: `asyncio.InvalidStateError`. */
export class InvalidStateError extends Error {
  override name = "InvalidStateError";
}

/**
 * A run can never end: nothing is scheduled, and nothing can wake it. The message names its tasks
 * and what each of them waits for.
 */
export class DeadlockError extends Error {
  override name = "DeadlockError";
}

/**
 * Several errors as one. Counterpart: `ExceptionGroup`.
 *
 * `errors` has them in the order in which they happened. `split` and `subgroup` sort them out by a
 * class or by a predicate, through nested groups, as Python's do.
 */
export class ExceptionGroup extends AggregateError {
  override name = "ExceptionGroup";

  constructor(message: string, errors: Iterable<unknown>) {
    const members = [...errors];
    if (members.length === 0) throw new RangeError("an ExceptionGroup needs at least one error");
    super(members, `${message} (${members.length} ${members.length === 1 ? "error" : "errors"})`);
  }

  /** The part of the group whose errors match; null if none does. The nesting is kept. */
  subgroup(condition: ErrorCondition): ExceptionGroup | null {
    return this.split(condition)[0];
  }

  /** The matching part and the rest; null for an empty one. The nesting is kept. */
  split(condition: ErrorCondition): [ExceptionGroup | null, ExceptionGroup | null] {
    const matches = matcher(condition);
    if (matches(this)) return [this, null];
    const matching: unknown[] = [];
    const rest: unknown[] = [];
    for (const error of this.errors) {
      if (error instanceof ExceptionGroup) {
        const [inside, outside] = error.split(condition);
        if (inside !== null) matching.push(inside);
        if (outside !== null) rest.push(outside);
      } else if (matches(error)) matching.push(error);
      else rest.push(error);
    }
    return [this.#like(matching), this.#like(rest)];
  }

  #like(errors: unknown[]): ExceptionGroup | null {
    if (errors.length === 0) return null;
    const group = new ExceptionGroup("", errors);
    group.message = this.message;
    if (this.stack !== undefined) group.stack = this.stack;
    if (this.cause !== undefined) group.cause = this.cause;
    return group;
  }
}

/** An error class, or a predicate. */
export type ErrorCondition =
  | (abstract new (
      ...args: never[]
    ) => Error)
  | ((error: unknown) => boolean);

function matcher(condition: ErrorCondition): (error: unknown) => boolean {
  if (typeof condition !== "function") {
    throw new TypeError(
      `expected an error class or a function (error) => boolean, got ${typeof condition}`,
    );
  }
  if (condition === Error || condition.prototype instanceof Error) {
    return (error) => error instanceof condition;
  }
  return condition as (error: unknown) => boolean;
}
