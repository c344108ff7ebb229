/*
 * What is running right now: one variable, written once for each callback of the loop.
 *
 * A frame is whatever the loop runs: a task, a handle, a done callback. It carries the context
 * (values of ContextVars), the owner (the run that it belongs to) and, for `currentTask()`, the
 * task. A switch between tasks is therefore one store. Frames nest only where code is entered from
 * inside a frame (`Context.run`, an eager task): those push the outer one onto `outerFrames`.
 *
 * A frame's context is either an immutable map of variables, which is what a task starts with (so
 * that copying a context for each task costs nothing), or a `Context` object once somebody has
 * asked for one or has set a variable.
 */
import type { Context, Variables } from "./context.ts";

export interface Frame {
  context: Context | Variables;
  /** The run that owns what this frame starts; null for nobody. */
  readonly owner: object | null;
  /** The task whose code this is, if any. */
  readonly frameTask: object | null;
}

export const NO_VARIABLES: Variables = new Map();

/** The frame of code that no loop has called: the top level of the program. */
export const BASE_FRAME: Frame = { context: NO_VARIABLES, owner: null, frameTask: null };

export let current: Frame = BASE_FRAME;

const outerFrames: Frame[] = [];

/** Make `frame` the running one. For the loop, which has nothing outside. */
export function enter(frame: Frame): void {
  current = frame;
}

/** Run `fn` in `frame`, inside the frame that runs now. */
export function within<T>(frame: Frame, fn: () => T): T {
  const outer = current;
  outerFrames.push(outer);
  current = frame;
  try {
    return fn();
  } finally {
    outerFrames.pop();
    current = outer;
  }
}

/** Is this context the one of the running frame or of a frame around it? */
export function isEntered(context: Context): boolean {
  return current.context === context || outerFrames.some((frame) => frame.context === context);
}
