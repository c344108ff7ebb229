/** The three queues. */
import { show } from "../rendering.ts";
import { awaitedMethod, type InstantHandlers, method, type SuspendingHandlers } from "./handler.ts";

export const instantQueues = {
  get_nowait: method(["queue"], (queue) => queue.getNowait()),
  task_done: method(["queue"], (queue) => queue.taskDone(), "ok"),

  put_nowait(run, s, frame) {
    const queue = run.names.get(s.var, "queue");
    const text = `put_nowait ${s.var} ${show(s.item)}`;
    run.report(frame, text, () => queue.putNowait(s.item), "ok");
  },

  shutdown(run, s, frame) {
    const queue = run.names.get(s.var, "queue");
    const shutDown = () => queue.shutdown({ immediate: s.immediate ?? false });
    run.report(frame, `shutdown ${s.var}`, shutDown, "ok");
  },

  queue_state(run, s, frame) {
    const queue = run.names.get(s.var, "queue");
    const state = [queue.qsize(), queue.empty(), queue.full()];
    run.log(frame, `queue_state ${s.var} ${show(state)}`);
  },
} satisfies Partial<InstantHandlers>;

export const suspendingQueues = {
  get: awaitedMethod(["queue"], (queue) => queue.get()),
  join: awaitedMethod(["queue"], (queue) => queue.join(), "ok"),

  *put(run, s, frame) {
    const queue = run.names.get(s.var, "queue");
    yield* run.outcome(frame, `put ${s.var} ${show(s.item)}`, () => queue.put(s.item), "ok");
    return undefined;
  },
} satisfies Partial<SuspendingHandlers>;
