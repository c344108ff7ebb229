/** The loop's own calls: time, callbacks and their handles. */
import type { Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { about, type Op, type Writers } from "../writer.ts";

interface Scheduled {
  ctx?: string;
  label: string;
  body: Statement[];
}

/** A callback with a handle; undefined where no body may be opened. */
function scheduled(draft: Draft, timer: boolean): Scheduled | undefined {
  if (draft.isDeep) return undefined;
  const { random, contexts, handles, timers } = draft;
  const label = draft.name("h");
  // Known inside of its own body: a callback may cancel or ask its own handle.
  handles.push(label);
  if (timer) timers.push(label);
  return {
    label,
    ...(contexts.length > 0 && random.chance(0.35) ? { ctx: random.pick(contexts) } : {}),
    body: draft.callbackBody(),
  };
}

export const loopWriters = {
  time: () => ({ op: "time" }),

  // What comes after it comes while the program is being shut down.
  stop: (draft) => (draft.random.chance(0.25) ? { op: "stop" } : undefined),

  task_factory: ({ random }) => ({ op: "task_factory", eager: random.chance(0.6) }),

  call_soon(draft) {
    const call = scheduled(draft, false);
    return call && { op: "call_soon", ...call };
  },

  call_later(draft) {
    const call = scheduled(draft, true);
    return call && { op: "call_later", ticks: draft.ticks(), ...call };
  },

  call_at(draft) {
    const call = scheduled(draft, true);
    return call && { op: "call_at", when: draft.random.int(-1, 6), ...call };
  },

  handle_cancel: about("handle_cancel", ({ handles }) => handles),
  handle_cancelled: about("handle_cancelled", ({ handles }) => handles),
  when: about("when", ({ timers, timeouts }) => [...timers, ...timeouts]),
} satisfies Partial<Writers<Op>>;
