/*
 * `await` for the calls of objects that belong to a run: streams, servers, groups.
 *
 * JavaScript's `await` calls `then` from a microtask, where nothing says any more which run the code
 * belongs to. A stream knows its run: the task that its call becomes belongs there too, so that it is
 * cancelled, and the async function that waits for it goes on, when the run ends.
 */
import { snapshot } from "../context/context.ts";
import { within } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import type { Awaitable, Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { getEventLoop } from "./current-loop.ts";
import type { EventLoop } from "./event-loop.ts";
import { currentOwner, type Owner } from "./owner.ts";
import { AWAITED } from "./thenable.ts";

/** What knows its loop and its run: streams, servers, and whoever asks for one. */
export interface Owned {
  readonly _loop: EventLoop;
  readonly _owner: Owner | null;
}

type Callback<A, R> = ((argument: A) => R | PromiseLike<R>) | null | undefined;

/** The `then` of a call of `owned`: run it as a task of the same run. */
export function thenOwned<T, A, B>(
  owned: Owned,
  call: Awaitable<T>,
  onFulfilled: Callback<T, A>,
  onRejected: Callback<unknown, B>,
): Promise<A | B> {
  const frame = { context: snapshot(), owner: owned._owner, frameTask: null };
  return within(frame, () => owned._loop.createTask(call)).then(onFulfilled, onRejected);
}

/** A coroutine of `owned` that can be awaited by `await` too. For calls that are not made often. */
export function ownedCall<T>(owned: Owned, coroutine: Coroutine<T>): ThenableCoroutine<T> {
  let awaited = false;
  const then = (onFulfilled: Callback<T, unknown>, onRejected: Callback<unknown, unknown>) => {
    if (awaited) return Promise.reject(new RuntimeError(AWAITED)).then(onFulfilled, onRejected);
    awaited = true;
    return thenOwned(owned, coroutine, onFulfilled, onRejected);
  };
  return Object.defineProperty(coroutine, "then", { value: then }) as ThenableCoroutine<T>;
}

/** Whoever calls: the running loop (else the thread's default one), and the run in progress. */
export function caller(): Owned {
  return { _loop: getEventLoop(), _owner: currentOwner() };
}
