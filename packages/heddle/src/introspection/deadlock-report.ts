/*
 * What a DeadlockError says: who waits for whom, as a tree, where each of them stands, and the circle that they
 * wait in, if there is one.
 *
 *   <Task "main" pending> waits for gather() of 2, 2 pending
 *       at main (/srv/app.ts:12:10)
 *     <Task "reader" pending> waits for Lock "db" held by writer
 *         at read (/srv/db.ts:7:18)
 *     …
 *
 * Below a task stands what it waits for: the tasks of its gather, of its group … What several wait for is shown
 * once. There may be a million tasks, so everything here is linear and without recursion.
 */
import { formatPlace } from "../loop/code-place.ts";
import type { Future } from "../task/future.ts";
import type { Task } from "../task/task.ts";
import { describeTask } from "./describe-task.ts";
import { describeWait, holdersOf, partsOf } from "./describe-wait.ts";
import { isTask } from "./waiters.ts";

/** Tasks and futures that are shown. */
const MOST_SHOWN = 20;

/** Circles that are shown, and tasks of each. */
const MOST_CIRCLES = 3;
const MOST_IN_CIRCLE = 10;

export function describeDeadlock(given: Iterable<Task<unknown>>): string {
  const own = [...given];
  // What async functions await runs in tasks of no run.
  const tasks = [...new Set([...own, ...(own[0]?._loop.orphans.tasks ?? [])])];
  if (tasks.length === 0) {
    return "deadlock: nothing is scheduled, and nothing can end this run any more";
  }
  return [
    "deadlock: nothing is scheduled, and nothing can wake these tasks any more:",
    ...treeOf(tasks),
    ...circlesOf(tasks),
    "Each of them waits for another, or for something that nobody will do.",
  ].join("\n");
}

/** What a future waits for, directly: a task for its future or, if that is one of several, for those. */
function below(future: Future<unknown>): Future<unknown>[] {
  if (!isTask(future)) return partsOf(future);
  const awaited = future._waitsFor;
  if (awaited === null) return [];
  return isTask(awaited) ? [awaited] : partsOf(awaited);
}

function treeOf(tasks: readonly Task<unknown>[]): string[] {
  const lines: string[] = [];
  const shown = new Set<Future<unknown>>();
  let isCut = false;
  const show = (root: Future<unknown>): void => {
    const left = [{ future: root, indent: "  " }];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { future, indent } = next;
      if (shown.has(future)) continue;
      if (shown.size === MOST_SHOWN) {
        isCut = true;
        return;
      }
      shown.add(future);
      lines.push(...describe(future, indent));
      const inner = `${indent}  `;
      for (const each of below(future).reverse()) left.push({ future: each, indent: inner });
    }
  };
  const awaited = new Set(tasks.flatMap(below));
  for (const future of awaited)
    if (!isTask(future)) for (const part of below(future)) awaited.add(part);
  for (const task of tasks) if (!awaited.has(task)) show(task);
  // Those that only wait for each other.
  for (const task of tasks) show(task);
  const more = tasks.filter((task) => !shown.has(task)).length;
  if (isCut) lines.push(more > 0 ? `  … and ${more} more` : "  …");
  return lines;
}

function describe(future: Future<unknown>, indent: string): string[] {
  if (!isTask(future)) return [`${indent}${describeWait(future)}`];
  const { state, waitsFor, place } = describeTask(future);
  const asked = state === "cancelling" ? " (cancelling)" : "";
  const lines = [`${indent}${future}${asked} waits for ${waitsFor ?? "its next turn"}`];
  if (place !== null) lines.push(`${indent}    ${formatPlace(place)}`);
  return lines;
}

/** A step from a task to one that must do something first. */
interface Step {
  /** What the task before waits for. */
  readonly awaited: Future<unknown>;
  readonly task: Task<unknown>;
}

function stepsFrom(task: Task<unknown>): Step[] {
  const awaited = task._waitsFor;
  if (awaited === null) return [];
  const found = new Set(isTask(awaited) ? [awaited] : [...holdersOf(awaited), ...partsOf(awaited)]);
  const steps: Step[] = [];
  for (const each of found) {
    if (isTask(each)) steps.push({ awaited, task: each });
    else for (const part of partsOf(each)) found.add(part);
  }
  return steps;
}

/** Each circle in one line. Depth first, without recursion. */
function circlesOf(tasks: readonly Task<unknown>[]): string[] {
  const circles: string[] = [];
  const finished = new Set<Task<unknown>>();
  for (const start of tasks) {
    // The steps taken, each with those that can be taken next; and where on this way each task is.
    const way: { step: Step | null; task: Task<unknown>; next: Iterator<Step> }[] = [];
    const places = new Map<Task<unknown>, number>();
    const enter = (task: Task<unknown>, step: Step | null) => {
      places.set(task, way.length);
      way.push({ step, task, next: stepsFrom(task).values() });
    };
    if (!finished.has(start)) enter(start, null);
    for (let last = way.at(-1); last !== undefined; last = way.at(-1)) {
      const { value: step, done } = last.next.next();
      if (done) {
        finished.add(last.task);
        places.delete(last.task);
        way.pop();
        continue;
      }
      const begin = places.get(step.task);
      if (begin !== undefined) {
        const steps = way.slice(begin + 1).map((each) => each.step as Step);
        circles.push(describeCircle([...steps, step]));
        if (circles.length === MOST_CIRCLES) return circles;
      } else if (!finished.has(step.task)) enter(step.task, step);
    }
  }
  return circles;
}

/** The steps of a circle; the last leads to where the first begins. */
function describeCircle(steps: readonly Step[]): string {
  const first = steps.at(-1)?.task.getName();
  const texts = steps.slice(0, MOST_IN_CIRCLE).map(({ awaited, task }, at) => {
    const name = task.getName();
    const what = describeWait(awaited);
    let why = what;
    if (awaited === task) why = name;
    else if (!holdersOf(awaited).includes(task)) why = `${name} by ${what}`;
    if (at === steps.length - 1) return why;
    // Of several, it must be said which one goes on.
    return why === name || why.endsWith(`held by ${name}`) ? `${why}, which` : `${why}; ${name}`;
  });
  if (steps.length > MOST_IN_CIRCLE) texts.push(`… (${steps.length} tasks)`);
  return `A circle: ${first} waits for ${texts.join(" waits for ")}.`;
}
