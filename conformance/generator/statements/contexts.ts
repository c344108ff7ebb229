/** Context variables. */
import type { Draft } from "../draft.ts";
import { about, type Op, type Writers } from "../writer.ts";

const variables = (draft: Draft) => draft.objectsOf("context_var");

export const contextWriters = {
  var_get: about("var_get", variables),

  var_set(draft) {
    const { random, tokens } = draft;
    const name = draft.oneOf(variables(draft));
    if (name === undefined) return undefined;
    const set = { op: "var_set", var: name, value: random.int(1, 9) } as const;
    if (!random.chance(0.5)) return set;
    const token = draft.name("k_");
    tokens.push({ var: name, token });
    return { ...set, token };
  },

  var_reset(draft) {
    const { random, tokens } = draft;
    if (tokens.length === 0) return undefined;
    const { var: name, token } = random.pick(tokens.slice(-3));
    // A token of another variable is refused.
    const variable = random.chance(0.1) ? random.pick(variables(draft)) : name;
    return { op: "var_reset", var: variable, token };
  },

  ctx_copy(draft) {
    const { random, contexts } = draft;
    const of = contexts.length > 0 && random.chance(0.3) ? { ctx: random.pick(contexts) } : {};
    const name = draft.name("x_");
    contexts.push(name);
    return { op: "ctx_copy", name, ...of };
  },

  ctx_of(draft) {
    const { random, contexts, handles } = draft;
    const of = handles.length > 0 && random.chance(0.3) ? random.pick(handles) : draft.task();
    const name = draft.name("x_");
    contexts.push(name);
    return { op: "ctx_of", name, var: of };
  },

  ctx_run(draft) {
    const { random, contexts, place } = draft;
    if (contexts.length === 0 || draft.isDeep) return undefined;
    const ctx = random.pick(contexts);
    const body = draft.at({ depth: place.depth + 1, instant: true }, () =>
      draft.statements(1, random.pick([1, 2, 3])),
    );
    return { op: "ctx_run", ctx, body };
  },
} satisfies Partial<Writers<Op>>;
