/**
 * What the programs of an area are about: which statements are frequent, which objects there are, and
 * which situations they get into. The areas are those of the corpus, as far as programs can be
 * generated for them.
 */
import type { ObjectType } from "./objects.ts";
import type { Weighted } from "./random.ts";
import type { SituationName } from "./situations/all.ts";
import type { Op } from "./writer.ts";

type Weights = Readonly<Partial<Record<Op, number>>>;

export interface Area {
  readonly weights: Weights;
  readonly objects: readonly Weighted<ObjectType>[];
  readonly situations: readonly Weighted<SituationName>[];
  /** The share of situations among the parts of main; the others are random statements. */
  readonly situated: number;
}

/** In all areas: what makes programs wait, meet, fail and recover. */
const everywhere: Weights = {
  sleep: 6,
  log: 1,
  await: 2,
  try: 3.5,
  call: 0.4,
  repeat: 0.4,
  return: 0.7,
  raise: 1,
  split: 0.3,
  cancel: 1.6,
  state: 0.6,
  spawn: 1,
  stop: 0.03,
  task_factory: 0.05,
  time: 0.1,
  current: 0.1,
};

const tasks: Weights = {
  spawn: 3,
  await: 4,
  cancel: 2,
  current: 0.7,
  all_tasks: 0.7,
  state: 2,
  result: 1,
  exception: 1,
  gather: 0.6,
  cancelling: 0.4,
  task_factory: 0.3,
  stop: 0.1,
};

const cancel: Weights = {
  cancel: 5,
  uncancel: 1.5,
  cancelling: 1.5,
  try: 5,
  await: 4,
  shield: 1,
  result: 0.7,
  wait_for: 0.5,
  timeout: 0.5,
};

const combinators: Weights = {
  gather: 3,
  wait: 3,
  wait_for: 2,
  shield: 2.5,
  as_completed: 2.4,
  next: 1.5,
  cancel: 2.2,
  exception: 0.4,
};

const timeouts: Weights = {
  timeout: 5,
  timeout_at: 1.2,
  reschedule: 2,
  expired: 1,
  when: 0.6,
  wait_for: 2.5,
  cancel: 2,
  uncancel: 0.5,
  cancelling: 0.5,
};

const taskgroup: Weights = {
  group: 4.5,
  tg_spawn: 6,
  raise: 2.2,
  split: 1.5,
  cancel: 2.2,
  timeout: 0.7,
  cancelling: 0.5,
  shield: 0.5,
};

const locks: Weights = {
  acquire: 1.4,
  with: 7,
  release: 1.2,
  locked: 0.7,
  event_wait: 2.5,
  event_set: 1.5,
  event_clear: 0.6,
  event_is_set: 0.3,
  cond_wait: 0.3,
  cond_wait_for: 0.3,
  cond_notify: 0.4,
  cond_notify_all: 0.2,
  add: 0.8,
  barrier_wait: 3,
  barrier_reset: 1,
  barrier_abort: 0.6,
  barrier_state: 0.4,
  cancel: 1.8,
  wait_for: 0.8,
  timeout: 0.8,
  new: 0.2,
};

const queues: Weights = {
  put: 4.5,
  get: 4.5,
  put_nowait: 1.2,
  get_nowait: 1,
  task_done: 1.5,
  join: 1.5,
  shutdown: 0.9,
  queue_state: 0.6,
  cancel: 1.8,
  wait_for: 0.8,
  timeout: 0.6,
};

const futures: Weights = {
  set_result: 2,
  set_exception: 1.2,
  add_done_callback: 2.5,
  remove_done_callback: 1.2,
  call_soon: 1.6,
  call_later: 1.6,
  call_at: 1,
  handle_cancel: 1.2,
  handle_cancelled: 0.4,
  when: 0.3,
  state: 1.5,
  result: 1,
  exception: 1,
  await: 3,
  time: 0.2,
  new: 0.6,
  shield: 0.5,
};

const context: Weights = {
  var_set: 4,
  var_get: 4.5,
  var_reset: 1.5,
  ctx_copy: 1.5,
  ctx_of: 1,
  ctx_run: 2.2,
  call_soon: 1.2,
  call_later: 0.6,
  add_done_callback: 1,
  spawn: 2,
  gather: 0.7,
  group: 0.5,
  tg_spawn: 0.7,
  wait_for: 0.4,
  call: 0.6,
  shield: 0.4,
  as_completed: 0.3,
};

const ofOneSubject = [
  tasks,
  cancel,
  combinators,
  timeouts,
  taskgroup,
  locks,
  queues,
  futures,
  context,
];

