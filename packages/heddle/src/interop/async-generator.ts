/*
 * asyncGenerator: an async iterable that is written as a coroutine.
 *
 * What the caller gets is one of JavaScript's own kind, an AsyncGenerator, with promises. Behind it the
 * producer is at work (production.ts). When the generator can no longer be reached, the producer is
 * closed: so the producer must not know it.
 */
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { endOf, Iteration } from "./iteration.ts";
import { type Body, Production, Request } from "./production.ts";

/**
 * Make an async iterable of a coroutine, which gets a function `emit`: `yield* emit(value)` hands a value
 * to the consumer and waits until the next one is asked for. Async functions iterate it by `for await`,
 * coroutines by `iterate`; once, as every generator.
 *
 * `body` runs as a task of the run in which the iteration begins, with the ContextVars of where the
 * generator was made; not before the first value is asked for. What it throws, the consumer gets; what it
 * returns is the `value` of the last result. An async function does, too: `await emit(value)`.
 *
 * A consumer who leaves the loop closes the generator: the coroutine is cancelled, and the consumer waits
 * until its `finally` blocks have run. So does one that was forgotten halfway, when it is
 * garbage-collected, and what is left when the run ends. A consumer that is cancelled while it waits
 * loses nothing: the next one gets the value.
 *
 * Never suspends. Throws TypeError for what is no function. Counterpart: Python's async generators.
 *
 * @example
 * const ticks = asyncGenerator<number>(function* (emit) {
 *   for (let n = 0; ; n++) {
 *     yield* emit(n);
 *     yield* sleep(1000);
 *   }
 * });
 * for await (const n of ticks) console.log(n);
 */
export function asyncGenerator<T, R = void, N = void>(
  body: Body<T, R, N>,
): AsyncGenerator<T, R, N> {
  if (typeof body !== "function") {
    throw new TypeError(
      "asyncGenerator() needs a function: asyncGenerator(function* (emit) { yield* emit(value); })",
    );
  }
  return new AsyncGeneratorObject<T, R, N>(body);
}

/** @internal */
export class AsyncGeneratorObject<T, R, N> implements AsyncGenerator<T, R, N> {
  /** @internal */
  readonly _production: Production;

  constructor(body: Body<T, R, N>) {
    this._production = new Production(body as Body<never, R, N> as Body<unknown, unknown, unknown>);
  }

  async next(...sent: [] | [N]): Promise<IteratorResult<T, R>> {
    const { _production: production } = this;
    // The loop may be gone with its run: nothing turns it for the end.
    if (production.ended) return production.outcome() as IteratorReturnResult<R>;
    return production.home.promise(this._request(sent[0], false));
  }

  async throw(error: unknown): Promise<IteratorResult<T, R>> {
    const { _production: production } = this;
    if (production.ended) throw error;
    return production.home.promise(this._request(error, true));
  }

  async return(value: R | PromiseLike<R>): Promise<IteratorResult<T, R>> {
    const given = await value;
    await this[Symbol.asyncDispose]();
    return endOf(given);
  }

  [Symbol.asyncIterator](): this {
    this._production.meet();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { _production: production } = this;
    if (!production.ended) await production.home.promise(production.aclose());
  }

  get [Symbol.toStringTag](): string {
    return "AsyncGenerator";
  }

  /** @internal */
  _request(argument: unknown, throws: boolean): ThenableAwaitable<IteratorResult<T, R>> {
    const request = new Request(this._production, this, argument, throws);
    return request as ThenableAwaitable<unknown> as ThenableAwaitable<IteratorResult<T, R>>;
  }
}

/** @internal What `iterate` makes of it: no promises. */
export class GeneratorIteration<T, R, N> extends Iteration<T, R, N> {
  readonly #generator: AsyncGeneratorObject<T, R, N>;

  constructor(generator: AsyncGeneratorObject<T, R, N>) {
    super();
    this.#generator = generator;
  }

  protected override get ended(): boolean {
    return this.#generator._production.ended;
  }

  override next(value?: N): ThenableAwaitable<IteratorResult<T, R>> {
    return this.#generator._request(value, false);
  }

  override throw(error: unknown): ThenableAwaitable<IteratorResult<T, R>> {
    return this.#generator._request(error, true);
  }

  override return(value?: R): ThenableAwaitable<IteratorResult<T, R>> {
    return this._home.thenable(this.#return(value));
  }

  *#return(value: R | undefined): Coroutine<IteratorResult<T, R>> {
    yield* this.#generator._production.aclose();
    return endOf(value);
  }
}
