/**
 * Groups in groups: children that fail, return, refuse to go or cancel somebody, in the same tick or
 * one after the other; bodies that wait, fail or are cancelled; and errors that are sorted out after.
 */
import type { ExceptClause, Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { taskOptions } from "../statements/tasks.ts";
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

/** What a child does; `family` are the names of all that there are so far. */
function childhood(draft: Draft, levels: number, family: string[]): Statement[] {
  const { random } = draft;
  const fail: Statement = { op: "raise", ...draft.error() };
  const nap = sleep(random.int(0, 3));
  return random.weighted<() => Statement[]>([
    [() => [nap, fail], 4],
    [() => [fail], 1],
    [() => [nap, { op: "return", value: draft.value() }], 2],
    [() => [{ op: "try", body: [sleep(5)], finally: [sleep(random.int(0, 2))] }], 1.5],
    [
      () => [
        { op: "try", body: [sleep(5)], except: [{ on: "CancelledError", body: [fail] }] },
        sleep(random.int(0, 2)),
      ],
      2,
    ],
    [
      () => [{ op: "try", body: [sleep(5)], except: [{ on: "CancelledError", body: [nap] }] }, nap],
      1,
    ],
    [() => [nap, cancel(draft, [...family, "main"]), ...(random.chance(0.5) ? [nap] : [])], 1.5],
    [() => [nap, { op: "raise", error: "CancelledError" }], 0.7],
    [() => [{ op: "shield", arg: draft.namedBody("k", () => [nap, fail]) }], 1],
    [() => (levels > 0 ? group(draft, levels - 1, family) : [nap]), 2.5],
    [() => (levels > 0 ? [...spawnIn(draft, levels - 1, family), nap] : [nap]), 1],
    [() => draft.statements(1, 3), 2],
  ])();
}

/** A child, which may join a group further out. */
function spawnIn(draft: Draft, levels: number, family: string[]): Statement[] {
  const { random, groups, place } = draft;
  const group = random.pick(random.chance(0.8) && place.groups.length > 0 ? place.groups : groups);
  // The group may belong to a task elsewhere, which waits for this child.
  const own = place.groups.includes(group);
  const options = taskOptions(draft);
  const child = draft.at({ mayWait: place.mayWait && own }, () =>
    draft.namedBody("t", (name) => {
      family.push(name);
      return childhood(draft, levels, family);
    }),
  );
  return [{ op: "tg_spawn", group, ...options, ...child }];
}

/** A group with children, and what is done about its errors. */
function group(draft: Draft, levels: number, family: string[]): Statement[] {
  const { random, place } = draft;
  const name = draft.name("g");
  draft.groups.push(name);
  const body = draft.at({ groups: [...place.groups, name] }, () => {
    const children = () => times(random.int(1, 3), () => spawnIn(draft, levels, family)).flat();
    return [
      ...children(),
      ...random.weighted<() => Statement[]>([
        [() => [], 3],
        [() => [sleep(random.int(0, 4))], 3],
        [() => [sleep(random.int(0, 2)), ...children()], 2],
        [() => [sleep(random.int(0, 2)), { op: "raise", ...draft.error() }], 1.5],
        [() => [sleep(random.int(0, 2)), cancel(draft, family)], 1.5],
        [() => [{ op: "try", body: [sleep(4)], finally: [sleep(random.int(0, 2))] }], 1.5],
        [() => [{ op: "try", body: [sleep(4)], except: [{ on: "CancelledError", body: [] }] }], 1],
        [() => [{ op: "shield", arg: draft.namedBody("k", () => [sleep(random.int(1, 3))]) }], 1],
        [() => [{ op: "return", value: draft.value() }], 0.5],
        [() => draft.statements(1, 3), 2],
        [() => (levels > 0 ? group(draft, levels - 1, family) : []), 1],
      ])(),
    ];
  });
  return handled(draft, [{ op: "group", name, body }]);
}

/** An except clause that sorts out the errors of a group, or a deadline around it. */
function handled(draft: Draft, body: Statement[]): Statement[] {
  const { random } = draft;
  const part = random.pick([{}, {}, { raise: "rest" }, { raise: "matching" }] as const);
  const split: Statement = { op: "split", on: random.pick(["ErrA", "ErrB", "ErrC"]), ...part };
  const sort: ExceptClause = { on: "ExceptionGroup", body: random.chance(0.7) ? [split] : [] };
  return random.weighted<Statement[]>([
    [body, 3],
    [[{ op: "try", body, except: [sort] }], 4],
    [[{ op: "try", body, except: [{ on: "any", body: [split] }] }], 1],
    [[{ op: "try", body, except: [sort], finally: [sleep(random.int(0, 1))] }], 1],
    [draft.guarded([{ op: "timeout", name: draft.name("m"), ticks: random.int(0, 3), body }]), 1.5],
  ]);
}

export const family: Situation = (draft) => {
  const { random } = draft;
  const names: string[] = [];
  const levels = random.int(0, 2);
  if (random.chance(0.35)) return draft.guarded(group(draft, levels, names));
  const parent = spawn(draft, names, () => [
    ...group(draft, levels, names),
    ...(random.chance(0.5) ? [sleep(random.int(0, 1))] : []),
  ]);
  const moments = times(random.int(0, 2), () => [
    ...soon(draft),
    ...atOneMoment(draft, () => [cancel(draft, names)]),
  ]);
  return [parent, ...moments.flat(), sleep(random.int(2, 6)), ...states(names.slice(0, 4))];
};
