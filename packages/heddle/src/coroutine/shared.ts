/*
 * What all copies of heddle in a process have in common.
 *
 * Two copies meet easily: two versions in one tree of packages, or one package loaded as CommonJS and
 * as a module. A task of one then awaits what the other made. So the state that says what is running
 * lives under one registered symbol, and what passes between them is known by brand or by shape,
 * never by `instanceof`. Copies whose internals differ must take another key.
 */

/** @internal Each room knows the type of its own part. */
export interface Shared {
  /** The future that the running coroutine has just begun to wait for (coroutine/suspend.ts). */
  armed: unknown;
  /** The frame that was entered by hand, and the queue that knows which task is stepped (context/). */
  entered: unknown;
  source: unknown;
  readonly outerFrames: unknown[];
  /** The scheduler whose callback is running (loop/). */
  running: unknown;
  /** Follows async functions: an AsyncLocalStorage of frames (loop/hosts/, context/). */
  frames: unknown;
  /** The thread's default loop (task/). */
  defaultLoop: unknown;
}

const key = Symbol.for("heddle.shared.1");
const registry = globalThis as unknown as Record<symbol, Shared | undefined>;

registry[key] ??= {
  armed: undefined,
  entered: null,
  source: null,
  outerFrames: [],
  running: null,
  frames: undefined,
  defaultLoop: undefined,
};

/** @internal */
export const shared: Shared = registry[key];
