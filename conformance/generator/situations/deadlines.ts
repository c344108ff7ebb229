/**
 * Deadlines in deadlines: timeouts and wait_for around each other, due together or one tick apart,
 * with clean-up that takes time, deadlines that are moved, and cancellations from elsewhere in the
 * very tick. Whose cancellation is it?
 */
import type { Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { cancel, type Situation, sleep, soon, spawn, states, times } from "./situation.ts";

/** What is going on when the time is over. */
function work(draft: Draft): Statement[] {
  const { random } = draft;
  const long = sleep(random.pick([1, 2, 2, 3, 9]));
  const waitFor = draft.awaitable();
  return random.weighted<() => Statement[]>([
    [() => [long], 4],
    [() => [{ op: "try", body: [long], finally: [sleep(random.int(0, 2))] }], 2],
    [
      () => [
        {
          op: "try",
          body: [long],
          except: [{ on: "CancelledError", body: draft.body(0, 1, { handling: true }) }],
        },
      ],
      2,
    ],
    [() => [{ op: "shield", arg: draft.namedBody("k", () => [long]) }], 1],
    [() => (waitFor === undefined ? [long] : [{ op: "await", var: waitFor }]), 2],
    [() => [{ op: "event_wait", var: draft.declare({ type: "event" }) }], 1],
    [() => draft.statements(1, 2), 2],
  ])();
}

/** Moves a deadline, or asks about it. */
function touch(draft: Draft): Statement[] {
  const { random, place } = draft;
  const name = random.pick(place.timeouts);
  return random.weighted<Statement[]>([
    [[{ op: "reschedule", var: name, delay: random.int(0, 3) }], 3],
    [[{ op: "reschedule", var: name, when: random.pick([null, 0, 1, 2, 3]) }], 1.5],
    [[{ op: "expired", var: name }], 1],
    [[{ op: "when", var: name }], 0.5],
  ]);
}

/** `levels` deadlines around some work. */
function nested(draft: Draft, levels: number): Statement[] {
  const { random, place } = draft;
  if (levels === 0) return work(draft);
  const ticks = random.pick([null, 0, 1, 1, 2, 2, 3]);
  if (random.chance(0.2)) {
    const body = draft.at({ task: undefined }, () => nested(draft, levels - 1));
    return handled(draft, [
      { op: "wait_for", timeout: ticks, arg: { name: draft.name("w"), body } },
    ]);
  }
  const name = draft.name("m");
  draft.timeouts.push(name);
  const body = draft.at({ timeouts: [...place.timeouts, name] }, () => [
    ...(random.chance(0.25) ? touch(draft) : []),
    ...nested(draft, levels - 1),
    ...(random.chance(0.3) ? touch(draft) : []),
    ...(random.chance(0.3) ? [sleep(random.int(0, 2))] : []),
  ]);
  const deadline: Statement = random.chance(0.8)
    ? { op: "timeout", name, ticks, body }
    : { op: "timeout_at", name, when: ticks === null ? null : ticks + 1, body };
  return handled(draft, [deadline]);
}

/** What is done about the error, if anything. */
function handled(draft: Draft, body: Statement[]): Statement[] {
  const { random, place } = draft;
  const after = () => random.pick<Statement[]>([[], [], [sleep(0)], [sleep(1)], [{ op: "raise" }]]);
  const back: Statement[] =
    place.task !== undefined && random.chance(0.3) ? [{ op: "uncancel", var: place.task }] : [];
  return random.weighted<() => Statement[]>([
    [() => body, 5],
    [() => [{ op: "try", body, except: [{ on: "TimeoutError", body: after() }] }], 3],
    [() => [{ op: "try", body, except: [{ on: "any", body: after() }] }], 1.5],
    [
      () => [{ op: "try", body, except: [{ on: "CancelledError", body: [...back, ...after()] }] }],
      2,
    ],
    [() => [{ op: "try", body, finally: [sleep(random.int(0, 2))] }], 1.5],
  ])();
}

export const deadlines: Situation = (draft) => {
  const { random } = draft;
  const names: string[] = [];
  const tasks = times(random.int(1, 2), () =>
    spawn(draft, names, (name) => [
      ...nested(draft, random.int(1, 3)),
      ...(random.chance(0.5) ? [{ op: "cancelling", var: name } as const] : []),
      ...(random.chance(0.6) ? [sleep(random.int(0, 2))] : []),
    ]),
  );
  const fromElsewhere = (): Statement[] => {
    const one = cancel(draft, names);
    if (random.chance(0.5)) return [sleep(random.int(0, 3)), one];
    const label = draft.name("h");
    draft.handles.push(label);
    const body = random.chance(0.2) ? [one, cancel(draft, names)] : [one];
    return [{ op: "call_later", ticks: random.int(0, 3), label, body }];
  };
  // A timer that is made first comes first in its tick.
  const early = random.chance(0.4) ? fromElsewhere() : [];
  const late = times(random.int(0, 2), fromElsewhere).flat();
  return [...early, ...tasks, ...soon(draft), ...late, sleep(random.int(2, 5)), ...states(names)];
};
