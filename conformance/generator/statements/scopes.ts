/** Timeouts and groups. */
import type { Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { about, type Op, type Writers } from "../writer.ts";
import { taskOptions } from "./tasks.ts";

/** The name and the body of a timeout. */
function timed(draft: Draft): { name: string; body: Statement[] } {
  const name = draft.name("m");
  draft.timeouts.push(name);
  return { name, body: draft.body(1, 3, { timeouts: [...draft.place.timeouts, name] }) };
}

/** Mostly one that is still open. */
function aTimeout({ random, place, timeouts }: Draft): readonly string[] {
  return place.timeouts.length > 0 && random.chance(0.8) ? place.timeouts : timeouts;
}

/** A child of a group that this text is in, or of one elsewhere. */
function child(draft: Draft, own: boolean): Statement {
  const { random, place, groups } = draft;
  const options = taskOptions(draft);
  if (own) {
    return {
      op: "tg_spawn",
      group: random.pick(place.groups),
      ...options,
      ...draft.namedBody("t"),
    };
  }
  const body = draft.at({ mayWait: false }, () => draft.namedBody("t"));
  return { op: "tg_spawn", group: random.pick(groups), ...options, ...body };
}

export const scopeWriters = {
  timeout(draft) {
    if (draft.isDeep) return undefined;
    const ticks = draft.random.pick([null, -1, 0, 0, 1, 1, 1, 2, 2, 2, 3]);
    return { op: "timeout", ticks, ...timed(draft) };
  },

  timeout_at(draft) {
    if (draft.isDeep) return undefined;
    const when = draft.random.pick([null, 0, 1, 2, 3, 4, 5, 6]);
    return { op: "timeout_at", when, ...timed(draft) };
  },

  reschedule(draft) {
    const { random } = draft;
    const name = draft.oneOf(aTimeout(draft));
    if (name === undefined) return undefined;
    if (random.chance(0.5)) return { op: "reschedule", var: name, delay: draft.ticks() };
    return { op: "reschedule", var: name, when: random.pick([null, 0, 1, 2, 3, 4, 5]) };
  },

  expired: about("expired", aTimeout),

  group(draft) {
    if (draft.isDeep) return undefined;
    const { random, place } = draft;
    const name = draft.name("g");
    draft.groups.push(name);
    const inside = { depth: place.depth + 1, groups: [...place.groups, name] };
    const body = draft.at(inside, () => {
      const children = Array.from({ length: random.int(1, 2) }, () => child(draft, true));
      return random.chance(0.7) ? [...children, ...draft.statements(1, 3)] : children;
    });
    return { op: "group", name, body };
  },

  tg_spawn(draft) {
    const { random, place, groups } = draft;
    if (groups.length === 0 || draft.isDeep) return undefined;
    return child(draft, place.groups.length > 0 && random.chance(0.85)) as Extract<
      Statement,
      { op: "tg_spawn" }
    >;
  },
} satisfies Partial<Writers<Op>>;
