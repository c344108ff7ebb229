/*
 * Who owns what runs: a run, or the loop itself for what was started outside of any run.
 *
 * Ownership passes on through frames (tasks, handles, done callbacks): what they start belongs to
 * the same owner. When a run ends, what is left of it is cancelled, closed and awaited.
 */
import { currentFrame } from "../context/current.ts";
import type { Awaitable } from "../coroutine/types.ts";
import type { HandleOwner } from "../loop/handle.ts";
import type { Scheduler } from "../loop/scheduler.ts";
import type { LedgerOwner, LostError } from "./lost-errors.ts";
import type { Task } from "./task.ts";
import { TaskList } from "./task-list.ts";

/** Something that must be closed when its run ends: a server, a transport, a process. */
export interface Resource {
  /** Begin to close; what is returned is awaited. Must not throw. */
  release(): Awaitable<unknown> | undefined;
}

/** @internal */
export class Owner implements HandleOwner, LedgerOwner {
  readonly loop: Scheduler;
  readonly tasks = new TaskList<Task<unknown>>();
  timers = 0;
  ended = false;
  /** Async functions that its tasks run are followed through their awaits. */
  follows = false;
  lostErrors: Set<LostError> | null = null;
  /** Debug mode: promises that cancelled tasks have left behind and that have not settled since. */
  abandoned: Set<object> | null = null;
  #resources: Set<Resource> | null = null;

  constructor(loop: Scheduler) {
    this.loop = loop;
  }

  get resources(): Iterable<Resource> {
    return this.#resources ?? [];
  }

  own(resource: Resource): void {
    this.#resources ??= new Set();
    this.#resources.add(resource);
  }

  disown(resource: Resource): void {
    this.#resources?.delete(resource);
  }

  /** Nothing is left that would have to be cancelled or closed. */
  get isBare(): boolean {
    return this.tasks.isEmpty && (this.#resources === null || this.#resources.size === 0);
  }
}

/** @internal The run of the running frame; null outside of any, and for what is on another loop. */
export function currentOwner(loop?: Scheduler): Owner | null {
  const owner = currentFrame().owner as Owner | null;
  return owner === null || loop === undefined || owner.loop === loop ? owner : null;
}
