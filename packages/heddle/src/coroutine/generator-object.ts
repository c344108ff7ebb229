/*
 * Generator objects: Python's generators on top of JavaScript's.
 *
 *            send, next ──► ┌───────────┐ ── yield ──► ┌───────────┐
 *   CREATED ──────────────► │ EXECUTING │              │ SUSPENDED │
 *      │                    └───────────┘ ◄── send, ── └───────────┘
 *      │ close, throw             │        next, throw,
 *      ▼                          ▼           close
 *   FINISHED ◄──────────── return or error
 *
 * JavaScript took its generators from Python 2.5 and left some rules behind: a first value that is
 * sent is lost, an end is told from a value by a flag that nobody has to look at, and `return()`
 * unwinds without an error, so that no `catch` can tell a close, and a `yield` in a `finally` calls
 * it off in silence. Here they are back, as in CPython 3.14 (gen_send_ex2, gen_close and _gen_throw
 * in Objects/genobject.c), with `undefined` for None and TypeError for Python's "already executing"
 * ValueError.
 *
 * The engine's generator does the work, and the engine's `yield*` delegates: no trampoline of ours.
 * `yield*` asks for a JavaScript iterator, whose `throw` answers otherwise than ours, so the object
 * is not its own iterator.
 *
 * Not taken: closing when the last reference goes. JavaScript's collector runs late or never, and
 * outside of any call stack: whoever has no `for…of` writes `using` or `close()`.
 */
import { GeneratorExit, RuntimeError, StopIteration } from "./errors.ts";

const CREATED = 0;
const SUSPENDED = 1;
const EXECUTING = 2;
const FINISHED = 3;

/**
 * A generator with Python's methods: it yields `Y`, is sent `S`, and returns `R`. Made by
 * {@link generator}. All of its calls are synchronous; a call from inside its own body throws
 * TypeError "generator already executing", and an error that leaves its body ends it.
 */
export class GeneratorObject<Y, R, S> implements Disposable {
  readonly #body: Generator<Y, R, S>;
  #state = CREATED;

  /** Takes a generator that has not started: {@link generator} sees to that. */
  constructor(body: Generator<Y, R, S>) {
    this.#body = body;
  }

  /**
   * Resumes the generator: its pending `yield` evaluates to `value`. Returns what it yields next.
   * `send(undefined)` starts it. Python: `send`.
   *
   * @throws StopIteration when it ends, or has ended; `value` is what it returned.
   * @throws TypeError for a value other than `undefined` when it has not started: there is no
   *   `yield` to receive it.
   */
  send(value: S | undefined): Y {
    const step = this.next(value);
    if (step.done) throw new StopIteration(step.value);
    return step.value;
  }

  /**
   * Throws `error` at the pending `yield`. Returns what the generator yields next if it catches it.
   * One that has not started, or has ended, does not run: the error is thrown to the caller.
   * Python: `throw`.
   *
   * @throws StopIteration when the generator catches the error and returns.
   */
  throw(error: unknown): Y {
    const step = this.#raise(error);
    if (step.done) throw new StopIteration(step.value);
    return step.value;
  }

