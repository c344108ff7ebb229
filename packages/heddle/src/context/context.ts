/*
 * Context variables, as Python's contextvars: values that belong to the flow of a task.
 *
 * Each task starts with a copy of its creator's context; what it sets, nobody else sees. The
 * variables are an immutable map, copied on `set`, so that taking a copy of a context is O(1) and
 * needs no object at all until somebody looks (see current.ts). CPython uses a HAMT for the same
 * reason; programs have a handful of variables, where copying a small Map is quicker.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { currentFrame, type Frame, isEntered, within } from "./current.ts";

export type Variables = ReadonlyMap<ContextVar<unknown>, unknown>;

/** A variable has neither a value in this context nor a default. Python: LookupError. */
export class LookupError extends Error {
  override name = "LookupError";
}

/**
 * A mapping from context variables to values. Counterpart: `contextvars.Context`.
 *
 * `new Context()` is empty; `copyContext()` copies the running one.
 */
export class Context {
  /** @internal */
  _variables: Variables;

  constructor() {
    this._variables = new Map();
  }

  /**
   * Call `fn(...args)` inside this context and return its result. Variables that it sets stay in
   * this context. Never suspends. Throws RuntimeError if this context is already entered.
   */
  run<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
    if (isEntered(this)) {
      throw new RuntimeError(
        "cannot enter context: it is already entered. Enter a copy of it: context.copy().run(…)",
      );
    }
    const { owner, frameTask } = currentFrame();
    return within({ context: this, owner, frameTask }, () => fn(...args));
  }

  /** A new context with the same values. */
  copy(): Context {
    return contextOf(this._variables);
  }

  /** The value of `variable` here; undefined if it is not set (its default is not consulted). */
  get<T>(variable: ContextVar<T>): T | undefined {
    return this._variables.get(variable as ContextVar<unknown>) as T | undefined;
  }

  /** Is `variable` set here? */
  has(variable: ContextVar<unknown>): boolean {
    return this._variables.has(variable);
  }

  get size(): number {
    return this._variables.size;
  }

  [Symbol.iterator](): Iterator<[ContextVar<unknown>, unknown]> {
    return this._variables.entries();
  }
}

/** @internal A context object with these variables. */
export function contextOf(variables: Variables): Context {
  const context = new Context();
  context._variables = variables;
  return context;
}

/** A copy of the running context, O(1). Counterpart: `contextvars.copy_context()`. */
export function copyContext(): Context {
  return contextOf(snapshot());
}

/** @internal The running variables as an immutable map: a copy of the context that costs nothing. */
export function snapshot(): Variables {
  return variablesOf(currentFrame());
}

/** @internal The variables of a frame as they are now. */
export function variablesOf(frame: Frame): Variables {
  const { context } = frame;
  // Not by `instanceof`: this runs for each new task, and that costs some 20 ns.
  return (context as Context)._variables ?? (context as Variables);
}

/** @internal The running context as an object that can be changed. */
function materialised(): Context {
  const frame = currentFrame();
  const { context } = frame;
  if (context instanceof Context) return context;
  const made = contextOf(context);
  frame.context = made;
  return made;
}

/** What `ContextVar.set` returns; `ContextVar.reset` takes it. */
export class Token<T> {
  readonly variable: ContextVar<T>;
  /** The value before `set`; undefined if there was none. */
  readonly oldValue: T | undefined;
  /** @internal */
  readonly _context: Context;
  /** @internal */
  readonly _hadValue: boolean;
  /** @internal */
  _used = false;

  /** @internal */
  constructor(variable: ContextVar<T>, context: Context) {
    this.variable = variable;
    this._context = context;
    this._hadValue = context.has(variable as ContextVar<unknown>);
    this.oldValue = context.get(variable);
  }
}

/**
 * A variable whose value belongs to the running context. Counterpart: `contextvars.ContextVar`.
 *
 * @example
 * const user = new ContextVar("user", { default: "nobody" });
 * const token = user.set("ada");
 * user.get();          // "ada", here and in every task created from here
 * user.reset(token);   // "nobody" again
 */
export class ContextVar<T> {
  readonly name: string;
  readonly #default: T | undefined;
  readonly #hasDefault: boolean;

  constructor(name: string, options: { default?: T } = {}) {
    if (typeof name !== "string") {
      throw new TypeError(`a ContextVar's name must be a string, got ${typeof name}`);
    }
    this.name = name;
    this.#hasDefault = Object.hasOwn(options, "default");
    this.#default = options.default;
  }

  /** The value here, or the default. Throws LookupError if there is neither. */
  get(): T {
    const variables = snapshot();
    const self = this as unknown as ContextVar<unknown>;
    const value = variables.get(self) as T | undefined;
    if (value !== undefined || variables.has(self)) return value as T;
    if (this.#hasDefault) return this.#default as T;
    throw new LookupError(
      `ContextVar "${this.name}" has no value in this context and no default. ` +
        "Set it before, or give a default: new ContextVar(name, { default })",
    );
  }

  /** Set the value in the running context. The token restores the old one by `reset`. */
  set(value: T): Token<T> {
    const context = materialised();
    const token = new Token(this, context);
    context._variables = new Map(context._variables).set(this as ContextVar<unknown>, value);
    return token;
  }

  /**
   * Put back what was there before the `set` that gave this token. Throws RuntimeError if the token
   * was used before, RangeError (Python's ValueError) if it is of another variable or context.
   */
  reset(token: Token<T>): void {
    if (token._used) throw new RuntimeError(`Token of "${this.name}" has already been used once`);
    if (token.variable !== this) {
      throw new RangeError(
        `Token was created by ContextVar "${token.variable.name}", not by "${this.name}"`,
      );
    }
    const context = materialised();
    if (token._context !== context) {
      throw new RangeError(
        `Token of "${this.name}" was created in another context. ` +
          "Reset a variable in the task or context that set it",
      );
    }
    token._used = true;
    const variables = new Map(context._variables);
    const self = this as unknown as ContextVar<unknown>;
    if (token._hadValue) variables.set(self, token.oldValue);
    else variables.delete(self);
    context._variables = variables;
  }
}
