/*
 * The thread's default loop, and which loop a new object belongs to.
 *
 * `EventLoop` registers itself here: futures need a loop, and the loop makes futures.
 */
import { followedFrame } from "../context/current.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import { shared } from "../coroutine/shared.ts";
import { runningScheduler } from "../loop/scheduler.ts";
import type { EventLoop } from "./event-loop.ts";

/** The loop of the task whose async function this is, where that is followed. */
function followedLoop(): EventLoop | null {
  const frame = followedFrame();
  if (frame === null) return null;
  const { _loop } = frame.frameTask as unknown as { _loop: EventLoop };
  return _loop.isClosed() ? null : _loop;
}

let makeDefault: () => EventLoop;
const state = shared as { defaultLoop: EventLoop | undefined };

/** @internal */
export function setDefaultLoopFactory(factory: () => EventLoop): void {
  makeDefault = factory;
}

/**
 * The loop whose callback is running. Throws RuntimeError outside of one.
 * Counterpart: `asyncio.get_running_loop`.
 */
export function getRunningLoop(): EventLoop {
  const loop = runningScheduler() ?? followedLoop();
  if (loop === null) {
    throw new RuntimeError(
      "no running event loop: this must be called from a coroutine or callback of a loop. " +
        "Outside, getEventLoop() gives the thread's default loop",
    );
  }
  return loop as EventLoop;
}

/**
 * The loop whose callback is running, else the thread's default loop, which is made when it is
 * first needed and again after it was closed. Counterpart: `asyncio.get_event_loop`.
 */
export function getEventLoop(): EventLoop {
  const loop = runningScheduler() ?? followedLoop();
  if (loop !== null) return loop as EventLoop;
  if (state.defaultLoop === undefined || state.defaultLoop.isClosed()) {
    state.defaultLoop = makeDefault();
  }
  return state.defaultLoop;
}
