/*
 * The live tasks of a run, in the order of their creation: an array with holes.
 *
 *   tasks: [ T1 | T2 | -- | T4 | -- | T6 ]      each task knows its place
 *
 * Registering is one store at the end, removing makes a hole, or drops the end of the array; when
 * more than half of it are holes it is closed up. Tasks are held strongly until they are done (asyncio
 * holds them weakly, and its users lose some). A doubly linked list through the tasks was measured
 * too: it makes twice the stores of a young object into an old one, and was some 3 % slower for creating
 * and awaiting a task.
 */

/** @internal What a task knows of its place. */
export interface Listed {
  _place: number;
}

const CLOSE_UP_MINIMUM = 32;

/** @internal */
export class TaskList<T extends Listed> {
  #tasks: (T | undefined)[] = [];
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add(task: T): void {
    task._place = this.#tasks.length;
    this.#tasks[task._place] = task;
    this.#count++;
  }

  /** A task that is not in the list is left alone. */
  remove(task: T): void {
    const tasks = this.#tasks;
    if (tasks[task._place] !== task) return;
    this.#count--;
    tasks[task._place] = undefined;
    if (task._place === tasks.length - 1) this.#dropEnd();
    else if (tasks.length > CLOSE_UP_MINIMUM && this.#count * 2 < tasks.length) this.#closeUp();
  }

  #dropEnd(): void {
    const tasks = this.#tasks;
    do tasks.pop();
    while (tasks.length > 0 && tasks[tasks.length - 1] === undefined);
  }

  #closeUp(): void {
    const tasks: T[] = [];
    for (const task of this.#tasks) {
      if (task === undefined) continue;
      task._place = tasks.length;
      tasks.push(task);
    }
    this.#tasks = tasks;
  }

  /** The tasks that are in the list now. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#tasks.filter((task) => task !== undefined).values();
  }
}