/** The sum of several, each taken `share` times. */
function sum(share: number, ...parts: readonly Weights[]): Weights {
  const total: Partial<Record<Op, number>> = {};
  for (const part of parts) {
    for (const [op, weight] of Object.entries(part) as [Op, number][]) {
      total[op] = (total[op] ?? 0) + share * weight;
    }
  }
  return total;
}

/** An area's own statements, and a little of everything else: bugs like company. */
function among(own: Weights): Weights {
  const others = ofOneSubject.filter((other) => other !== own);
  return sum(1, everywhere, own, sum(0.04, ...others));
}

const locksAndSuch: readonly Weighted<ObjectType>[] = [
  ["lock", 2],
  ["event", 2],
  ["condition", 3],
  ["semaphore", 2],
  ["bounded_semaphore", 1],
  ["barrier", 3],
];

const everything: readonly Weighted<ObjectType>[] = [
  ...locksAndSuch,
  ["queue", 3],
  ["lifo_queue", 1],
  ["priority_queue", 2],
  ["future", 4],
  ["context_var", 2],
];

export const generatedAreas = {
  tasks: {
    weights: among(tasks),
    objects: [
      ["future", 4],
      ["event", 1],
    ],
    situations: [
      ["eagerness", 5],
      ["sharing", 3],
      ["cleanUp", 2],
      ["callbacks", 1],
      ["storm", 1],
    ],
    situated: 0.5,
  },
  cancel: {
    weights: among(cancel),
    objects: [
      ["future", 2],
      ["event", 1],
      ["lock", 1],
    ],
    situations: [
      ["cleanUp", 6],
      ["deadlines", 2],
      ["sharing", 2],
      ["race", 2],
      ["family", 1],
    ],
    situated: 0.55,
  },
  combinators: {
    weights: among(combinators),
    objects: [
      ["future", 3],
      ["event", 1],
    ],
    situations: [
      ["sharing", 8],
      ["eagerness", 1],
      ["deadlines", 1],
    ],
    situated: 0.5,
  },
  timeouts: {
    weights: among(timeouts),
    objects: [
      ["future", 2],
      ["event", 1],
      ["lock", 1],
      ["queue", 1],
    ],
    situations: [
      ["deadlines", 8],
      ["cleanUp", 1],
      ["family", 1],
      ["race", 1],
    ],
    situated: 0.55,
  },
  taskgroup: {
    weights: among(taskgroup),
    objects: [
      ["event", 2],
      ["future", 1],
      ["lock", 1],
    ],
    situations: [
      ["family", 8],
      ["eagerness", 1],
      ["deadlines", 1],
    ],
    situated: 0.6,
  },
  locks: {
    weights: among(locks),
    objects: locksAndSuch,
    situations: [
      ["race", 8],
      ["deadlines", 1],
      ["storm", 0.5],
    ],
    situated: 0.45,
  },
  queues: {
    weights: among(queues),
    objects: [
      ["queue", 3],
      ["lifo_queue", 1],
      ["priority_queue", 2],
    ],
    situations: [
      ["pipeline", 7],
      ["race", 2],
      ["deadlines", 0.5],
      ["storm", 0.5],
    ],
    situated: 0.6,
  },
  futures: {
    weights: among(futures),
    objects: [["future", 1]],
    situations: [
      ["callbacks", 7],
      ["sharing", 2],
      ["race", 1],
      ["storm", 1.5],
    ],
    situated: 0.5,
  },
  context: {
    weights: among(context),
    objects: [
      ["context_var", 5],
      ["future", 1],
    ],
    situations: [
      ["inheritance", 7],
      ["eagerness", 1],
      ["callbacks", 1],
    ],
    situated: 0.6,
  },
  mixed: {
    weights: sum(1, everywhere, sum(0.5, ...ofOneSubject)),
    objects: everything,
    situations: [
      ["race", 3],
      ["deadlines", 2],
      ["cleanUp", 2],
      ["family", 2],
      ["sharing", 2],
      ["callbacks", 2],
      ["eagerness", 2],
      ["inheritance", 1],
      ["pipeline", 2],
      ["storm", 1],
    ],
    situated: 0.5,
  },
  races: {
    weights: sum(1, everywhere, sum(0.2, ...ofOneSubject)),
    objects: everything,
    situations: [
      ["race", 8],
      ["sharing", 2],
      ["pipeline", 1],
    ],
    situated: 0.9,
  },
} satisfies Record<string, Area>;

export type AreaName = keyof typeof generatedAreas;

export const areaNames = Object.keys(generatedAreas) as AreaName[];
