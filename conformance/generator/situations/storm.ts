/**
 * Many at once: enough timers, callbacks, tasks and waiters for the loop's queue and heap to grow, wrap
 * round and be rebuilt; and programs that never end by themselves.
 */
import type { Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { type Situation, sleep, times } from "./situation.ts";

const quietSleep = (ticks: number): Statement => ({ op: "sleep", ticks, quiet: true });

/** Timers of few different times; most are cancelled, the next ones too, so that the heap is rebuilt. */
function timers(draft: Draft): Statement[] {
  const { random } = draft;
  const label = draft.name("h");
  const live = (): Statement => ({
    op: "call_later",
    ticks: random.int(1, 5),
    label: draft.name("h"),
    body: [],
  });
  const many = (): Statement => ({
    op: "repeat",
    n: random.int(35, 60),
    body: [
      { op: "call_later", ticks: random.pick([1, 1, 2, 4]), label, body: [] },
      ...(random.chance(0.95) ? [{ op: "handle_cancel", var: label } as const] : []),
    ],
  });
  const blocks = times(random.int(3, 4), () => [many(), ...times(random.int(1, 5), live)]);
  // Nothing else touches the heap before the first of them is due.
  return [...blocks.flat(), sleep(random.int(5, 8))];
}

/** Tasks that sleep, in several steps; made when the ready queue's head is not at its beginning. */
function sleepers(draft: Draft): Statement[] {
  const { random } = draft;
  const before = times(random.int(0, 3), () => quietSleep(0));
  const naps = times(random.int(1, 3), () => quietSleep(random.int(0, 3)));
  const body = draft.namedBody("t", () => naps);
  const many: Statement = {
    op: "repeat",
    n: random.pick([40, 130, 160, 200]),
    body: [{ op: "spawn", ...body }, ...(random.chance(0.3) ? [quietSleep(0)] : [])],
  };
  return [...before, many, sleep(random.int(0, 4)), { op: "cancel", var: body.name }];
}

/** A long line in front of one object. */
function crowd(draft: Draft): Statement[] {
  const { random } = draft;
  const lock = draft.declare({ type: "semaphore", value: random.int(1, 2) });
  const body = draft.namedBody("t", () => [
    { op: "with", var: lock, body: [quietSleep(random.int(0, 1))] },
  ]);
  const many: Statement = { op: "repeat", n: random.int(15, 40), body: [{ op: "spawn", ...body }] };
  return [many, sleep(1), { op: "cancel", var: body.name }, sleep(random.int(1, 20))];
}

/** A queue that holds many items, in blocks that can be told apart. */
function backlog(draft: Draft): Statement[] {
  const { random } = draft;
  const queue = draft.declare({ type: random.pick(["queue", "queue", "lifo_queue"]) });
  const blocks = times(random.int(3, 6), (item): Statement[] => [
    { op: "repeat", n: random.int(10, 30), body: [{ op: "put_nowait", var: queue, item }] },
    { op: "repeat", n: random.int(0, 30), body: [{ op: "get", var: queue }] },
  ]);
  return [...blocks.flat(), { op: "queue_state", var: queue }];
}

/** Goes on for longer than a program may: by iterations, or by the clock. */
function endless(draft: Draft): Statement[] {
  const step = draft.random.chance(0.5) ? quietSleep(0) : quietSleep(9_000);
  return [{ op: "repeat", n: 4_000, body: [step] }];
}

export const storm: Situation = (draft) => {
  const how = draft.random.weighted([
    [timers, 4],
    [sleepers, 3],
    [crowd, 3],
    [backlog, 2],
    [endless, 0.7],
  ]);
  return how(draft);
};
