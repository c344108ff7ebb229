/*
 * What `iterate` makes of an iterator of JavaScript's.
 *
 * The promise of a pending `next` cannot be cancelled, and what it will give must not be lost: so
 * between the iterator and those who ask stands a queue of outcomes. While more tasks ask than outcomes
 * are there, one `next` of the iterator is in progress; its outcome goes into the queue, whoever is
 * still there to take it.
 */
import type { Coroutine, ThenableAwaitable } from "../coroutine/types.ts";
import { QueueShutDown } from "../queue/errors.ts";
import { Queue } from "../queue/queue.ts";
import { currentTask } from "../task/task.ts";
import { fromPromise } from "./from-promise.ts";
import { endOf, Iteration } from "./iteration.ts";

/** An iterator, or an async iterator; its results may come by promises. */
export interface AnyIterator<T, R, N> {
  next(...sent: [] | [N]): MaybePromise<IteratorResult<T, R>>;
  throw?(error: unknown): MaybePromise<IteratorResult<T, R>>;
  return?(value?: R): MaybePromise<IteratorResult<T, R>>;
}

type MaybePromise<T> = T | PromiseLike<T>;

/** What a `next` of the iterator came to. */
type Outcome<T, R> = { result: IteratorResult<T, R> } | { error: unknown };

export class ForeignIteration<T, R, N> extends Iteration<T, R, N> {
  readonly #iterator: AnyIterator<T, R, N>;
  readonly #outcomes: Queue<Outcome<T, R>>;
  /** Tasks that ask. */
  #asking = 0;
  #pulling = false;
  /** The task in whose step that `next` was called. */
  #puller: object | null = null;
  #clockKnows = false;
  /** The iterator has ended, or was told to. */
  #ended = false;

  constructor(iterator: AnyIterator<T, R, N>, name: string) {
    super();
    this.#iterator = iterator;
    this.#outcomes = new Queue(0, { name });
  }

  protected override get ended(): boolean {
    return this.#ended && this.#outcomes.empty();
  }

  override next(...sent: [] | [N?]): ThenableAwaitable<IteratorResult<T, R>> {
    return this._home.thenable(this.#next(sent as [] | [N]));
  }

  override throw(error: unknown): ThenableAwaitable<IteratorResult<T, R>> {
    return this._home.thenable(this.#throw(error));
  }

  override return(value?: R): ThenableAwaitable<IteratorResult<T, R>> {
    return this._home.thenable(this.#return(value));
  }

  *#next(sent: [] | [N]): Coroutine<IteratorResult<T, R>> {
    this.#asking++;
    let outcome: Outcome<T, R>;
    try {
      this.#pullIfWanted(sent);
      outcome = yield* this.#outcomes.get();
    } catch (error) {
      if (error instanceof QueueShutDown) return endOf<R>();
      throw error;
    } finally {
      this.#asking--;
      // For whoever else asks: the next in line, or one from under whose nose this outcome was taken.
      this.#pullIfWanted([]);
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  }

  #pullIfWanted(sent: [] | [N]): void {
    const wanted = !this.#ended && this.#asking > this.#outcomes.qsize();
    if (wanted && !this.#pulling) this.#pull(sent);
    this.#tellClock();
  }

  #pull(sent: [] | [N]): void {
    this.#pulling = true;
    this.#puller = currentTask();
    let settled = false;
    const settle = (outcome: Outcome<T, R>) => {
      if (settled) return;
      settled = true;
      this.#pulling = false;
      this.#tellClock();
      this.#put(outcome);
    };
    const fulfil = (result: IteratorResult<T, R>) => settle(outcomeOf(result));
    const reject = (error: unknown) => settle({ error });
    try {
      const returned = this.#iterator.next(...sent);
      if (isPromise(returned)) returned.then(fulfil, reject);
      else fulfil(returned);
    } catch (error) {
      reject(error);
    }
  }

  /** A virtual clock stands still while somebody waits for a promise. */
  #tellClock(): void {
    const { traffic } = this._home._loop;
    const waits = this.#pulling && !this.#ended && this.#asking > 0;
    if (traffic === null || waits === this.#clockKnows) return;
    this.#clockKnows = waits;
    traffic.met = true;
    // Of the task in whose step the iterator was asked, whoever waits now: what the iterator's code awaits
    // of this loop counts for that one, too.
    if (waits) traffic.outward.add(this.#puller);
    else traffic.outward.remove(this.#puller);
  }

  #put(outcome: Outcome<T, R>): void {
    if (this.#ended) return;
    this.#outcomes.putNowait(outcome);
    if (!("error" in outcome) && outcome.result.done !== true) return;
    this.#ended = true;
    this.#outcomes.shutdown();
  }

  *#throw(error: unknown): Coroutine<IteratorResult<T, R>> {
    if (this.#ended) throw error;
    const iterator = this.#iterator;
    if (typeof iterator.throw !== "function") {
      yield* this.#return();
      throw error;
    }
    let result: IteratorResult<T, R>;
    try {
      result = yield* awaited(iterator.throw(error));
    } catch (thrown) {
      this.#end();
      throw thrown;
    }
    if (result.done === true) this.#end();
    return result;
  }

  *#return(value?: R): Coroutine<IteratorResult<T, R>> {
    const over = this.#ended;
    this.#end();
    const iterator = this.#iterator;
    if (over || typeof iterator.return !== "function") return endOf(value);
    return yield* awaited(iterator.return(value));
  }

  /** Whoever asks gets the end. */
  #end(): void {
    this.#ended = true;
    this.#outcomes.shutdown({ immediate: true });
    this.#tellClock();
  }
}

function isPromise<T>(value: MaybePromise<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
}

function* awaited<T>(given: MaybePromise<T>): Coroutine<T> {
  return isPromise(given) ? yield* fromPromise(given) : given;
}

function outcomeOf<T, R>(result: IteratorResult<T, R>): Outcome<T, R> {
  if (typeof result === "object" && result !== null) return { result };
  const problem = `an iterator's next() must give { done, value }, it gave ${String(result)}`;
  return { error: new TypeError(problem) };
}

/** The items of a synchronous iterator that are promises are awaited, as `for await` does. */
export function awaitingItems<T, R, N>(
  iterator: Iterator<T | PromiseLike<T>, R, N>,
): AnyIterator<T, R, N> {
  const withItem = (
    result: IteratorResult<T | PromiseLike<T>, R>,
  ): MaybePromise<IteratorResult<T, R>> => {
    if (result.done === true || !isPromise(result.value)) return result as IteratorResult<T, R>;
    return result.value.then(
      (value) => ({ done: false, value }),
      (error) => {
        iterator.return?.();
        throw error;
      },
    );
  };
  return {
    next: (...sent) => withItem(iterator.next(...sent)),
    ...(iterator.throw && { throw: (error) => withItem(iterator.throw!(error)) }),
    ...(iterator.return && { return: (value) => withItem(iterator.return!(value)) }),
  };
}
