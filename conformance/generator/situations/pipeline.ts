/**
 * Producers and consumers: queues that fill up, run empty, are joined, counted down and shut down
 * while some wait, and workers that are cancelled or run out of time in the middle.
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

function pause(draft: Draft): Statement[] {
  return draft.random.pick([[], [], [sleep(0)], [sleep(1)], [sleep(2)]]);
}

/** Within a time, or for as long as it takes. */
function limited(draft: Draft, body: Statement[]): Statement[] {
  const { random } = draft;
  const ticks = random.int(0, 2);
  if (random.chance(0.75)) return body;
  if (random.chance(0.5)) {
    return draft.guarded([
      { op: "wait_for", timeout: ticks, arg: { name: draft.name("w"), body } },
    ]);
  }
  return draft.guarded([{ op: "timeout", name: draft.name("m"), ticks, body }]);
}

function producer(draft: Draft, queue: string): Statement[] {
  const { random } = draft;
  const put = (): Statement[] => [
    ...limited(draft, [{ op: "put", var: queue, item: random.int(1, 9) }]),
    ...pause(draft),
  ];
  const body = times(random.int(1, 4), put).flat();
  return random.chance(0.15) ? [...body, { op: "shutdown", var: queue }] : body;
}

function consumer(draft: Draft, queue: string): Statement[] {
  const { random } = draft;
  const done: Statement[] = random.chance(0.75) ? [{ op: "task_done", var: queue }] : [];
  const work = [...limited(draft, [{ op: "get", var: queue }]), ...pause(draft)];
  const one: Statement[] = random.chance(0.25)
    ? [{ op: "try", body: work, finally: done }]
    : [...work, ...done];
  const body: Statement[] = [{ op: "repeat", n: random.int(1, 5), body: one }];
  if (random.chance(0.6)) return body;
  const on = random.pick(["QueueShutDown", "CancelledError", "any"]);
  const after = random.pick<Statement[]>([[], pause(draft), [{ op: "get", var: queue }]]);
  return [{ op: "try", body, except: [{ on, body: after }] }];
}

/** What happens to the whole from outside. */
function incident(draft: Draft, queue: string, names: readonly string[]): Statement[] {
  const { random } = draft;
  return random.weighted<() => Statement[]>([
    [() => [cancel(draft, names)], 4],
    [() => draft.guarded([{ op: "put_nowait", var: queue, item: random.int(1, 9) }]), 2],
    [() => draft.guarded([{ op: "get_nowait", var: queue }]), 2],
    [() => draft.guarded([{ op: "task_done", var: queue }]), 1.5],
    [() => [{ op: "queue_state", var: queue }], 1],
    [() => [{ op: "shutdown", var: queue, immediate: random.chance(0.5) }], 1],
    [() => draft.guarded(limited(draft, [{ op: "join", var: queue }])), 1],
  ])();
}

export const pipeline: Situation = (draft) => {
  const { random } = draft;
  const type = random.pick(["queue", "queue", "queue", "lifo_queue", "priority_queue"] as const);
  // In which order items come out shows only where there are several.
  const sorted = type === "priority_queue";
  const maxsize = random.pick(sorted ? [undefined, undefined, 4, 1] : [undefined, 1, 1, 2, 3]);
  const spec: ObjectSpec = { type, ...(maxsize === undefined ? {} : { maxsize }) };
  const queue = draft.declare(spec);
  const stock = random.chance(sorted ? 0.8 : 0.25) ? random.int(1, maxsize ?? 9) : 0;
  const before = times(
    stock,
    (): Statement => ({ op: "put_nowait", var: queue, item: random.int(1, 9) }),
  );
  const names: string[] = [];
  const workers = times(random.int(2, 5), () =>
    spawn(draft, names, () =>
      random.weighted<() => Statement[]>([
        [() => producer(draft, queue), 4],
        [() => consumer(draft, queue), 5],
        [() => [...pause(draft), { op: "join", var: queue }], 2.5],
      ])(),
    ),
  );
  const rounds = times(random.int(1, 3), () => [
    ...soon(draft),
    ...atOneMoment(draft, () =>
      times(random.int(1, 3), () => incident(draft, queue, names)).flat(),
    ),
  ]);
  const end = random.chance(0.3) ? limited(draft, [{ op: "join", var: queue }]) : [];
  const rest: Statement = {
    op: "repeat",
    n: random.int(2, 7),
    body: [{ op: "get_nowait", var: queue }],
  };
  return [
    ...before,
    ...workers,
    ...rounds.flat(),
    ...draft.guarded(end),
    sleep(random.int(1, 4)),
    ...(random.chance(sorted ? 0.8 : 0.3) ? draft.guarded([rest]) : []),
    { op: "queue_state", var: queue },
    ...states(names),
  ];
};
