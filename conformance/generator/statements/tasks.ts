/** Tasks and futures. */
import type { ObjectSpec } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { randomObject } from "../objects.ts";
import { about, type Op, type Writers } from "../writer.ts";

/** How a task is made, besides its name and body. */
export function taskOptions(draft: Draft): { eager?: boolean; ctx?: string } {
  const { random, contexts } = draft;
  return {
    ...(random.chance(0.16) ? { eager: random.chance(0.85) } : {}),
    ...(contexts.length > 0 && random.chance(0.25) ? { ctx: random.pick(contexts) } : {}),
  };
}

const anyTask = (draft: Draft) => [draft.task()];
const anyFuture = (draft: Draft) => [draft.target()];

/** Specs that the constructors refuse. */
const refused: readonly ObjectSpec[] = [
  { type: "semaphore", value: -1 },
  { type: "bounded_semaphore", value: -1 },
  { type: "barrier", parties: 0 },
];

export const taskWriters = {
  spawn(draft) {
    if (draft.isDeep) return undefined;
    const options = taskOptions(draft);
    return { op: "spawn", ...options, ...draft.namedBody("t") };
  },

  await(draft) {
    const { random, place } = draft;
    if (place.task === "main" && !draft.awaitsItself && random.chance(0.02)) {
      draft.awaitsItself = true;
      return { op: "await", var: "main" };
    }
    const name = draft.awaitable();
    return name === undefined ? undefined : { op: "await", var: name };
  },

  cancel: (draft) => ({ op: "cancel", var: draft.target(), ...draft.message() }),

  uncancel: about("uncancel", ({ random, place, mentioned }) =>
    place.task !== undefined && random.chance(0.6) ? [place.task] : mentioned,
  ),

  cancelling: about("cancelling", anyTask),
  state: about("state", anyFuture),
  result: about("result", anyFuture),
  exception: about("exception", anyFuture),
  current: () => ({ op: "current" }),
  all_tasks: () => ({ op: "all_tasks" }),

  new(draft) {
    const { random, objects } = draft;
    if (random.chance(0.05)) return { op: "new", name: draft.name("N"), ...random.pick(refused) };
    // Often in the place of an object that others hold or wait for.
    const spec: ObjectSpec = random.chance(0.4) ? { type: "future" } : randomObject(draft);
    const alike = draft.objectsOf(spec.type);
    const name =
      alike.length > 0 && random.chance(0.5) ? random.pick(alike) : draft.name(`n_${spec.type[0]}`);
    objects.set(name, spec);
    return { op: "new", name, ...spec };
  },

  set_result(draft) {
    const { random } = draft;
    const name = random.chance(0.04) ? draft.task() : draft.oneOf(draft.plainFutures());
    return name === undefined ? undefined : { op: "set_result", var: name, value: draft.value() };
  },

  set_exception(draft) {
    const { random } = draft;
    const name = random.chance(0.04) ? draft.task() : draft.oneOf(draft.plainFutures());
    if (name === undefined) return undefined;
    if (random.chance(0.04)) return { op: "set_exception", var: name, error: "CancelledError" };
    return { op: "set_exception", var: name, ...draft.error() };
  },

  add_done_callback(draft) {
    if (draft.isDeep) return undefined;
    const { random, labels, contexts } = draft;
    const label = labels.length > 0 && random.chance(0.25) ? random.pick(labels) : draft.name("c");
    const target = draft.target();
    // Known inside of its own body: a callback may add or remove itself.
    labels.push(label);
    return {
      op: "add_done_callback",
      var: target,
      label,
      ...(contexts.length > 0 && random.chance(0.3) ? { ctx: random.pick(contexts) } : {}),
      body: draft.callbackBody(),
    };
  },

  remove_done_callback(draft) {
    const { random, labels } = draft;
    if (labels.length === 0) return undefined;
    return { op: "remove_done_callback", var: draft.target(), label: random.pick(labels) };
  },
} satisfies Partial<Writers<Op>>;
