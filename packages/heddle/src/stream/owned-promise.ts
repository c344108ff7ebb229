/*
 * `await` for the calls of a stream.
 *
 * A promise-side `await` calls `then` from a microtask, where nothing says any more which run the code
 * belongs to. A stream knows its run: the task that its call becomes belongs there too, so that it is
 * cancelled, and the async function that waits for it goes on, when the run ends.
 */
import { snapshot } from "../context/context.ts";
import { within } from "../context/current.ts";
import type { Awaitable } from "../coroutine/types.ts";
import type { EventLoop } from "../task/event-loop.ts";
import type { Owner } from "../task/owner.ts";

/** What of a stream is needed here. */
export interface Owned {
  readonly _loop: EventLoop;
  readonly _owner: Owner | null;
}

type Callback<A, R> = ((argument: A) => R | PromiseLike<R>) | null | undefined;

/** The `then` of a call of `stream`: run it as a task of the stream's run. */
export function thenOwned<T, A, B>(
  stream: Owned,
  call: Awaitable<T>,
  onFulfilled: Callback<T, A>,
  onRejected: Callback<unknown, B>,
): Promise<A | B> {
  const frame = { context: snapshot(), owner: stream._owner, frameTask: null };
  return within(frame, () => stream._loop.createTask(call)).then(onFulfilled, onRejected);
}
