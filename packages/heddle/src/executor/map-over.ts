/*
 * map: a function over many inputs by an executor, with a bounded look-ahead.
 *
 * At most `bufferSize` items are taken from the source before their results are wanted, so neither a source
 * without end nor a slow consumer fills the memory. While the source is quiet, results go on: whoever is
 * first, the next item or the next result, wakes the loop. The same for every executor: it only needs `submit`.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine, Suspension, ThenableAwaitable } from "../coroutine/types.ts";
import { asyncGenerator } from "../interop/async-generator.ts";
import { iterate } from "../interop/iterate.ts";
import type { Iteration } from "../interop/iteration.ts";
import type { Emit } from "../interop/production.ts";
import type { AwaitableOrPromise } from "../task/as-coroutine.ts";
import { createTask } from "../task/create-task.ts";
import { ensureFuture } from "../task/event-loop.ts";
import { Future } from "../task/future.ts";
import type { Task } from "../task/task.ts";
import { AWAITED, startAwaited } from "../task/thenable.ts";
import { wait } from "../task/wait.ts";

export interface MapOptions {
  /** Items that are taken ahead of the results; twice the number of workers if not given. Python: `buffersize`. */
  bufferSize?: number;
  /** Results in the order of the items, the default; or, with false, as they come. */
  ordered?: boolean;
}

/**
 * The results of a `map`. Begins when the first one is asked for. An error of an item comes in its place, one of
 * the source at once; either ends the whole: what was taken ahead is cancelled and awaited, as when the
 * iteration is closed early.
 */
export interface Mapped<T> extends Iteration<T, void, void>, ThenableAwaitable<T[]> {}

export function mapOver<T, R>(
  call: string,
  submit: (item: T) => AwaitableOrPromise<R>,
  items: Iterable<T> | AsyncIterable<T>,
  options: MapOptions = {},
  usualSize = 16,
): Mapped<R> {
  const { bufferSize = usualSize, ordered = true, ...rest } = options;
  for (const name of Object.keys(rest)) {
    throw new TypeError(`${call}(): there is no option "${name}"; there are bufferSize, ordered`);
  }
  if (!Number.isInteger(bufferSize) || bufferSize < 1) {
    throw new RangeError(`${call}(): bufferSize must be a whole number from 1, got ${bufferSize}`);
  }
  if (typeof ordered !== "boolean") {
    throw new TypeError(`${call}(): ordered must be true or false, got ${String(ordered)}`);
  }
  const source = iterate(items as AsyncIterable<T>);
  const mapping = new Mapping(source, (item: T) => ensureFuture(submit(item)), bufferSize, ordered);
  const results = iterate(asyncGenerator<R>((emit) => mapping.run(emit)));
  let isCollected = false;
  const all: R[] = [];
  const collected = () => {
    if (isCollected) throw new RuntimeError(AWAITED);
    isCollected = true;
    return collect(results, all);
  };
  return Object.defineProperties(results, {
    [Symbol.iterator]: { value: () => onlyAwaited(call, all, collected()) },
    then: {
      value: (...callbacks: [never?, never?]) => startAwaited(collected()).then(...callbacks),
    },
  }) as unknown as Mapped<R>;
}

/** Steps without a result; a `yield*` takes one or two. */
const TOO_MANY = 10_000;

/** Python's `for` over a map: a `for … of` here would turn for ever. */
function onlyAwaited<R>(
  call: string,
  all: R[],
  coroutine: Coroutine<R[]>,
): Iterator<Suspension, R[]> {
  let steps = 0;
  let count = 0;
  return {
    next(sent?: unknown) {
      if (all.length !== count) steps = 0;
      count = all.length;
      if (++steps > TOO_MANY) throw new TypeError(forOf(call));
      return coroutine.next(sent);
    },
    throw: (error: unknown) => coroutine.throw(error),
    return: (value: R[] = []) => coroutine.return(value),
  };
}

function forOf(call: string): string {
  return (
    `what ${call}() gives comes later, and for … of cannot wait: say for (const x of yield* ${call}(…)), ` +
    "for await (const x of …) in an async function, or take one after the other by yield* results.next()"
  );
}

function* collect<R>(results: Iteration<R>, all: R[]): Coroutine<R[]> {
  try {
    for (let next = yield* results.next(); !next.done; next = yield* results.next()) {
      all.push(next.value);
    }
  } finally {
    yield* results.close();
  }
  return all;
}

class Mapping<T, R> {
  readonly #source: Iteration<T>;
  readonly #submit: (item: T) => Future<R>;
  readonly #bufferSize: number;
  readonly #ordered: boolean;
  /** Begun and not given on, in the order of the items. */
  readonly #ahead = new Set<Future<R>>();
  /** Those of them that are done, in the order in which they were; kept where that is asked for. */
  readonly #done: Future<R>[] = [];
  /** The next item is on its way. */
  #pull: Task<IteratorResult<T>> | null = null;
  #sourceEnded = false;
  /** Set when something has happened. */
  #event: Future<void> | null = null;

  constructor(
    source: Iteration<T>,
    submit: (item: T) => Future<R>,
    bufferSize: number,
    ordered: boolean,
  ) {
    this.#source = source;
    this.#submit = submit;
    this.#bufferSize = bufferSize;
    this.#ordered = ordered;
  }

  *run(emit: Emit<R, void>): Coroutine<void> {
    try {
      for (;;) {
        this.#takePulled();
        const hasRoom = !this.#sourceEnded && this.#ahead.size < this.#bufferSize;
        if (hasRoom && this.#pull === null) this.#beginPull();
        const result = this.#nextResult();
        // First the workers get what they can have.
        if (result !== undefined && !(hasRoom && this.#pull?.done())) {
          this.#ahead.delete(result);
          this.#done.shift();
          yield* emit(result.result());
        } else if (this.#pull === null && this.#ahead.size === 0) return;
        else if (this.#pull?.done() !== true) yield* this.#something();
      }
    } finally {
      yield* this.#abandon();
    }
  }

  #beginPull(): void {
    this.#pull = createTask(this.#source.next(), { eagerStart: true });
    if (!this.#pull.done()) this.#pull.addDoneCallback(this.#happened);
  }

  #takePulled(): void {
    if (this.#pull?.done() !== true) return;
    const next = this.#pull.result();
    this.#pull = null;
    if (next.done === true) {
      this.#sourceEnded = true;
      return;
    }
    const future = this.#submit(next.value);
    this.#ahead.add(future);
    future.addDoneCallback((done) => {
      if (!this.#ordered) this.#done.push(done);
      this.#happened();
    });
  }

  #nextResult(): Future<R> | undefined {
    if (!this.#ordered) return this.#done[0];
    const [first] = this.#ahead;
    return first?.done() === true ? first : undefined;
  }

  readonly #happened = (): void => {
    if (this.#event?.done() === false) this.#event.setResult(undefined);
  };

  *#something(): Coroutine<void> {
    this.#event = new Future<void>({ name: "the next item or result of map()" });
    yield* this.#event;
  }

  /** The consumer has left, or something has failed: nothing of the rest goes on. */
  *#abandon(): Coroutine<void> {
    const left: Future<unknown>[] = [...this.#ahead];
    const isPulling = this.#pull?.done() === false;
    if (this.#pull !== null) left.push(this.#pull);
    for (const future of left) future.cancel();
    if (left.length > 0) yield* wait(left);
    for (const future of left) future._markSeen();
    // A source that is asked for an item and is quiet cannot end before it gives one.
    if (isPulling) this.#source[Symbol.dispose]();
    else yield* this.#source.close();
  }
}
