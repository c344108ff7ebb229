/** Control flow. */
import type { ExceptClause, Statement } from "../../program.ts";
import type { Draft } from "../draft.ts";
import type { Op, Writers } from "../writer.ts";

/** What except clauses select, with how often there is a clause for it. */
const selected = [
  ["CancelledError", 0.4],
  ["Exception", 0.35],
  ["any", 0.13],
  ["TimeoutError", 0.1],
  ["ExceptionGroup", 0.08],
  ["ErrA", 0.07],
  ["ErrB", 0.07],
  ["RuntimeError", 0.03],
  ["QueueShutDown", 0.03],
] as const;

function exceptClauses(draft: Draft): ExceptClause[] {
  const { random } = draft;
  const clauses: ExceptClause[] = [];
  for (const [on, probability] of random.sample(selected)) {
    if (!random.chance(probability)) continue;
    const body = random.chance(0.2) ? [] : draft.body(0, 2, { handling: true });
    clauses.push({ on, body });
  }
  return clauses;
}

export const controlWriters = {
  log: (draft) => ({ op: "log", msg: draft.name("p") }),

  sleep(draft) {
    const { random } = draft;
    return {
      op: "sleep",
      ticks: draft.ticks(),
      ...(random.chance(0.06) ? { value: draft.value() } : {}),
      ...(random.chance(0.05) ? { quiet: true } : {}),
    };
  },

  raise(draft) {
    const { random, place } = draft;
    if (random.chance(place.handling ? 0.5 : 0.02)) return { op: "raise" };
    if (random.chance(0.08)) {
      return {
        op: "raise",
        error: "CancelledError",
        ...(random.chance(0.5) ? { msg: "own" } : {}),
      };
    }
    return { op: "raise", ...draft.error() };
  },

  return(draft) {
    if (draft.place.depth === 0 || draft.random.chance(0.5)) return undefined;
    return { op: "return", ...(draft.random.chance(0.8) ? { value: draft.value() } : {}) };
  },

  repeat(draft) {
    if (draft.isDeep) return undefined;
    return { op: "repeat", n: draft.random.int(2, 3), body: draft.body(1, 2) };
  },

  call(draft) {
    if (draft.isDeep) return undefined;
    return { op: "call", body: draft.body(1, 3, { handling: false }) };
  },

  try(draft) {
    if (draft.isDeep) return undefined;
    const { random } = draft;
    const body = draft.body();
    const except = exceptClauses(draft);
    const clauses = except.length > 0;
    return {
      op: "try",
      body,
      ...(clauses ? { except } : {}),
      ...(random.chance(0.1) ? { else: draft.body(1, 1) } : {}),
      ...(!clauses || random.chance(0.3) ? { finally: draft.body(1, 2) } : {}),
    };
  },

  add(draft) {
    const by = draft.random.pick([undefined, undefined, 1, 2, -1]);
    return { op: "add", counter: "x", ...(by === undefined ? {} : { by }) };
  },

  split(draft) {
    const { random, place } = draft;
    if (!place.handling && random.chance(0.9)) return undefined;
    const on = random.pick([
      "ErrA",
      "ErrA",
      "ErrB",
      "ErrC",
      "TimeoutError",
      "ExceptionGroup",
      "any",
    ]);
    const statement: Statement = { op: "split", on };
    return random.chance(0.5)
      ? { ...statement, raise: random.pick(["matching", "rest"]) }
      : statement;
  },
} satisfies Partial<Writers<Op>>;
