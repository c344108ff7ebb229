/**
 * Callbacks about callbacks: done callbacks that add and remove done callbacks (themselves included),
 * callbacks of the loop that schedule and cancel others of the same moment, and what they set off.
 */
import type { Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import {
  atOneMoment,
  cancel,
  type Situation,
  sleep,
  soon,
  spawn,
  states,
  times,
} from "./situation.ts";

/** What there is to act on. */
interface Stage {
  readonly futures: readonly string[];
  /** Which label was added to which future. */
  readonly added: { readonly var: string; readonly label: string }[];
  readonly labels: string[];
  readonly handles: string[];
}

/** Something that a callback does; `depth` is how many callbacks it may make inside of each other. */
function act(draft: Draft, stage: Stage, depth: number): Statement[] {
  const { random } = draft;
  const { futures, labels, handles } = stage;
  const future = random.pick(futures);
  return random.weighted<() => Statement[]>([
    [() => [done(draft, stage, depth)], depth > 0 ? 3 : 0.1],
    [() => [scheduled(draft, stage, depth)], depth > 0 ? 3 : 0],
    [() => [remove(draft, stage)], labels.length > 0 ? 3 : 0],
    [() => [{ op: "handle_cancel", var: random.pick(handles) }], handles.length > 0 ? 3 : 0],
    [() => [{ op: "handle_cancelled", var: random.pick(handles) }], handles.length > 0 ? 1 : 0],
    [() => [settle(draft, future)], 2],
    [() => [cancel(draft, futures)], 1],
    [() => [{ op: "state", var: future }], 1],
    [() => [{ op: "raise", ...draft.error() }], 0.7],
    [() => [{ op: "raise", error: "CancelledError" }], 0.2],
    [() => [{ op: "current" }], 0.3],
    [() => draft.at({ instant: true, task: undefined }, () => draft.statements(1, 1)), 1.5],
  ])();
}

function acts(draft: Draft, stage: Stage, depth: number): Statement[] {
  return times(draft.random.pick([0, 1, 1, 2, 3]), () => act(draft, stage, depth)).flat();
}

function settle(draft: Draft, future: string): Statement {
  return draft.random.chance(0.65)
    ? { op: "set_result", var: future, value: draft.value() }
    : { op: "set_exception", var: future, ...draft.error() };
}

/** A done callback; sometimes one that there is already. */
function done(draft: Draft, stage: Stage, depth: number): Statement {
  const { random } = draft;
  const { labels, futures, added } = stage;
  // Rarely inside of a callback: one that adds itself to a future that is done never ends.
  const known = labels.length > 0 && (depth === 0 || random.chance(depth === 2 ? 0.4 : 0.02));
  const label = known ? random.pick(labels) : draft.name("c");
  if (!known) {
    labels.push(label);
    draft.labels.push(label);
  }
  const future = random.pick(futures);
  added.push({ var: future, label });
  const body = known ? [] : acts(draft, stage, depth - 1);
  return { op: "add_done_callback", var: future, label, body };
}

/** Takes a done callback back; mostly one that is there, and may be there twice. */
function remove(draft: Draft, { futures, labels, added }: Stage): Statement {
  const { random } = draft;
  if (random.chance(0.8)) return { op: "remove_done_callback", ...random.pick(added) };
  return { op: "remove_done_callback", var: random.pick(futures), label: random.pick(labels) };
}

function scheduled(draft: Draft, stage: Stage, depth: number): Statement {
  const { random } = draft;
  const label = draft.name("h");
  stage.handles.push(label);
  draft.handles.push(label);
  const body = acts(draft, stage, depth - 1);
  const how = random.int(0, 2);
  if (how === 0) return { op: "call_soon", label, body };
  draft.timers.push(label);
  if (how === 1) return { op: "call_later", ticks: random.pick([0, 1, 1, 2]), label, body };
  return { op: "call_at", when: random.int(0, 4), label, body };
}

export const callbacks: Situation = (draft) => {
  const { random } = draft;
  const names: string[] = [];
  const futures = times(random.int(1, 2), () => draft.declare({ type: "future" }));
  const task = spawn(draft, names, () => [sleep(random.int(0, 2)), ...draft.statements(0, 2)]);
  const stage: Stage = { futures: [...futures, ...names], added: [], labels: [], handles: [] };
  const waiters = times(random.int(0, 2), () =>
    spawn(draft, names, () => [{ op: "await", var: random.pick(futures) }]),
  );
  const first = times(random.int(2, 4), () =>
    random.chance(0.6) ? done(draft, stage, 2) : scheduled(draft, stage, 2),
  );
  const rounds = times(random.int(1, 3), () => [
    ...soon(draft),
    ...atOneMoment(draft, () =>
      times(random.int(1, 3), () =>
        random.chance(0.5)
          ? draft.guarded([settle(draft, random.pick(futures))])
          : draft.guarded(act(draft, stage, 1)),
      ).flat(),
    ),
  ]);
  return [
    task,
    ...first,
    ...waiters,
    ...rounds.flat(),
    sleep(random.int(1, 3)),
    ...states(futures),
  ];
};