  /**
   * Throws a {@link GeneratorExit} at the pending `yield`, so that `finally` blocks run, and swallows
   * it when it comes back. Returns the generator's return value if it catches the error and returns,
   * else `undefined`. One that has not started ends without running. Python: `close`.
   *
   * @throws RuntimeError "generator ignored GeneratorExit" if the generator yields instead of
   *   ending; it is then suspended at that `yield`.
   */
  close(): R | undefined {
    if (this.#state === CREATED) this.#state = FINISHED;
    if (this.#state === FINISHED) return undefined;
    if (this.#state === EXECUTING) throw alreadyExecuting();
    this.#state = EXECUTING;
    let step: IteratorResult<Y, R>;
    try {
      step = this.#body.throw(new GeneratorExit());
    } catch (thrown) {
      // Not by way of #raise: every further catch and throw of an error costs 0.3 µs.
      this.#state = FINISHED;
      if (thrown instanceof GeneratorExit || isThrowMissing(thrown)) return undefined;
      throw outside(thrown);
    }
    this.#state = step.done ? FINISHED : SUSPENDED;
    if (step.done) return step.value;
    throw new RuntimeError("generator ignored GeneratorExit");
  }

  /**
   * As {@link send}, with JavaScript's result: `{ value, done }`, where the end is no error.
   * Python: `next`.
   *
   * @throws TypeError as `send` does.
   */
  next(value?: S): IteratorResult<Y, R> {
    if (this.#state !== SUSPENDED) {
      if (this.#state === EXECUTING) throw alreadyExecuting();
      // A native generator that has ended says so, for ever, with value undefined; one that was
      // closed before it started would still run.
      if (this.#state === FINISHED) return { value: undefined as R, done: true };
      if (value !== undefined) {
        throw new TypeError("can't send non-undefined value to a just-started generator");
      }
    }
    this.#state = EXECUTING;
    let step: IteratorResult<Y, R>;
    try {
      step = this.#body.next(value as S);
    } catch (error) {
      this.#state = FINISHED;
      throw outside(error);
    }
    this.#state = step.done ? FINISHED : SUSPENDED;
    return step;
  }

  /**
   * A JavaScript iterator over what is left, for `for…of`, spread and `yield*`. Leaving a `for…of`
   * early (`break`, `return`, an error) does what {@link close} does. In another generator, `yield*`
   * is Python's `yield from`: values sent, errors thrown and `close()` go through to this one, and
   * its return value is the value of the expression.
   */
  [Symbol.iterator](): IterableIterator<Y, R, S> {
    return new Delegate(this);
  }

  /** {@link close}, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  #raise(error: unknown): IteratorResult<Y, R> {
    if (this.#state !== SUSPENDED) {
      if (this.#state === EXECUTING) throw alreadyExecuting();
      this.#state = FINISHED;
      throw error;
    }
    this.#state = EXECUTING;
    let step: IteratorResult<Y, R>;
    try {
      step = this.#body.throw(error);
    } catch (thrown) {
      this.#state = FINISHED;
      throw outside(isThrowMissing(thrown) ? error : thrown);
    }
    this.#state = step.done ? FINISHED : SUSPENDED;
    return step;
  }
}

/** A generator object as `for…of` and `yield*` see it. */
class Delegate<Y, R, S> implements IterableIterator<Y, R, S> {
  readonly #generator: GeneratorObject<Y, R, S>;

  constructor(generator: GeneratorObject<Y, R, S>) {
    this.#generator = generator;
  }

  next(value?: S): IteratorResult<Y, R> {
    return this.#generator.next(value);
  }

  throw(error: unknown): IteratorResult<Y, R> {
    // As Python does: closed first, and then, whatever the closing gave, raised at the `yield*`. A
    // closed generator raises what is thrown into it.
    if (error instanceof GeneratorExit) this.#generator.close();
    try {
      return { value: this.#generator.throw(error), done: false };
    } catch (thrown) {
      // The end. So it is in Python even if it is `error`, come back from a generator that somebody
      // else has finished in the meantime.
      if (!(thrown instanceof StopIteration)) throw thrown;
      return { value: thrown.value as R, done: true };
    }
  }

  return(value?: R): IteratorResult<Y, R> {
    const returned = this.#generator.close();
    return { value: (returned === undefined ? value : returned) as R, done: true };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

const alreadyExecuting = () => new TypeError("generator already executing");

/** What a caller gets for an error that leaves the body (PEP 479). */
function outside(error: unknown): unknown {
  if (!(error instanceof StopIteration)) return error;
  return new RuntimeError("generator raised StopIteration", { cause: error });
}

let throwMissing: string | undefined;

/**
 * Whether the engine threw this because the body stands in a `yield*` over an iterator without
 * `throw`, an array's for one. Such an iterator has no use for the error, and in Python it is raised
 * at the `yield from`. The body sees the engine's TypeError in its place, but a caller does not:
 * leaving a `for…of` over a generator that says `yield* [1, 2, 3]` is no mistake. The engine tells
 * its own words for it.
 */
function isThrowMissing(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  if (throwMissing === undefined) {
    const delegating = (function* () {
      yield* [0];
    })();
    delegating.next();
    try {
      delegating.throw(undefined);
    } catch (missing) {
      throwMissing = (missing as TypeError).message;
    }
  }
  return error.message === throwMissing;
}

// The type of the values sent is not asked for as a type parameter: TypeScript would not infer it
// for `let x = yield 1`, and with `any` it falls back to what the language says of a bare `yield`.
// biome-ignore lint/suspicious/noExplicitAny: as above
type Body = Generator<unknown, unknown, any>;

/** The generator object of a `function*` whose call returns `B`. */
type ObjectOf<B> =
  B extends Generator<infer Y, infer R, infer S> ? GeneratorObject<Y, R, S> : never;

/**
 * Wraps a `function*` into a function that returns a {@link GeneratorObject}: Python's `send`,
 * `throw` and `close` for what a plain call of the `function*` would have made. Arguments and `this`
 * are passed on. Calling it runs nothing of the body yet.
 *
 * ```ts
 * const average = generator(function* () {
 *   let [count, total] = [0, 0];
 *   while (true) {
 *     total += yield count === 0 ? 0 : total / count;
 *     count += 1;
 *   }
 * });
 *
 * const mean = average();
 * mean.send(undefined);          // starts it
 * mean.send(10);                 // 10
 * mean.send(20);                 // 15
 * mean.close();
 * ```
 *
 * @throws TypeError if `fn` is not a `function*`.
 */
export function generator<This, A extends unknown[], B extends Body>(
  fn: (this: This, ...args: A) => B,
): (this: This, ...args: A) => ObjectOf<B> {
  expectGeneratorFunction(fn, "generator");
  return named(fn, function (this: This, ...args: A) {
    return new GeneratorObject(fn.apply(this, args)) as ObjectOf<B>;
  });
}

/**
 * As {@link generator}, with each object already advanced to its first `yield`, whose value is
 * dropped: the first `send` may bring a value. Python: the decorator that calls `next` once.
 *
 * ```ts
 * const logger = primed(function* (prefix: string) {
 *   while (true) console.log(prefix, yield);
 * });
 * logger("web").send("started"); // web started
 * ```
 *
 * @throws TypeError if `fn` is not a `function*`. The function returned throws what the body throws
 *   before its first `yield`, and StopIteration if it has none.
 */
export function primed<This, A extends unknown[], B extends Body>(
  fn: (this: This, ...args: A) => B,
): (this: This, ...args: A) => ObjectOf<B> {
  expectGeneratorFunction(fn, "primed");
  return named(fn, function (this: This, ...args: A) {
    const object = new GeneratorObject(fn.apply(this, args));
    object.send(undefined);
    return object as ObjectOf<B>;
  });
}

/** A wrapper goes by the name of what it wraps. */
function named<F extends object>(original: { name: string }, wrapper: F): F {
  return Object.defineProperty(wrapper, "name", { value: original.name, configurable: true });
}

function expectGeneratorFunction(fn: unknown, caller: string): void {
  const kind = Object.prototype.toString.call(fn);
  if (kind === "[object GeneratorFunction]") return;
  throw new TypeError(`${caller}() expects a function*, and was given ${describe(fn, kind)}`);
}

function describe(value: unknown, kind: string): string {
  if (kind === "[object Generator]" || value instanceof GeneratorObject) {
    return "a generator: pass the function* itself, without calling it";
  }
  if (kind === "[object AsyncGeneratorFunction]") return "an async function*";
  if (typeof value !== "function") return value === null ? "null" : typeof value;
  return `the function ${value.name || "(anonymous)"}: declare it as function*`;
}
