/**
 * Races: several tasks wait at one object; then, within one step, some are woken, some cancelled, and
 * newcomers push in, in any order. This is where wake-ups get lost, and permits with them.
 */
import type { ObjectSpec, Statement } from "../../program.ts";
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

/** One object, and what is done about it. */
interface Contest {
  /** Makes others wait. */
  readonly before: Statement[];
  /** Waits for a turn, and ends it. */
  wait(): Statement[];
  /** Gives somebody a turn. */
  wake(): Statement[];
  /** Shows how things stand. */
  readonly look: Statement | undefined;
}

type MakeContest = (draft: Draft) => Contest;

/** How long a turn is held. */
function hold(draft: Draft): Statement[] {
  return draft.random.pick([[], [], [sleep(0)], [sleep(1)], [sleep(2)]]);
}

const lock: MakeContest = (draft) => {
  const { random } = draft;
  const name = draft.declare({ type: "lock" });
  return {
    before: [{ op: "acquire", var: name }],
    wait: () =>
      random.chance(0.7)
        ? [{ op: "with", var: name, body: hold(draft) }]
        : [{ op: "acquire", var: name }, ...hold(draft), { op: "release", var: name }],
    wake: () => [{ op: "release", var: name }],
    look: { op: "locked", var: name },
  };
};

const semaphore: MakeContest = (draft) => {
  const { random } = draft;
  const bounded = random.chance(0.3);
  const value = random.int(bounded ? 1 : 0, 2);
  const name = draft.declare({ type: bounded ? "bounded_semaphore" : "semaphore", value });
  return {
    before: times(value, () => ({ op: "acquire", var: name })),
    wait: () =>
      random.chance(0.5)
        ? [{ op: "with", var: name, body: hold(draft) }]
        : [{ op: "acquire", var: name }, ...(random.chance(0.6) ? release() : [])],
    wake: () => times(random.pick([1, 1, 2]), () => ({ op: "release", var: name })),
    look: { op: "locked", var: name },
  };
  function release(): Statement[] {
    return [...hold(draft), { op: "release", var: name }];
  }
};

const condition: MakeContest = (draft) => {
  const { random } = draft;
  // Sometimes two conditions at one lock.
  const shared = random.chance(0.3) ? { lock: draft.declare({ type: "lock" }) } : {};
  const names = times(shared.lock === undefined ? 1 : 2, () =>
    draft.declare({ type: "condition", ...shared }),
  );
  const wait = (name: string): Statement =>
    random.chance(0.75)
      ? { op: "cond_wait", var: name }
      : { op: "cond_wait_for", var: name, counter: "x", atleast: random.int(1, 3) };
  const notify = (name: string): Statement[] => [
    ...(random.chance(0.4) ? [{ op: "add", counter: "x" } as const] : []),
    random.chance(0.75)
      ? { op: "cond_notify", var: name, n: random.pick([1, 1, 1, 2, 0]) }
      : { op: "cond_notify_all", var: name },
  ];
  return {
    before: [],
    wait() {
      const name = random.pick(names);
      return [{ op: "with", var: name, body: [wait(name), ...hold(draft)] }];
    },
    wake() {
      const name = random.pick(names);
      const meanwhile = random.chance(0.4) ? [cancel(draft, draft.mentioned)] : [];
      return [{ op: "with", var: name, body: [...notify(name), ...meanwhile, ...hold(draft)] }];
    },
    look: { op: "locked", var: names[0] as string },
  };
};

const barrier: MakeContest = (draft) => {
  const { random } = draft;
  const name = draft.declare({ type: "barrier", parties: random.pick([2, 2, 3, 3, 4]) });
  return {
    before: [],
    wait: () => times(random.int(1, 3), () => ({ op: "barrier_wait", var: name })),
    wake: () => [
      {
        op: random.weighted([
          ["barrier_reset", 3],
          ["barrier_abort", 1],
          ["barrier_wait", 2],
        ] as const),
        var: name,
      },
    ],
    look: { op: "barrier_state", var: name },
  };
};

const queue: MakeContest = (draft) => {
  const { random } = draft;
  const type = random.pick(["queue", "queue", "queue", "lifo_queue", "priority_queue"] as const);
  // Mostly getters, mostly putters, or both.
  const getters = random.pick([1, 0.9, 0.5, 0.1, 0]);
  const spec: ObjectSpec = getters > 0.8 && random.chance(0.6) ? { type } : { type, maxsize: 1 };
  const name = draft.declare(spec);
  const item = () => random.int(1, 9);
  const full = getters < 0.8 && random.chance(0.8);
  return {
    before: full ? [{ op: "put_nowait", var: name, item: 0 }] : [],
    wait() {
      if (random.chance(0.12)) return [{ op: "join", var: name }];
      if (!random.chance(getters)) return [{ op: "put", var: name, item: item() }];
      const done: Statement[] = random.chance(0.4) ? [{ op: "task_done", var: name }] : [];
      return [{ op: "get", var: name }, ...done];
    },
    wake() {
      if (random.chance(0.07))
        return [{ op: "shutdown", var: name, immediate: random.chance(0.5) }];
      if (random.chance(0.12)) return [{ op: "task_done", var: name }];
      return random.chance(0.15 + 0.7 * getters)
        ? [{ op: "put_nowait", var: name, item: item() }]
        : [{ op: "get_nowait", var: name }];
    },
    look: { op: "queue_state", var: name },
  };
};

