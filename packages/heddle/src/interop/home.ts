/*
 * Home: the loop and the run that something belongs to from its making.
 *
 * JavaScript's `await`, and the machinery of Web Streams, call from a microtask, where often nothing says
 * any more which run the code belongs to. What the calls of such a thing become, tasks, belongs where it
 * was made, and is cancelled when that run ends.
 *
 * A run may end before the thing is used: a stream that a request's handler returns, say. From then on it
 * belongs to nobody.
 */
import { snapshot } from "../context/context.ts";
import { within } from "../context/current.ts";
import type { Awaitable, Coroutine, ThenableCoroutine } from "../coroutine/types.ts";
import { getEventLoop } from "../task/current-loop.ts";
import { type EventLoop, ensureFuture } from "../task/event-loop.ts";
import { type Owned, ownedCall } from "../task/owned-promise.ts";
import { currentOwner, type Owner } from "../task/owner.ts";
import type { Task } from "../task/task.ts";

/** @internal */
export class Home implements Owned {
  readonly _loop: EventLoop = getEventLoop();
  readonly #owner: Owner | null = currentOwner(this._loop);

  get _owner(): Owner | null {
    return this.#owner?.ended === true ? null : this.#owner;
  }

  /** Run `call` as a task, at home. */
  start<T>(call: Awaitable<T>): Task<T> {
    return this.#inside(() => this._loop.createTask(call));
  }

  /** The same, as a promise; or the promise of a task. */
  promise<T>(call: Awaitable<T>): Promise<T> {
    return this.#inside(() => ensureFuture(call, { loop: this._loop }).then((value) => value));
  }

  #inside<T>(fn: () => T): T {
    return within({ context: snapshot(), owner: this._owner, frameTask: null }, fn);
  }

  /** A coroutine that `await` accepts too: it runs at home then. */
  thenable<T>(coroutine: Coroutine<T>): ThenableCoroutine<T> {
    return ownedCall(this, coroutine);
  }
}
