/*
 * The call graph: where a task stands, who waits for it, where those stand, and so on up.
 *
 * As in CPython 3.14's asyncio/graph.py. A future that is reached on several ways is captured once; one that
 * waits for itself, through others, is captured without its waiters where the circle closes.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { type CodePlace, formatPlace } from "../loop/code-place.ts";
import { generatorPlace } from "../loop/hosts/generator-place.ts";
import { describing } from "../loop/hosts/native.ts";
import { runningScheduler } from "../loop/scheduler.ts";
import { type Future, isFuture } from "../task/future.ts";
import { introspection } from "../task/introspector.ts";
import { currentTask } from "../task/task.ts";
import { describeDeadlock } from "./deadlock-report.ts";
import { describeWait } from "./describe-wait.ts";
import { checkFile, checkLimit, getStack, innermostFirst, printStack } from "./task-stack.ts";
import { debug } from "./wait-traces.ts";
import { isTask, waitersOf } from "./waiters.ts";

/** A future or task, and who waits for it. Counterpart: `asyncio.FutureCallGraph`. */
export interface FutureCallGraph {
  readonly future: Future<unknown>;
  /** A task's frames, the innermost first. They are those of `task.getStack()`. */
  readonly callStack: readonly CodePlace[];
  /** Who waits for it, directly or by `gather`, `shield`, `wait`, `asCompleted` or a task group. */
  readonly awaitedBy: readonly FutureCallGraph[];
}

export interface CallGraphOptions {
  /** Of the current task: 1 begins with the frame that calls, 2 with its caller, and so on. */
  depth?: number;
  /**
   * How many frames of each task at most: the outermost ones, or, if it is below 0, the innermost. 0 captures
   * none. All if not given.
   */
  limit?: number | null;
}

export interface PrintCallGraphOptions extends CallGraphOptions {
  /** Takes the text, without a line break at the end; stderr if not given. */
  file?: (text: string) => void;
}

/**
 * Who waits for `future` (the current task if not given), and where each of them stands; null if there
 * is no current task. The frames are those of `task.getStack()`.
 *
 * Throws RuntimeError outside of a loop if no future is given, TypeError for what is no future or task.
 * Never suspends. Counterpart: `asyncio.capture_call_graph`.
 *
 * @example
 * const graph = captureCallGraph(task);
 * for (const { future } of graph.awaitedBy) console.log(String(future));
 */
export function captureCallGraph(
  future: Future<unknown>,
  options?: CallGraphOptions,
): FutureCallGraph;
export function captureCallGraph(
  future?: Future<unknown> | null,
  options?: CallGraphOptions,
): FutureCallGraph | null;
export function captureCallGraph(
  future?: Future<unknown> | null,
  options: CallGraphOptions = {},
): FutureCallGraph | null {
  return capture(future, options, "captureCallGraph");
}

/**
 * The call graph as a text; empty if no future is given and there is no current task. Takes what
 * `captureCallGraph` takes, or what it gives. Counterpart: `asyncio.format_call_graph`.
 */
export function formatCallGraph(
  what?: Future<unknown> | FutureCallGraph | null,
  options: CallGraphOptions = {},
): string {
  if (isGraph(what)) return format(what);
  const graph = capture(what, options, "formatCallGraph");
  return graph === null ? "" : format(graph);
}

/**
 * Write the call graph to stderr, or to `file`; nothing if no future is given and there is no current task.
 * Counterpart: `asyncio.print_call_graph`.
 */
export function printCallGraph(
  future?: Future<unknown> | null,
  options: PrintCallGraphOptions = {},
): void {
  checkFile(options.file, "printCallGraph");
  const graph = capture(future, options, "printCallGraph");
  if (graph === null) return;
  const text = format(graph);
  if (options.file === undefined) graph.future._loop.host.report(text);
  else options.file(text);
}

