import { describe, expect, it } from "vitest";
import { areaNames, generatedAreas } from "../generator/areas.ts";
import { areaOf, countStatements, type FreshProgram, freshProgram } from "../generator/generate.ts";
import { Random } from "../generator/random.ts";
import { situations } from "../generator/situations/all.ts";
import type { Body, Program, Statement } from "../program.ts";
import { instantStatements, suspendingStatements } from "../statements/all.ts";
import { traceOf } from "../trace.ts";

const many: readonly FreshProgram[] = Array.from({ length: 2_200 }, (_none, index) =>
  freshProgram(1, index),
);

/** Every object of the program: statements, clauses, coroutines, specs. */
function* nodesIn(node: unknown): Iterable<Record<string, unknown>> {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node)) yield node as Record<string, unknown>;
  for (const child of Object.values(node)) yield* nodesIn(child);
}

describe("Random", () => {
  it("gives the same numbers on every machine and for ever", () => {
    const random = new Random("1/0");
    const numbers = Array.from({ length: 6 }, () => random.int(0, 999));
    expect(numbers).toEqual([948, 296, 64, 212, 625, 315]);
  });

  it("never takes what has no weight", () => {
    const random = new Random("weights");
    const taken = new Set(
      Array.from({ length: 500 }, () =>
        random.weighted([
          ["a", 1],
          ["never", 0],
          ["b", 2],
          ["no", 0],
        ]),
      ),
    );
    expect([...taken].sort()).toEqual(["a", "b"]);
  });

  it("samples without repetition", () => {
    const random = new Random("sample");
    expect(random.sample([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(random.sample([1, 2, 3, 4, 5], 3)).size).toBe(3);
    expect(random.sample([1, 2], 9)).toHaveLength(2);
  });
});

describe("fresh programs", () => {
  it("are the same whenever they are made, each by itself", () => {
    for (const index of [2_000, 0, 77, 41]) {
      expect(freshProgram(1, index)).toEqual(many[index]);
    }
    expect(freshProgram(2, 77).program).not.toEqual(many[77]!.program);
  });

  it("take the areas in turns", () => {
    expect(many.slice(0, 11).map(({ area }) => area)).toEqual(areaNames);
    expect(areaOf(13)).toBe(areaNames[2]);
    expect(many[13]!.id).toBe(`${areaNames[2]}-1-13`);
  });

  it("have every statement of the language, often", () => {
    const counts = new Map<string, number>();
    for (const { program } of many) {
      for (const { op } of nodesIn(program.main)) {
        if (typeof op === "string") counts.set(op, (counts.get(op) ?? 0) + 1);
      }
    }
    const known = [...instantStatements.keys(), ...suspendingStatements.keys()];
    expect([...counts.keys()].sort()).toEqual(known.sort());
    expect([...counts].filter(([, count]) => count < 10)).toEqual([]);
  });

  it.each<[string, (node: Record<string, unknown>) => boolean]>([
    ["eager tasks", ({ eager, body }) => eager === true && Boolean(body)],
    [
      "tasks that are not eager whatever the factory",
      ({ eager, body }) => eager === false && Boolean(body),
    ],
    ["children of groups in a given context", ({ op, ctx }) => op === "tg_spawn" && Boolean(ctx)],
    [
      "done callbacks in a given context",
      ({ op, ctx }) => op === "add_done_callback" && Boolean(ctx),
    ],
    ["timers in a given context", ({ op, ctx }) => op === "call_at" && Boolean(ctx)],
    ["copies of other contexts", ({ op, ctx }) => op === "ctx_copy" && Boolean(ctx)],
    ["bound gathers", ({ op, bind }) => op === "gather" && Boolean(bind)],
    ["bound shields", ({ op, bind }) => op === "shield" && Boolean(bind)],
    ["gathers of nothing", ({ op, args }) => op === "gather" && (args as []).length === 0],
    [
      "gathers of one thing twice",
      ({ op, args }) => op === "gather" && hasTwice(args as unknown[]),
    ],
    [
      "as_completed by async iteration",
      ({ op, mode }) => op === "as_completed" && mode === "async",
    ],
    ["waits for the first exception", (node) => node.return_when === "FIRST_EXCEPTION"],
    ["times below zero", ({ op, ticks }) => op === "timeout" && ticks === -1],
    ["deadlines at no time", ({ op, when }) => op === "timeout_at" && when === null],
    ["deadlines taken away", ({ op, when }) => op === "reschedule" && when === null],
    ["immediate shutdowns", ({ op, immediate }) => op === "shutdown" && immediate === true],
    ["notifications of nobody", ({ op, n }) => op === "cond_notify" && n === 0],
    ["conditions that share a lock", ({ type, lock }) => type === "condition" && Boolean(lock)],
    ["queues with a negative maxsize", ({ maxsize }) => maxsize === -1],
    ["variables without a default", (node) => node.type === "context_var" && !("default" in node)],
    ["objects that are refused", ({ op, value }) => op === "new" && value === -1],
    ["groups of errors in groups", ({ errors }) => hasGroup(errors)],
    ["what is left of a group, raised", ({ op, raise }) => op === "split" && raise === "rest"],
    [
      "cancellations raised by hand",
      ({ op, error }) => op === "raise" && error === "CancelledError",
    ],
    [
      "cancellations as errors of futures",
      ({ op, error }) => op === "set_exception" && error === "CancelledError",
    ],
    ["empty messages", ({ op, msg }) => op === "cancel" && msg === ""],
    ["a return in a finally", (node) => hasReturn(node.finally)],
    [
      "timers that callbacks schedule",
      ({ op, body }) => op === "call_soon" && has(body, "call_later"),
    ],
    [
      "callbacks that callbacks remove",
      ({ op, body }) => op === "add_done_callback" && has(body, "remove_done_callback"),
    ],
  ])("have %s", (_what, matches) => {
    expect(many.some(({ program }) => [...nodesIn(program)].some(matches))).toBe(true);
  });

  it("get into every situation", () => {
    const used = Object.values(generatedAreas).flatMap(({ situations: some }) =>
      some.map(([name]) => name),
    );
    expect([...new Set(used)].sort()).toEqual(Object.keys(situations).sort());
  });

  it("are of all sizes, up to a limit", () => {
    const sizes = many.map(({ program }) => countStatements(program.main));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(250);
    expect(sizes.filter((size) => size > 80).length).toBeGreaterThan(100);
    expect(sizes.filter((size) => size < 25).length).toBeGreaterThan(100);
  });

  it("have only instant statements in callbacks", () => {
    const callbacks = ["call_soon", "call_later", "call_at", "add_done_callback", "ctx_run"];
    const wrong = many.flatMap(({ id, program }) =>
      [...nodesIn(program.main)]
        .filter(({ op }) => callbacks.includes(String(op)))
        .flatMap(({ body }) => (body as Body).filter(({ op }) => !instantStatements.has(op)))
        .map(({ op }) => `${id}: ${op}`),
    );
    expect(wrong).toEqual([]);
  });

  it("wait only for tasks whose whole text stands before", () => {
    const wrong = many.flatMap(({ id, program }) =>
      forwardWaits(program).map((name) => `${id}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it("run on heddle without an error of the interpreter", async () => {
    for (const { id, program } of many.slice(0, 220)) {
      const trace = await traceOf(program);
      expect(trace[0]?.startsWith("0 "), `${id}: ${trace[0]}`).toBe(true);
      expect(trace.at(-1), id).toMatch(/ loop: (end|deadlock|limit|time limit)$/);
    }
  });
});

function hasTwice(list: readonly unknown[]): boolean {
  return new Set(list).size < list.length;
}

function has(body: unknown, op: Statement["op"]): boolean {
  return Array.isArray(body) && body.some((statement) => statement.op === op);
}

function hasReturn(body: unknown): boolean {
  return has(body, "return");
}

function hasGroup(errors: unknown): boolean {
  return Array.isArray(errors) && errors.some(({ error }) => error === "ExceptionGroup");
}

/**
 * Waits that could close a ring of waiting tasks: for a task that is still being written, or, in a
 * child that joins the group of a task elsewhere, for any task that it has not made itself.
 */
function forwardWaits(program: Program): string[] {
  const tasks = new Set<unknown>();
  for (const { name, body, bind, op } of nodesIn(program.main)) {
    const isTask = op === undefined || op === "spawn" || op === "tg_spawn";
    if (name !== undefined && body && isTask) tasks.add(name);
    if (bind) tasks.add(bind);
  }
  const complete = new Set<unknown>();
  const wrong: string[] = [];
  let openGroups: readonly unknown[] = [];
  /** What stood there when the stranger around this began. */
  let forbidden: ReadonlySet<unknown> = new Set();

  const wait = (names: readonly unknown[]) => {
    for (const name of names) {
      if (typeof name !== "string") visit(name);
      else if (!tasks.has(name)) continue;
      else if (!complete.has(name) || forbidden.has(name)) wrong.push(name);
    }
  };
  // In the order in which the fields are written, which is that of the text.
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { op, name, body, bind, group } = node as Record<string, unknown>;
    const before = { openGroups, forbidden };
    if (op === "tg_spawn" && !openGroups.includes(group)) forbidden = new Set(complete);
    if (body && tasks.has(name)) openGroups = [];
    else if (op === "group") openGroups = [...openGroups, name];
    for (const [key, value] of Object.entries(node)) {
      if (key === "args") wait(value);
      else if (key === "arg" || (key === "var" && op === "await")) wait([value]);
      else visit(value);
    }
    ({ openGroups, forbidden } = before);
    if (body && tasks.has(name)) complete.add(name);
    if (bind) complete.add(bind);
  };
  visit(program.main);
  return wrong;
}
