/**
 * One task, or future, that several wait for at once, each in its own way, while it ends in its own
 * way: all in the same few ticks.
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

/** Makes what is waited for; gives its name. */
function target(draft: Draft, into: Statement[], names: string[]): string {
  const { random } = draft;
  const how = random.weighted([
    ["task", 6],
    ["future", 2],
    ["gather", 1.5],
    ["shield", 1.5],
  ]);
  if (how === "future") return draft.declare({ type: "future" });
  const before = names.length;
  into.push(
    spawn(draft, names, () => [
      ...random.weighted<() => Statement[]>([
        [() => [sleep(random.int(0, 3))], 5],
        [() => [{ op: "try", body: [sleep(3)], finally: [sleep(random.int(0, 1))] }], 2],
        [() => draft.statements(1, 3), 2],
      ])(),
      ...random.weighted<() => Statement[]>([
        [() => [{ op: "return", value: draft.value() }], 3],
        [() => [{ op: "raise", ...draft.error() }], 3],
        [() => [{ op: "raise", error: "CancelledError", ...draft.message() }], 1],
        [() => [], 1],
      ])(),
    ]),
  );
  const task = names[before] as string;
  if (how === "task") return task;
  const bind = draft.name(how === "gather" ? "G" : "S_");
  draft.bound.push(bind);
  if (how === "shield") into.push({ op: "shield", arg: task, bind });
  else into.push({ op: "gather", args: [task], return_exceptions: random.chance(0.4), bind });
  return bind;
}

/** One way to wait for some of these. */
function wait(draft: Draft, targets: readonly string[]): Statement[] {
  const { random } = draft;
  const one = random.pick(targets);
  const several = random.sample(targets, random.int(1, targets.length));
  const ticks = random.pick([0, 1, 1, 2, 3]);
  const flag = (probability: number) => random.chance(probability);
  return random.weighted<() => Statement[]>([
    [() => [{ op: "await", var: one }], 3],
    [() => [{ op: "shield", arg: one }], 3],
    [() => [{ op: "wait_for", arg: one, timeout: random.pick([null, ticks, ticks]) }], 2],
    [
      () => [
        {
          op: "timeout",
          name: draft.name("m"),
          ticks,
          body: [flag(0.5) ? { op: "await", var: one } : { op: "shield", arg: one }],
        },
      ],
      2,
    ],
    [
      () => [
        {
          op: "gather",
          // The same one twice counts once.
          args: flag(0.4) ? [...several, one] : several,
          ...(flag(0.5) ? { return_exceptions: true } : {}),
        },
      ],
      3,
    ],
    [
      () => [
        {
          op: "wait",
          args: several,
          ...(flag(0.4) ? { timeout: ticks } : {}),
          return_when: random.pick(["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"]),
        },
      ],
      3,
    ],
    [
      () => [
        {
          op: "as_completed",
          args: flag(0.3) ? [...several, one] : several,
          ...(flag(0.5) ? { timeout: ticks } : {}),
          ...(flag(0.3) ? { mode: "async" } : { catch: flag(0.75) }),
          ...(flag(0.3) ? { body: [sleep(random.int(0, 1))] } : {}),
        },
      ],
      3,
    ],
    [() => addCallback(draft, one), 1],
  ])();
}

function addCallback(draft: Draft, name: string): Statement[] {
  const label = draft.name("c");
  draft.labels.push(label);
  return [{ op: "add_done_callback", var: name, label, body: draft.callbackBody() }];
}

export const sharing: Situation = (draft) => {
  const { random } = draft;
  const before: Statement[] = [];
  const names: string[] = [];
  const targets = times(random.pick([1, 2, 2, 3]), () => target(draft, before, names));
  const watchers: string[] = [];
  const waiting = times(random.int(2, 4), (): Statement[] => {
    const body = () => {
      const waits = wait(draft, targets);
      const kept = random.chance(0.4) ? draft.guarded(waits) : waits;
      return random.chance(0.3) ? [...kept, ...soon(draft), ...wait(draft, targets)] : kept;
    };
    return [spawn(draft, watchers, body), ...(random.chance(0.15) ? soon(draft) : [])];
  });
  const everybody = [...targets, ...targets, ...watchers];
  const end = (name: string): Statement[] => {
    if (!(name in draft.declared)) return [cancel(draft, everybody)];
    return draft.guarded([
      random.chance(0.6)
        ? { op: "set_result", var: name, value: draft.value() }
        : { op: "set_exception", var: name, ...draft.error() },
    ]);
  };
  const actions = () =>
    times(random.int(1, 3), () =>
      random.chance(0.5) ? end(random.pick(targets)) : [cancel(draft, everybody)],
    ).flat();
  const rounds = times(random.int(1, 2), () => [
    sleep(random.pick([0, 1, 1, 2])),
    ...atOneMoment(draft, actions),
  ]);
  return [
    ...before,
    ...(random.chance(0.3) ? soon(draft) : []),
    ...waiting.flat(),
    ...rounds.flat(),
    sleep(random.int(1, 4)),
    ...states([...targets, ...watchers]),
  ];
};
