/** gather, shield, wait, wait_for and as_completed. */
import type { Argument, NamedBody, StatementOf } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { about, type Op, type Writers } from "../writer.ts";

/** Names and coroutines; sometimes a name twice. */
function args(draft: Draft, low: number, high: number): Argument[] {
  const { random } = draft;
  const list: Argument[] = [];
  for (let more = random.int(low, high); more > 0; more--) {
    const name = draft.awaitable();
    if (list.length > 0 && random.chance(0.08) && typeof list[0] === "string") list.push(list[0]);
    else if (!draft.isDeep && (name === undefined || random.chance(0.5)))
      list.push(coroutine(draft));
    else if (name !== undefined) list.push(name);
  }
  return list;
}

/** A coroutine for a combinator; some fail only after whoever waits for it may be gone. */
function coroutine(draft: Draft): NamedBody {
  const { random } = draft;
  if (!random.chance(0.2)) return draft.namedBody("k");
  return draft.namedBody("k", () => [
    { op: "sleep", ticks: random.int(1, 3) },
    { op: "raise", ...draft.error() },
  ]);
}

/** Binds the future to a name instead of awaiting it. */
function bind(draft: Draft, prefix: string): { bind?: string } {
  if (!draft.random.chance(0.3)) return {};
  const name = draft.name(prefix);
  // In a stranger of a group nobody may wait for it afterwards.
  if (draft.place.mayWait) draft.bound.push(name);
  return { bind: name };
}

function timeout(draft: Draft, probability: number): { timeout?: number | null } {
  const { random } = draft;
  if (!random.chance(probability)) return {};
  return { timeout: random.chance(0.1) ? null : draft.ticks() };
}

export const combinatorWriters = {
  gather(draft) {
    const given = args(draft, draft.random.chance(0.04) ? 0 : 1, 4);
    return {
      op: "gather",
      args: given,
      ...(draft.random.chance(0.4) ? { return_exceptions: true } : {}),
      ...bind(draft, "G"),
    };
  },

  shield(draft) {
    const name = draft.awaitable();
    if (!draft.isDeep && (name === undefined || draft.random.chance(0.5))) {
      return { op: "shield", arg: coroutine(draft), ...bind(draft, "S_") };
    }
    return name === undefined ? undefined : { op: "shield", arg: name, ...bind(draft, "S_") };
  },

  wait(draft) {
    const { random } = draft;
    const names = new Set<string>();
    for (let more = random.chance(0.02) ? 0 : random.int(1, 4); more > 0; more--) {
      const name = draft.awaitable();
      if (name === undefined) return undefined;
      names.add(name);
    }
    return {
      op: "wait",
      args: [...names],
      ...timeout(draft, 0.5),
      ...(random.chance(0.7)
        ? { return_when: random.pick(["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"]) }
        : {}),
    };
  },

  wait_for(draft) {
    const { random } = draft;
    const ticks = random.pick([null, -1, 0, 0, 1, 1, 1, 2, 2, 3]);
    const name = draft.awaitable();
    if (name !== undefined && (draft.isDeep || random.chance(0.45))) {
      return { op: "wait_for", arg: name, timeout: ticks };
    }
    if (draft.isDeep) return undefined;
    // The body runs in the task that waits, unless a factory of eager tasks meets a time of 0.
    const body = draft.body(1, 4, { handling: false, task: undefined });
    return { op: "wait_for", arg: { name: draft.name("w"), body }, timeout: ticks };
  },

  as_completed(draft) {
    const { random } = draft;
    const given = args(draft, random.chance(0.03) ? 0 : 1, 4);
    const start: StatementOf<"as_completed"> = {
      op: "as_completed",
      args: given,
      ...timeout(draft, 0.4),
      ...(random.chance(0.4) ? { mode: "async" } : {}),
    };
    if (random.chance(0.3)) {
      const name = draft.name("A");
      draft.outcomes.push(name);
      return { ...start, bind: name };
    }
    return {
      ...start,
      ...(random.chance(0.4) ? { catch: true } : {}),
      ...(random.chance(0.3) && !draft.isDeep ? { body: draft.body(1, 2) } : {}),
    };
  },

  next: about("next", ({ outcomes }) => outcomes),
} satisfies Partial<Writers<Op>>;
