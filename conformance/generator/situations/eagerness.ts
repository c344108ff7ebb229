/**
 * Eager tasks: started inside of tasks, callbacks and other eager tasks; that end at once, wait, fail,
 * or cancel whoever started them; and the factory that is switched on and off meanwhile.
 */
import type { Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { cancel, type Situation, sleep, soon, states, times } from "./situation.ts";

function start(draft: Draft, names: string[], levels: number): Statement {
  const { random, contexts } = draft;
  const parent = draft.place.task;
  const body = draft.namedBody("t", (name) => {
    names.push(name);
    const step = (): Statement[] =>
      random.weighted<() => Statement[]>([
        [() => [sleep(random.int(0, 2))], 4],
        [() => (levels > 0 ? [start(draft, names, levels - 1)] : []), 4],
        [() => [cancel(draft, parent === undefined ? names : [parent, name, ...names])], 2],
        [() => [{ op: "current" }], 1.5],
        [() => [{ op: "all_tasks" }], 0.7],
        [() => [{ op: "uncancel", var: name }], 0.5],
        [() => draft.statements(1, 2), 2],
      ])();
    return [
      ...times(random.int(0, 3), step).flat(),
      ...random.weighted<Statement[]>([
        [[], 4],
        [[{ op: "raise", ...draft.error() }], 1.5],
        [[{ op: "raise", error: "CancelledError" }], 0.5],
        [[{ op: "return", value: draft.value() }], 2],
      ]),
    ];
  });
  const eager = random.pick([true, true, true, false, undefined]);
  const ctx = contexts.length > 0 && random.chance(0.3) ? { ctx: random.pick(contexts) } : {};
  return { op: "spawn", ...(eager === undefined ? {} : { eager }), ...ctx, ...body };
}

/** Starts one from a callback, where no task is running. */
function fromCallback(draft: Draft, names: string[]): Statement {
  const label = draft.name("h");
  draft.handles.push(label);
  const body = draft.at({ task: undefined }, () => [
    start(draft, names, 1),
    { op: "current" } as const,
    ...(draft.random.chance(0.4) ? [cancel(draft, names)] : []),
  ]);
  return { op: "call_soon", label, body };
}

/** Combinators of coroutines, which a factory starts at once. */
function combined(draft: Draft): Statement[] {
  const { random } = draft;
  const quick = () =>
    draft.namedBody("k", () => [
      ...soon(draft),
      ...(random.chance(0.3) ? [{ op: "raise", ...draft.error() } as const] : []),
    ]);
  return draft.guarded([
    random.weighted<() => Statement>([
      [
        () => ({
          op: "gather",
          args: times(random.int(1, 3), quick),
          return_exceptions: random.chance(0.5),
        }),
        3,
      ],
      [() => ({ op: "shield", arg: quick() }), 1],
      [() => ({ op: "as_completed", args: times(random.int(1, 3), quick), catch: true }), 2],
      [
        () => ({
          op: "wait_for",
          timeout: random.pick([0, 0, -1, 1]),
          arg: { name: draft.name("w"), body: [sleep(random.int(0, 2))] },
        }),
        2,
      ],
      [
        () => {
          const group = draft.name("g");
          const child = (): Statement => ({ op: "tg_spawn", group, ...quick() });
          return { op: "group", name: group, body: times(random.int(1, 3), child) };
        },
        2,
      ],
    ])(),
  ]);
}

export const eagerness: Situation = (draft) => {
  const { random } = draft;
  const names: string[] = [];
  const factory = (): Statement[] =>
    random.chance(0.25) ? [{ op: "task_factory", eager: random.chance(0.7) }] : [];
  const parts = times(random.int(1, 4), () => [
    ...factory(),
    ...random.weighted<() => Statement[]>([
      [() => [start(draft, names, 2)], 5],
      [() => [fromCallback(draft, names)], 2],
      [() => combined(draft), 2],
      [() => (names.length > 0 ? [cancel(draft, names)] : []), 1],
    ])(),
    ...soon(draft),
  ]);
  return [...parts.flat(), sleep(random.int(1, 3)), ...states(names.slice(0, 5))];
};
