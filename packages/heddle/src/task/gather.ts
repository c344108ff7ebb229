/*
 * gather: several awaitables as one future.
 *
 * The future that gather returns is itself the listener of its children: no closure for each. A
 * child that fails makes the whole fail at once; the others go on. Follows CPython 3.14: duplicates
 * are awaited once; children that are done already (eager tasks) count immediately; cancelling the
 * whole cancels every child, and ends when they have.
 */
import type { Awaitable } from "../coroutine/types.ts";
import { runningScheduler } from "../loop/scheduler.ts";
import type { AwaitableOrPromise } from "./as-coroutine.ts";
import { getEventLoop } from "./current-loop.ts";
import { newCancelledError } from "./errors.ts";
import { type EventLoop, ensureFuture } from "./event-loop.ts";
import { type Explained, Future, type Listener } from "./future.ts";
import { currentOwner } from "./owner.ts";

/** What awaiting a `T` gives. */
export type AwaitedBy<T> =
  T extends Awaitable<infer R> ? R : T extends PromiseLike<infer R> ? R : never;

type Results<A extends readonly unknown[]> = { -readonly [I in keyof A]: AwaitedBy<A[I]> };
type ResultsOrErrors<A extends readonly unknown[]> = {
  -readonly [I in keyof A]: AwaitedBy<A[I]> | Error;
};

class GatheringFuture extends Future<unknown[]> implements Listener, Explained {
  /** Whose run hears of an error that nobody collects. */
  readonly owner = currentOwner();
  readonly #returnExceptions: boolean;
  #children: readonly Future<unknown>[] = [];
  #done: Future<unknown>[] | null = null;
  #pending = 0;
  #cancelRequested = false;

  constructor(loop: EventLoop, returnExceptions: boolean) {
    super(loop, "gather");
    this.#returnExceptions = returnExceptions;
  }

  /** Listen to a child at once, before the next one is made: an eager task may await it, too. */
  _add(child: Future<unknown>): void {
    this.#pending++;
    if (!child.done()) child._listen(this);
    else {
      this.#done ??= [];
      this.#done.push(child);
    }
  }

  /** These are all of them, in the order of the arguments. */
  _begin(children: readonly Future<unknown>[]): void {
    this.#children = children;
    if (this.#done === null) return;
    for (const child of this.#done) this.run(child);
    this.#done = null;
  }

  get _parts(): readonly Future<unknown>[] {
    return this.#children;
  }

  wake(child: Future<unknown>): void {
    this._loop.enqueue(this, child);
  }

  /** A child is done. */
  run(child: Future<unknown>): void {
    this.#pending--;
    if (this.done()) {
      child._markSeen();
      return;
    }
    if (!this.#returnExceptions && (child.cancelled() || child._failed())) {
      this.setException(child.cancelled() ? child._cancelledError() : child.exception());
      return;
    }
    if (this.#pending > 0) return;
    const results = this.#children.map(outcome);
    if (this.#cancelRequested) this.setException(cancellationBy(this.#children.at(-1) ?? child));
    else this.setResult(results);
  }

  override cancel(message?: string): boolean {
    if (this.done()) return false;
    let cancelled = false;
    for (const child of this.#children) if (child.cancel(message)) cancelled = true;
    if (cancelled) this.#cancelRequested = true;
    return cancelled;
  }
}

/** What a cancelled gather throws: the cancellation of the last argument, if it was one. (So does asyncio.) */
function cancellationBy(child: Future<unknown>): unknown {
  if (child.cancelled()) return child._cancelledError();
  return newCancelledError(child._requestMessage());
}

/** Result or error of a child that is done, as a value. */
function outcome(child: Future<unknown>): unknown {
  if (child.cancelled()) return newCancelledError(child._cancelMessage() ?? "");
  return child._failed() ? child.exception() : child.result();
}

/**
 * Run awaitables at the same time; the future gives their results in the order of the arguments.
 * Coroutines start at once, as tasks. The first error is thrown, and the others go on: `taskGroup`
 * is the form that cancels them. With `returnExceptions` errors are results, and nothing is thrown.
 *
 * Awaiting suspends unless all are done. Cancelling cancels all that are not done, and waits for
 * them. Throws TypeError for what cannot be awaited. Counterparts: `asyncio.gather`,
 * `gevent.joinall`, `Promise.all` and `Promise.allSettled`.
 *
 * @example
 * const [page, count] = yield* gather([fetchPage(url), countVisitors()]);
 */
export function gather<const A extends readonly AwaitableOrPromise<unknown>[]>(
  awaitables: A,
  options?: { returnExceptions?: false },
): Future<Results<A>>;
export function gather<const A extends readonly AwaitableOrPromise<unknown>[]>(
  awaitables: A,
  options: { returnExceptions: boolean },
): Future<ResultsOrErrors<A>>;
export function gather(
  awaitables: readonly AwaitableOrPromise<unknown>[],
  options: { returnExceptions?: boolean } = {},
): Future<unknown[]> {
  if (!Array.isArray(awaitables)) {
    throw new TypeError("gather() needs an array of awaitables: gather([a, b])");
  }
  if (awaitables.length === 0) {
    const nothing = getEventLoop().createFuture<unknown[]>();
    nothing.setResult([]);
    return nothing;
  }
  // Outside of a loop's callbacks the first future decides which loop it is.
  let onLoop: { loop?: EventLoop } = {};
  const running = runningScheduler() as EventLoop | null;
  if (running !== null) onLoop = { loop: running };
  let outer: GatheringFuture | undefined;
  const toFuture = (argument: AwaitableOrPromise<unknown>) => {
    const future = ensureFuture(argument, onLoop);
    if (onLoop.loop === undefined) onLoop = { loop: future.getLoop() };
    outer ??= new GatheringFuture(future._loop, options.returnExceptions === true);
    outer._add(future);
    return future;
  };
  const distinct = new Set(awaitables);
  let children: Future<unknown>[];
  if (distinct.size === awaitables.length) children = awaitables.map(toFuture);
  else {
    const futures = new Map<unknown, Future<unknown>>();
    for (const argument of distinct) futures.set(argument, toFuture(argument));
    children = awaitables.map((argument) => futures.get(argument) as Future<unknown>);
  }
  (outer as GatheringFuture | undefined)?._begin(children);
  return outer as unknown as GatheringFuture;
}
