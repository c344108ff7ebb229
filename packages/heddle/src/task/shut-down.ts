/*
 * The end of a run: nothing that it has started goes on without it.
 */
import type { Coroutine } from "../coroutine/types.ts";
import type { EventLoop } from "./event-loop.ts";
import { Future, type Listener } from "./future.ts";
import type { Owner } from "./owner.ts";

/** @internal What `asyncio.run` does when main is over: cancel what is left, await it, close what is open. */
export function* shutDown(owner: Owner, loop: EventLoop): Coroutine<void> {
  while (!owner.isBare) {
    const left = [...owner.tasks];
    for (const task of left) task.cancel();
    yield* new AllDone(loop, left);
    for (const task of left) {
      if (!task._failed()) continue;
      loop.callExceptionHandler({
        message: "unhandled exception during run() shutdown",
        exception: task.exception(),
        task,
      });
    }
    const closing: Future<unknown>[] = [];
    for (const resource of [...owner.resources]) {
      owner.disown(resource);
      const closed = resource.release();
      if (closed !== undefined) closing.push(loop.createTask(closed));
    }
    yield* new AllDone(loop, closing);
    for (const closed of closing) closed._markSeen();
  }
}

/** Done when all of these are, whatever came of them. (`gather` would do, but every bundle would have it.) */
class AllDone extends Future<void> implements Listener {
  #left: number;

  constructor(loop: EventLoop, futures: readonly Future<unknown>[]) {
    super(loop, "the end of the run's tasks");
    this.#left = futures.length;
    if (this.#left === 0) this.setResult(undefined);
    for (const future of futures) future._listen(this);
  }

  wake(future: Future<unknown>): void {
    this._loop.enqueue(this, future);
  }

  run(): void {
    this.#left--;
    if (this.#left === 0 && !this.done()) this.setResult(undefined);
  }
}