function capture(
  given: Future<unknown> | null | undefined,
  { depth = 1, limit }: CallGraphOptions,
  call: string,
): FutureCallGraph | null {
  checkLimit(limit, call);
  if (typeof depth !== "number" || Number.isNaN(depth)) {
    throw new TypeError(`${call}(): depth must be a number of frames, got ${String(depth)}`);
  }
  const current = currentTask();
  const future = given ?? current;
  if (future === null) {
    if (runningScheduler() !== null) return null;
    throw new RuntimeError(`${call}() needs a future or task when no event loop is running`);
  }
  if (!isFuture(future)) {
    throw new TypeError(`${call}() needs a future or task, got ${String(future)}`);
  }
  return build(future, (each) => {
    if (limit === 0 || !isTask(each)) return [];
    const frames = innermostFirst(each);
    if (each === current) frames.splice(0, depth - 1);
    if (typeof limit !== "number") return frames;
    return limit > 0 ? frames.slice(-limit) : frames.slice(0, -limit);
  });
}

type Draft = FutureCallGraph & { readonly awaitedBy: FutureCallGraph[] };

/** Depth first, without recursion: a chain of waits may be as long as there are tasks. */
function build(
  root: Future<unknown>,
  stackOf: (future: Future<unknown>) => CodePlace[],
): FutureCallGraph {
  const drafts = new Map<Future<unknown>, Draft>();
  const way: { draft: Draft; waiters: Iterator<Future<unknown>> }[] = [];
  const onWay = new Set<Future<unknown>>();
  const enter = (future: Future<unknown>): Draft => {
    const draft: Draft = { future, callStack: stackOf(future), awaitedBy: [] };
    drafts.set(future, draft);
    onWay.add(future);
    way.push({ draft, waiters: waitersOf(future).values() });
    return draft;
  };
  const graph = enter(root);
  for (let last = way.at(-1); last !== undefined; last = way.at(-1)) {
    const { draft, waiters } = last;
    const { value: waiter, done } = waiters.next();
    if (done) {
      way.pop();
      onWay.delete(draft.future);
      continue;
    }
    const known = drafts.get(waiter);
    if (known === undefined) draft.awaitedBy.push(enter(waiter));
    else draft.awaitedBy.push(onWay.has(waiter) ? { ...known, awaitedBy: [] } : known);
  }
  return graph;
}

function isGraph(what: unknown): what is FutureCallGraph {
  return typeof what === "object" && what !== null && "awaitedBy" in what;
}

/** asyncio's layout. What was shown before is named again, not shown again. */
function format(graph: FutureCallGraph): string {
  const lines: string[] = [];
  const shown = new Set<Future<unknown>>();
  const left = [{ graph, indent: "" }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { future, callStack, awaitedBy } = next.graph;
    const { indent } = next;
    const again = shown.has(future);
    lines.push(`${indent}* ${titleOf(future)}${again ? " (see above)" : ""}`);
    if (again) continue;
    shown.add(future);
    if (callStack.length > 0) lines.push(`${indent}  + Call stack:`);
    for (const place of callStack) lines.push(`${indent}  |   ${formatPlace(place)}`);
    if (awaitedBy.length > 0) lines.push(`${indent}  + Awaited by:`);
    const below = `${indent}    `;
    for (const waiter of [...awaitedBy].reverse()) left.push({ graph: waiter, indent: below });
  }
  return lines.join("\n");
}

function titleOf(future: Future<unknown>): string {
  const id = `id=${idOf(future)}`;
  if (isTask(future)) return `Task(name=${JSON.stringify(future.getName())}, ${id})`;
  return future._about === null ? `Future(${id})` : `Future(${describeWait(future)}, ${id})`;
}

const ids = new WeakMap<object, number>();
let lastId = 0;

/** A number that tells futures apart in texts, given when it is first asked for. */
function idOf(future: Future<unknown>): number {
  let id = ids.get(future);
  if (id === undefined) {
    id = ++lastId;
    ids.set(future, id);
  }
  return id;
}

// Report for duty: see task/introspector.ts.
introspection.introspector = { getStack, printStack, describeDeadlock, debug };
describing.generator = generatorPlace;
