/**
 * Clean-up: tasks that are cancelled while their `finally` and `except` parts still wait, that refuse
 * to go, or that say something else on their way out; and those who wait for them meanwhile.
 */
import type { Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { cancel, type Situation, sleep, spawn, states, times } from "./situation.ts";

/** Something that takes a while. */
function pause(draft: Draft): Statement[] {
  const { random, place } = draft;
  const name = draft.awaitable();
  return random.weighted<() => Statement[]>([
    [() => [sleep(random.pick([0, 1, 1, 2, 5]))], 6],
    [() => (name === undefined ? [] : [{ op: "await", var: name }]), 1],
    [() => (name === undefined ? [] : [{ op: "shield", arg: name }]), 1],
    [() => [{ op: "shield", arg: draft.namedBody("k", () => [sleep(random.int(1, 3))]) }], 1],
    [() => [{ op: "call", body: [sleep(random.int(0, 2))] }], 0.5],
    [() => draft.statements(1, 2), 2],
    [() => (place.task === undefined ? [] : [{ op: "cancel", var: place.task }, sleep(1)]), 0.7],
  ])();
}

/** How a part ends. */
function last(draft: Draft): Statement[] {
  const { random, place } = draft;
  return random.weighted<Statement[]>([
    [[], 5],
    [[{ op: "return", value: draft.value() }], 1],
    [[{ op: "raise", ...draft.error() }], 1],
    [[{ op: "raise" }], 1],
    [place.task === undefined ? [] : [{ op: "uncancel", var: place.task }], 1],
  ]);
}

function part(draft: Draft, levels: number): Statement[] {
  const inner = levels > 0 && draft.random.chance(0.6);
  return [...(inner ? withCleanUp(draft, levels - 1) : pause(draft)), ...last(draft)];
}

function withCleanUp(draft: Draft, levels: number): Statement[] {
  const { random } = draft;
  const body = levels > 0 && random.chance(0.3) ? withCleanUp(draft, levels - 1) : pause(draft);
  const on = random.pick(["CancelledError", "CancelledError", "any", "Exception"]);
  const except = [{ on, body: draft.at({ handling: true }, () => part(draft, levels)) }];
  const how = random.int(0, 2);
  return [
    {
      op: "try",
      body,
      ...(how !== 0 ? { except } : {}),
      ...(how !== 1 ? { finally: part(draft, levels) } : {}),
    },
  ];
}

/** Takes several cancellations to end. */
function stubborn(draft: Draft): Statement[] {
  const { random } = draft;
  const body: Statement[] = [
    { op: "try", body: pause(draft), except: [{ on: "CancelledError", body: last(draft) }] },
  ];
  return [{ op: "repeat", n: random.int(2, 3), body }];
}

/** Waits for one of the tasks, and is cancelled or out of time meanwhile. */
function wait(draft: Draft, name: string): Statement[] {
  const { random } = draft;
  const ticks = random.pick([-1, 0, 0, 1, 2, 3]);
  return random.pick<Statement[]>([
    [{ op: "await", var: name }],
    [{ op: "wait_for", arg: name, timeout: ticks }],
    [{ op: "wait_for", arg: name, timeout: ticks }],
    [{ op: "timeout", name: draft.name("m"), ticks, body: [{ op: "await", var: name }] }],
    [{ op: "wait", args: [name], timeout: ticks }],
    [{ op: "gather", args: [name], return_exceptions: random.chance(0.5) }],
  ]);
}

export const cleanUp: Situation = (draft) => {
  const { random } = draft;
  const names: string[] = [];
  const tasks = times(random.int(1, 3), () =>
    spawn(draft, names, () => [
      ...(random.chance(0.7) ? withCleanUp(draft, random.int(1, 3)) : stubborn(draft)),
      ...(random.chance(0.4) ? pause(draft) : []),
    ]),
  );
  const watched = [...names];
  const watchers = times(random.pick([0, 1, 1, 2, 3]), () =>
    spawn(draft, names, () => wait(draft, random.pick(watched))),
  );
  const rounds = times(random.int(1, 4), () => [
    sleep(random.pick([0, 0, 1, 1, 2])),
    ...times(random.pick([1, 1, 2]), () => cancel(draft, names)),
  ]);
  const looks = random.chance(0.4) ? [{ op: "cancelling", var: random.pick(names) } as const] : [];
  // Without the last pause, the end of the program finds them at it.
  const end = random.chance(0.6) ? [sleep(random.int(1, 5)), ...states(names)] : [];
  return [...tasks, ...watchers, ...rounds.flat(), ...looks, ...end];
};
