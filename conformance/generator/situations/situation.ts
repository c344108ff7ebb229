/** What situations are made of. */
import type { Statement } from "../../program.ts";
import { instantStatements } from "../../statements/all.ts";
import type { Draft } from "../draft.ts";
import { taskOptions } from "../statements/tasks.ts";

/** Statements for the body of main that make certain things meet; what exactly is random. */
export type Situation = (draft: Draft) => Statement[];

/** `count` times what `write` gives. */
export function times<T>(count: number, write: (index: number) => T): T[] {
  return Array.from({ length: count }, (_none, index) => write(index));
}

/** A task with this body; `names` gets its name. */
export function spawn(
  draft: Draft,
  names: string[],
  write: (name: string) => Statement[],
): Statement {
  const options = taskOptions(draft);
  const body = draft.namedBody("t", (name) => {
    names.push(name);
    return write(name);
  });
  return { op: "spawn", ...options, ...body };
}

export function sleep(ticks: number): Statement {
  return { op: "sleep", ticks };
}

/** A short while: this step, the next iteration, or the next tick. */
export function soon(draft: Draft): Statement[] {
  return draft.random.pick([[], [sleep(0)], [sleep(0)], [sleep(1)], [sleep(2)]]);
}

/** Cancels one of these. */
export function cancel(draft: Draft, names: readonly string[]): Statement {
  return { op: "cancel", var: draft.random.pick(names), ...draft.message() };
}

/** Looks at the end of each of them. */
export function states(names: readonly string[]): Statement[] {
  return names.map((name) => ({ op: "state", var: name }));
}

/**
 * Does these things at one moment: right here, in another task, or in a callback of the loop (then
 * only what a callback may do).
 */
export function atOneMoment(draft: Draft, actions: () => Statement[]): Statement[] {
  const { random } = draft;
  const how = random.weighted([
    ["here", 6],
    ["task", 1.5],
    ["callback", 2.5],
  ]);
  if (how === "here") return actions();
  if (how === "task") return [spawn(draft, [], actions)];
  const label = draft.name("h");
  draft.handles.push(label);
  const body = draft
    .at({ task: undefined, handling: false }, actions)
    .filter(({ op }) => instantStatements.has(op));
  if (random.chance(0.5)) return [{ op: "call_soon", label, body }];
  return [{ op: "call_later", ticks: random.int(0, 2), label, body }];
}
