/*
 * The live tasks of a run, in the order of their creation: a doubly linked list through the tasks
 * themselves. Registering and removing cost four stores and no allocation, and a task is held
 * strongly until it is done (asyncio holds its tasks weakly, and its users lose them).
 */

/** @internal What links a task into its list. */
export interface TaskLinks {
  _previous: TaskLinks | null;
  _next: TaskLinks | null;
}

/** @internal */
export class TaskList<T extends TaskLinks> {
  #first: T | null = null;
  #last: T | null = null;

  get isEmpty(): boolean {
    return this.#first === null;
  }

  add(task: T): void {
    const last = this.#last;
    task._previous = last;
    if (last === null) this.#first = task;
    else last._next = task;
    this.#last = task;
  }

  remove(task: T): void {
    const previous = task._previous as T | null;
    const next = task._next as T | null;
    if (previous !== null) previous._next = next;
    else if (this.#first === task) this.#first = next;
    else return;
    if (next !== null) next._previous = previous;
    else this.#last = previous;
    task._previous = null;
    task._next = null;
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    let task = this.#first;
    while (task !== null) {
      const next = task._next as T | null;
      yield task;
      task = next;
    }
  }
}
