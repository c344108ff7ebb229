/*
 * The one place where a suspension is made. Everything else that waits is built on these two.
 *
 * A task drives its coroutine with `next`. Two things can come back through `yield*`:
 *
 *   RESCHEDULE   run me again in the next iteration of the loop   (asyncio: a bare `yield`)
 *   ARMED        wake me when the future in `ARMED.value` is done (asyncio: a future whose
 *                `_asyncio_future_blocking` was just set by its own `__await__`)
 *
 * `yield*` passes the very result object of the innermost iterator outwards, at any depth, so both
 * can be constants: nothing is allocated for a switch (`npm run bench -- --only switch`). The driver
 * recognises them by identity (JavaScriptCore makes new result objects: there by the future that was
 * just armed), takes the future out of ARMED at once and clears it. A future that arrives any other way
 * was yielded without its star.
 *
 * A driver sends RESUME (null) when it goes on, while the first `next` of every `yield*` sends
 * undefined. That is enough for `reschedule` to be one object without any state.
 */
import { shared } from "./shared.ts";
import type { Suspension, ThenableAwaitable } from "./types.ts";

/** What a task sends into its coroutine when it resumes it. */
export const RESUME = null;

interface Suspended<T> {
  done: false;
  value: T;
}

/**
 * A result object as the engine makes them. A literal of the same properties has another hidden class,
 * and a driver that meets several reads `done` by a slow, general look-up.
 */
function* yielding<T>(value: T): Generator<T, void, undefined> {
  yield value;
}

function suspended<T>(value: T): Suspended<T> {
  return yielding(value).next() as Suspended<T>;
}

function finished(): IteratorReturnResult<void> {
  const generator = yielding(undefined);
  generator.next();
  return generator.next() as IteratorReturnResult<void>;
}

shared.armed ??= suspended<unknown>(undefined);

/** The future that the running coroutine has just begun to wait for, as an iterator result. */
export const ARMED = shared.armed as Suspended<unknown>;

/** Iterator result of a bare reschedule. */
export const RESCHEDULE: Suspended<undefined> = suspended(undefined);

const RESUMED = finished();

let watcher: ((future: object) => void) | null = null;

/**
 * @internal Debug mode: call `watch` whenever a coroutine begins to wait, while the frames of all that it has
 * called by `yield*` stand on the native stack.
 */
export function watchWaits(watch: ((future: object) => void) | null): void {
  watcher = watch;
}

/** What `next` of a pending future returns: its task waits for it. */
export function arm(future: object): IteratorResult<Suspension, never> {
  if (watcher !== null) watcher(future);
  ARMED.value = future;
  return ARMED as unknown as IteratorYieldResult<Suspension>;
}

/** Let every other callback that is ready go first; wakes in the next iteration of the loop. */
export const reschedule = {
  [Symbol.iterator]() {
    return reschedule;
  },
  next(sent: unknown) {
    return sent === RESUME ? RESUMED : RESCHEDULE;
  },
  throw(error: unknown): never {
    throw error;
  },
  /** For reports. */
  toString: () => "sleep(0)",
} as unknown as ThenableAwaitable<void> & { next(sent: unknown): unknown };
