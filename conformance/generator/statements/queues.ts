/** The three queues. */
import type { Draft } from "../draft.ts";
import { queueTypes } from "../objects.ts";
import { about, type Op, type Writers } from "../writer.ts";

const queues = (draft: Draft) => draft.objectsOf(...queueTypes);

function item(draft: Draft): number {
  return draft.random.int(1, 9);
}

export const queueWriters = {
  put(draft) {
    const name = draft.oneOf(queues(draft));
    return name === undefined ? undefined : { op: "put", var: name, item: item(draft) };
  },

  get(draft) {
    const name = draft.oneOf(queues(draft));
    if (name === undefined) return undefined;
    if (!draft.random.chance(0.35)) return { op: "get", var: name };
    return [
      { op: "get", var: name },
      { op: "task_done", var: name },
    ];
  },

  put_nowait(draft) {
    const name = draft.oneOf(queues(draft));
    return name === undefined ? undefined : { op: "put_nowait", var: name, item: item(draft) };
  },

  get_nowait: about("get_nowait", queues),
  task_done: about("task_done", queues),
  join: about("join", queues),
  queue_state: about("queue_state", queues),

  shutdown(draft) {
    const name = draft.oneOf(queues(draft));
    if (name === undefined) return undefined;
    const immediate = draft.random.pick([undefined, false, true, true]);
    return { op: "shutdown", var: name, ...(immediate === undefined ? {} : { immediate }) };
  },
} satisfies Partial<Writers<Op>>;
