/*
 * What is running right now.
 *
 * A frame is whatever the loop runs: a task, a handle, a done callback. It carries the context
 * (values of ContextVars), the owner (the run that it belongs to) and, for `currentTask()`, the
 * task.
 *
 * A task that is stepped is not stored anywhere: it is the entry of the ready queue that is being
 * run. Storing it in a variable would be the dearest thing in a step (a young object into an old
 * place, which the garbage collector must be told: 80 of the 690 cycles of a task's whole life). Handles and callbacks,
 * which are rarer, say `enter` and `leave`. Frames nest only where code is entered from inside a
 * frame (`Context.run`, an eager task): that is `within`.
 *
 * A frame's context is either an immutable map of variables, which is what a task starts with (so
 * that copying a context for each task costs nothing), or a `Context` object once somebody has
 * asked for one or has set a variable.
 */
import { shared } from "../coroutine/shared.ts";
import type { Context, Variables } from "./context.ts";

export interface Frame {
  context: Context | Variables;
  /** The run that owns what this frame starts; null for nobody. */
  readonly owner: object | null;
  /** The task whose code this is, if any. */
  readonly frameTask: object | null;
}

/** A ready queue knows which task it is stepping. */
export interface FrameSource {
  readonly stepped: Frame | null;
}

export const NO_VARIABLES: Variables = new Map();

/** The frame of code that no loop has called: the top level of the program. */
export const BASE_FRAME: Frame = { context: NO_VARIABLES, owner: null, frameTask: null };

const state = shared as {
  readonly frames: { getStore(): Frame | undefined } | undefined;
  entered: Frame | null;
  source: FrameSource | null;
  readonly outerFrames: Frame[];
};

/** The frame that runs now. */
export function currentFrame(): Frame {
  if (state.entered !== null) return state.entered;
  if (state.source !== null) return state.source.stepped ?? BASE_FRAME;
  return followedFrame() ?? BASE_FRAME;
}

/** No loop is running: an async function that a task has called may be, after one of its own awaits. */
export function followedFrame(): Frame | null {
  if (state.frames === undefined) return null;
  const frame = state.frames.getStore();
  const ended = (frame?.owner as { ended?: boolean } | null | undefined)?.ended === true;
  return frame === undefined || ended ? null : frame;
}

/** A loop begins (its ready queue) or ends (null) to run callbacks. */
export function runFrom(queue: FrameSource | null): void {
  state.source = queue;
}

/** Make `frame` the running one, until `leave`. For what the loop calls, which has nothing outside. */
export function enter(frame: Frame): void {
  state.entered = frame;
}

export function leave(): void {
  state.entered = null;
}

/** Run `fn` in `frame`, inside the frame that runs now. */
export function within<T>(frame: Frame, fn: () => T): T {
  const before = state.entered;
  state.outerFrames.push(currentFrame());
  state.entered = frame;
  try {
    return fn();
  } finally {
    state.outerFrames.pop();
    state.entered = before;
  }
}

/** Is this context the one of the running frame or of a frame around it? */
export function isEntered(context: Context): boolean {
  return (
    currentFrame().context === context ||
    state.outerFrames.some((frame) => frame.context === context)
  );
}