const event: MakeContest = (draft) => {
  const { random } = draft;
  const name = draft.declare({ type: "event" });
  return {
    before: [],
    wait: () => times(random.pick([1, 1, 2]), () => ({ op: "event_wait", var: name })),
    wake: () =>
      random.weighted<Statement[]>([
        [[{ op: "event_set", var: name }], 3],
        [[{ op: "event_clear", var: name }], 1],
        [
          [
            { op: "event_set", var: name },
            { op: "event_clear", var: name },
          ],
          2,
        ],
      ]),
    look: { op: "event_is_set", var: name },
  };
};

const future: MakeContest = (draft) => {
  const { random } = draft;
  const name = draft.declare({ type: "future" });
  return {
    before: [],
    wait: () =>
      random.pick<Statement[]>([
        [{ op: "await", var: name }],
        [{ op: "shield", arg: name }],
        [{ op: "wait_for", arg: name, timeout: random.pick([null, 0, 1, 2]) }],
        [{ op: "wait", args: [name], timeout: random.pick([null, 0, 1, 2]) }],
      ]),
    wake: () =>
      random.weighted<Statement[]>([
        [[{ op: "set_result", var: name, value: draft.value() }], 3],
        [[{ op: "set_exception", var: name, ...draft.error() }], 1.5],
        [[{ op: "cancel", var: name, ...draft.message() }], 1],
      ]),
    look: { op: "state", var: name },
  };
};

/** Several tasks take the outcomes of one as_completed. */
const outcomes: MakeContest = (draft) => {
  const { random } = draft;
  const futures = times(random.int(2, 4), () => draft.declare({ type: "future" }));
  const name = draft.name("A");
  draft.outcomes.push(name);
  const left = random.sample(futures);
  return {
    before: [
      {
        op: "as_completed",
        args: futures,
        bind: name,
        ...(random.chance(0.4) ? { timeout: random.int(0, 3) } : {}),
        ...(random.chance(0.3) ? { mode: "async" } : {}),
      },
    ],
    wait: () => times(random.pick([1, 1, 2]), () => ({ op: "next", var: name })),
    wake() {
      const future = left.pop() ?? random.pick(futures);
      return random.chance(0.8)
        ? [{ op: "set_result", var: future, value: draft.value() }]
        : [{ op: "cancel", var: future, ...draft.message() }];
    },
    look: undefined,
  };
};

const contests = [
  lock,
  lock,
  semaphore,
  condition,
  condition,
  barrier,
  barrier,
  queue,
  queue,
  event,
  future,
  outcomes,
];

/** What a waiter does about errors and time. */
function wrapped(draft: Draft, contest: Contest, name: string): Statement[] {
  const { random } = draft;
  const body = contest.wait();
  const again = () => random.pick([[], contest.wait(), [sleep(0)], [sleep(1)]]);
  const inside = () => ({ name: draft.name("w"), body });
  const how = random.weighted([
    ["plain", 6],
    ["catch", 2.5],
    ["finally", 1],
    ["wait_for", 1.5],
    ["timeout", 1.5],
    ["shield", 0.7],
    ["gather", 0.7],
    ["group", 0.7],
    ["repeat", 1],
  ]);
  switch (how) {
    case "plain":
      return body;
    case "catch": {
      const back: Statement[] = random.chance(0.3) ? [{ op: "uncancel", var: name }] : [];
      const except = [{ on: "CancelledError", body: [...back, ...again()] }];
      return [{ op: "try", body, except }];
    }
    case "finally":
      return [{ op: "try", body, finally: again() }];
    case "wait_for":
      return [{ op: "wait_for", timeout: random.int(0, 2), arg: inside() }];
    case "timeout":
      return draft.guarded([
        { op: "timeout", name: draft.name("m"), ticks: random.int(0, 2), body },
      ]);
    case "shield":
      return [{ op: "shield", arg: draft.namedBody("k", () => body) }];
    case "gather":
      return [
        {
          op: "gather",
          args: times(2, () => draft.namedBody("k", () => contest.wait())),
          return_exceptions: random.chance(0.5),
        },
      ];
    case "group": {
      const group = draft.name("g");
      const children = times(
        2,
        (): Statement => ({
          op: "tg_spawn",
          group,
          ...draft.namedBody("t", () => contest.wait()),
        }),
      );
      return draft.guarded([{ op: "group", name: group, body: [...children, ...again()] }]);
    }
    case "repeat":
      return [{ op: "repeat", n: 2, body }];
  }
}

export const race: Situation = (draft) => {
  const { random } = draft;
  const contest = random.pick(contests)(draft);
  const names: string[] = [];
  const waiter = () => spawn(draft, names, (name) => wrapped(draft, contest, name));

  const actions = (): Statement[] =>
    times(random.int(2, 6), () =>
      random.weighted<() => Statement[]>([
        // An error here would end everything.
        [() => draft.guarded(contest.wake()), 8],
        [() => contest.wake(), 1],
        [() => [cancel(draft, names)], 8],
        [() => [waiter()], 2],
        [() => (contest.look ? [contest.look] : []), 1],
        [() => [{ op: "uncancel", var: random.pick(names) }], 0.7],
        [() => soon(draft), 1.5],
        [() => draft.statements(1, 1), 0.7],
      ])(),
    ).flat();

  const waiters = times(random.int(2, 5), () => [
    waiter(),
    ...(random.chance(0.1) ? soon(draft) : []),
  ]);
  const rounds = times(random.int(1, 3), () => [...soon(draft), ...atOneMoment(draft, actions)]);
  const looks = contest.look && random.chance(0.5) ? [contest.look] : [];
  return [
    ...contest.before,
    ...waiters.flat(),
    ...rounds.flat(),
    sleep(random.int(0, 3)),
    ...looks,
    ...states(names),
  ];
};
