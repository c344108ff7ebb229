/*
 * wait: until some of several futures are done.
 */
import type { Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import type { Handle } from "../loop/handle.ts";
import type { Runnable } from "../loop/ready-queue.ts";
import { getRunningLoop } from "./current-loop.ts";
import { type Explained, Future, isFuture, type Listener } from "./future.ts";
import { thenable } from "./thenable.ts";

export type ReturnWhen = "ALL_COMPLETED" | "FIRST_COMPLETED" | "FIRST_EXCEPTION";

const CHOICES: readonly string[] = ["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"];

export interface WaitOptions {
  /** Milliseconds to wait at most. When they are over nothing is thrown and nothing is cancelled. */
  timeout?: number | null;
  /** When to stop waiting; "ALL_COMPLETED" if not given. */
  returnWhen?: ReturnWhen;
}

class Waiter extends Future<void> implements Listener, Runnable, Explained {
  readonly _parts: ReadonlySet<Future<unknown>>;
  readonly #returnWhen: ReturnWhen;
  #left: number;
  timer: Handle | null = null;

  constructor(futures: ReadonlySet<Future<unknown>>, returnWhen: ReturnWhen) {
    super(getRunningLoop(), "wait");
    this._parts = futures;
    this.#left = futures.size;
    this.#returnWhen = returnWhen;
  }

  wake(future: Future<unknown>): void {
    this._loop.enqueue(this, future);
  }

  run(done: unknown): void {
    const future = done as Future<unknown>;
    this.#left--;
    if (this.#left > 0 && !this.#isEnough(future)) return;
    this.timer?.cancel();
    this.end();
  }

  readonly end = (): void => {
    if (!this.done()) this.setResult(undefined);
  };

  #isEnough(future: Future<unknown>): boolean {
    if (this.#returnWhen === "FIRST_COMPLETED") return true;
    if (this.#returnWhen === "ALL_COMPLETED" || !future._failed()) return false;
    future._markSeen();
    return true;
  }
}

/**
 * Wait until all, or the first, or the first failing of `futures` are done; gives two Sets, the done
 * and the pending. Errors are not thrown: look at the futures. Futures and tasks only; wrap
 * coroutines by `createTask`. Always suspends. Cancelling cancels none of the futures.
 *
 * Throws RangeError for an empty set or an unknown `returnWhen`, TypeError for what is no future.
 * Counterparts: `asyncio.wait`, `gevent.wait`.
 *
 * @example
 * const { done, pending } = yield* wait([t1, t2], { timeout: 100, returnWhen: "FIRST_COMPLETED" });
 */
export function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions = {},
): ThenableCoroutine<{ done: Set<F>; pending: Set<F> }> {
  const { returnWhen = "ALL_COMPLETED", timeout = null } = options;
  if (isFuture(futures) || typeof futures?.[Symbol.iterator] !== "function") {
    throw new TypeError("wait() needs an array or Set of futures or tasks: wait([a, b])");
  }
  const set = new Set(futures);
  if (set.size === 0) throw new RangeError("wait(): the set of tasks and futures is empty");
  for (const future of set) {
    if (!isFuture(future)) {
      throw new TypeError("wait() takes futures and tasks: wrap a coroutine by createTask() first");
    }
  }
  if (!CHOICES.includes(returnWhen)) {
    throw new RangeError(
      `wait(): returnWhen must be one of ${CHOICES.join(", ")}, got ${returnWhen}`,
    );
  }
  if (timeout !== null && (typeof timeout !== "number" || Number.isNaN(timeout))) {
    throw new RangeError(
      `wait(): timeout must be a number of milliseconds or null, got ${timeout}`,
    );
  }
  return waitFutures(set, timeout, returnWhen) as ThenableCoroutine<{
    done: Set<F>;
    pending: Set<F>;
  }>;
}

const waitFutures = thenable(function* wait(
  futures: ReadonlySet<Future<unknown>>,
  timeout: number | null,
  returnWhen: ReturnWhen,
): Coroutine<{ done: Set<Future<unknown>>; pending: Set<Future<unknown>> }> {
  const waiter = new Waiter(futures, returnWhen);
  if (timeout !== null) waiter.timer = getRunningLoop().callLater(timeout, waiter.end);
  for (const future of futures) future._listen(waiter);
  try {
    yield* waiter;
  } finally {
    waiter.timer?.cancel();
    for (const future of futures) future._unlisten((listener) => listener === waiter);
  }
  const done = new Set<Future<unknown>>();
  const pending = new Set<Future<unknown>>();
  for (const future of futures) (future.done() ? done : pending).add(future);
  return { done, pending };
});
