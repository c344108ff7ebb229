/** Locks, events, conditions, semaphores and barriers. */
import type { Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { lockTypes } from "../objects.ts";
import { about, type Op, type Writers } from "../writer.ts";

const locks = (draft: Draft) => draft.objectsOf(...lockTypes);
const events = (draft: Draft) => draft.objectsOf("event");
const conditions = (draft: Draft) => draft.objectsOf("condition");
const barriers = (draft: Draft) => draft.objectsOf("barrier");

/** What is done while a condition is held. */
function withCondition(draft: Draft, name: string): Statement[] {
  const { random } = draft;
  const how = random.weighted([
    ["wait", 4],
    ["wait_for", 3],
    ["notify", 2],
    ["add and notify", 3],
    ["add and notify all", 2],
  ]);
  switch (how) {
    case "wait":
      return [{ op: "cond_wait", var: name }];
    case "wait_for":
      return [{ op: "cond_wait_for", var: name, counter: "x", atleast: random.int(1, 3) }];
    case "notify":
      return [{ op: "cond_notify", var: name, n: random.int(0, 3) }];
    case "add and notify":
      return [
        { op: "add", counter: "x" },
        { op: "cond_notify", var: name },
      ];
    default:
      return [
        { op: "add", counter: "x" },
        { op: "cond_notify_all", var: name },
      ];
  }
}

export const lockWriters = {
  acquire: about("acquire", locks),
  release: about("release", locks),
  locked: about("locked", locks),
  event_wait: about("event_wait", events),
  event_set: about("event_set", events),
  event_clear: about("event_clear", events),
  event_is_set: about("event_is_set", events),
  barrier_wait: about("barrier_wait", barriers),
  barrier_reset: about("barrier_reset", barriers),
  barrier_abort: about("barrier_abort", barriers),
  barrier_state: about("barrier_state", barriers),

  with(draft) {
    const name = draft.oneOf(locks(draft));
    if (name === undefined || draft.isDeep) return undefined;
    const { random } = draft;
    if (draft.objects.get(name)?.type !== "condition" || random.chance(0.2)) {
      return { op: "with", var: name, body: draft.body(1, 2) };
    }
    const body = withCondition(draft, name);
    return {
      op: "with",
      var: name,
      body: random.chance(0.3) ? [...body, ...draft.body(1, 2)] : body,
    };
  },

  // Mostly without the lock, which is refused; `with` writes those that hold it.
  cond_wait: about("cond_wait", conditions),
  cond_notify_all: about("cond_notify_all", conditions),

  cond_notify(draft) {
    const name = draft.oneOf(conditions(draft));
    return name === undefined
      ? undefined
      : { op: "cond_notify", var: name, n: draft.random.int(0, 2) };
  },

  cond_wait_for(draft) {
    const name = draft.oneOf(conditions(draft));
    if (name === undefined) return undefined;
    return { op: "cond_wait_for", var: name, counter: "x", atleast: draft.random.int(0, 3) };
  },
} satisfies Partial<Writers<Op>>;
