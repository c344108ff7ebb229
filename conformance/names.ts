/**
 * The one flat table of names of a program, and the kinds of objects that statements ask for.
 *
 * Each entry remembers its kind when it is bound, so that no statement has to guess from an
 * object's class: what `shield` binds may be a plain future or, if the argument was done, a task.
 */
import * as heddle from "heddle";

/** What as_completed binds: its outcomes, or the futures themselves, one after the other. */
type Outcomes =
  | { readonly mode: undefined; readonly each: Iterator<heddle.Awaitable<unknown>, unknown> }
  | {
      readonly mode: "async";
      readonly each: ReturnType<heddle.AsCompleted<unknown>[typeof Symbol.asyncIterator]>;
    };

/** What the object of each kind is in heddle. */
export interface Kinds {
  future: heddle.Future<unknown>;
  task: heddle.Task<unknown>;
  lock: heddle.Lock;
  event: heddle.Event;
  condition: heddle.Condition;
  semaphore: heddle.Semaphore;
  barrier: heddle.Barrier;
  queue: heddle.Queue<unknown>;
  handle: heddle.Handle;
  timer: heddle.TimerHandle;
  timeout: heddle.Timeout;
  group: heddle.TaskGroup;
  var: heddle.ContextVar<unknown>;
  token: heddle.Token<unknown>;
  context: heddle.Context;
  outcomes: Outcomes;
}

export type Kind = keyof Kinds;

/** The kinds that have acquire, release and locked. */
export const lockish = ["lock", "condition", "semaphore"] as const;

/** May an object of this kind stand where one of that kind is wanted? */
function fits(kind: Kind, wanted: Kind): boolean {
  if (kind === wanted) return true;
  return (kind === "task" && wanted === "future") || (kind === "timer" && wanted === "handle");
}

/** A statement names something that does not exist, or that is of the wrong kind. */
export class Unbound extends Error {
  override name = "Unbound";
}

export class Names {
  readonly #entries = new Map<string, { kind: Kind; object: unknown }>();

  bind<K extends Kind>(name: string, kind: K, object: Kinds[K]): void {
    this.#entries.set(name, { kind, object });
  }

  /** Binds what is a future and may be a task. */
  bindFuture(name: string, future: heddle.Future<unknown>): void {
    const kind = future instanceof heddle.Task ? "task" : "future";
    this.#entries.set(name, { kind, object: future });
  }

  /** The object of this name, which must be of one of these kinds; else Unbound. */
  get<K extends Kind>(name: string, ...kinds: readonly K[]): Kinds[K] {
    const entry = this.#entries.get(name);
    if (entry === undefined || !kinds.some((wanted) => fits(entry.kind, wanted))) {
      throw new Unbound(name);
    }
    return entry.object as Kinds[K];
  }

  /** Whether the name stands for this very object, of whatever kind. */
  isBoundTo(name: string, object: unknown): boolean {
    return this.#entries.get(name)?.object === object;
  }
}
