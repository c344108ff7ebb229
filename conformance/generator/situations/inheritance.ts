/**
 * Contexts: who sees what was set, and when. Tasks run in a copy of their maker's context, callbacks
 * in a copy of the scheduler's, unless they are given one; groups, gather and wait_for in between.
 */
import type { Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import { type Situation, sleep, soon, spawn, times } from "./situation.ts";

/** Looks at, or changes, a variable: any of this may stand in a callback. */
function touch(draft: Draft, variables: readonly string[]): Statement[] {
  const { random, tokens } = draft;
  const name = random.pick(variables);
  const value = random.int(1, 9);
  return random.weighted<() => Statement[]>([
    [() => [{ op: "var_get", var: name }], 5],
    [() => [{ op: "var_set", var: name, value }], 3],
    [
      () => {
        const token = draft.name("k_");
        tokens.push({ var: name, token });
        return [{ op: "var_set", var: name, value, token }];
      },
      2,
    ],
    [
      () => {
        if (tokens.length === 0) return [];
        // Most of these are of this context, and were not used.
        const { var: its, token } = random.pick(tokens.slice(-2));
        return [{ op: "var_reset", var: random.chance(0.85) ? its : name, token }];
      },
      2,
    ],
  ])();
}

function touches(draft: Draft, variables: readonly string[]): Statement[] {
  return times(draft.random.int(1, 3), () => touch(draft, variables)).flat();
}

/** One thing that makes, takes or enters a context. */
function step(draft: Draft, variables: readonly string[], levels: number): Statement[] {
  const { random, contexts, handles } = draft;
  const known = () =>
    contexts.length > 0 && random.chance(0.5) ? { ctx: random.pick(contexts) } : {};
  const inside = () => touches(draft, variables);
  const copy = (): Statement[] => {
    const of = contexts.length > 0 && random.chance(0.3) ? { ctx: random.pick(contexts) } : {};
    const name = draft.name("x_");
    contexts.push(name);
    return [{ op: "ctx_copy", name, ...of }];
  };
  const taken = (): Statement[] => {
    const name = draft.name("x_");
    const of = handles.length > 0 && random.chance(0.4) ? random.pick(handles) : draft.task();
    contexts.push(name);
    return [{ op: "ctx_of", name, var: of }];
  };
  const scheduled = (): Statement[] => {
    const label = draft.name("h");
    handles.push(label);
    const call = { label, ...known(), body: inside() };
    return random.chance(0.6)
      ? [{ op: "call_soon", ...call }]
      : [{ op: "call_later", ticks: random.int(0, 2), ...call }];
  };
  const whenDone = (): Statement[] => {
    const label = draft.name("c");
    return [{ op: "add_done_callback", var: draft.target(), label, ...known(), body: inside() }];
  };
  const entered = (): Statement[] => {
    if (contexts.length === 0) return [];
    // The same one again is refused, however far out it was entered.
    const few = random.sample(contexts, 2);
    const run = (depth: number): Statement => {
      const inner = depth > 0 && random.chance(0.6) ? [run(depth - 1)] : [];
      return { op: "ctx_run", ctx: random.pick(few), body: [...inside(), ...inner] };
    };
    return draft.guarded([run(3)]);
  };
  const child = (): Statement[] => [
    spawn(draft, [], () => life(draft, variables, levels - 1)),
    ...soon(draft),
  ];
  const combined = (): Statement[] => {
    const coroutine = (prefix: string) =>
      draft.namedBody(prefix, () => life(draft, variables, levels - 1));
    if (random.chance(0.4)) return [{ op: "gather", args: [coroutine("k"), coroutine("k")] }];
    if (random.chance(0.5)) {
      const group = draft.name("g");
      const one: Statement = { op: "tg_spawn", group, ...known(), ...coroutine("t") };
      return [{ op: "group", name: group, body: [one, ...inside()] }];
    }
    // In the same task, so in the same context.
    const body = [...inside(), ...soon(draft)];
    return [{ op: "wait_for", timeout: 3, arg: { name: draft.name("w"), body } }];
  };
  return random.weighted<() => Statement[]>([
    [inside, 6],
    [copy, 2],
    [taken, 1.5],
    [scheduled, 2.5],
    [whenDone, 1.5],
    [entered, 3],
    [child, levels > 0 ? 3 : 0],
    [combined, levels > 0 ? 1.5 : 0],
    [() => soon(draft), 2],
  ])();
}

function life(draft: Draft, variables: readonly string[], levels: number): Statement[] {
  return times(draft.random.int(1, 4), () => {
    const written = step(draft, variables, levels);
    return draft.random.chance(0.3) && written.length > 0 ? draft.guarded(written) : written;
  }).flat();
}

export const inheritance: Situation = (draft) => {
  const { random } = draft;
  const variables = times(random.int(1, 2), () =>
    draft.declare({ type: "context_var", ...(random.chance(0.75) ? { default: 0 } : {}) }),
  );
  const body = times(random.int(2, 5), () => draft.guarded(life(draft, variables, 2))).flat();
  const looks = variables.map((name): Statement => ({ op: "var_get", var: name }));
  return [...body, sleep(random.int(1, 2)), ...draft.guarded(looks)];
};
