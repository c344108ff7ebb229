/*
 * The end of a run: nothing that it has started goes on without it.
 */
import type { Awaitable, Coroutine } from "../coroutine/types.ts";
import type { EventLoop } from "./event-loop.ts";
import { gather } from "./gather.ts";
import type { Owner } from "./owner.ts";

/** @internal What `asyncio.run` does when main is over: cancel what is left, await it, close what is open. */
export function* shutDown(owner: Owner, loop: EventLoop): Coroutine<void> {
  while (!owner.isBare) {
    const left = [...owner.tasks];
    for (const task of left) task.cancel();
    yield* gather(left, { returnExceptions: true });
    for (const task of left) {
      if (!task._failed()) continue;
      loop.callExceptionHandler({
        message: "unhandled exception during run() shutdown",
        exception: task.exception(),
        task,
      });
    }
    const closing: Awaitable<unknown>[] = [];
    for (const resource of [...owner.resources]) {
      owner.disown(resource);
      const closed = resource.release();
      if (closed !== undefined) closing.push(closed);
    }
    yield* gather(closing, { returnExceptions: true });
  }
}
