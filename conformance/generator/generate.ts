/**
 * Fresh programs: program `index` of a seed is always the same, whatever else is asked for. Areas take
 * turns, so the index says the area.
 */
import type { Program, Statement } from "../program.ts";
import { instantStatements } from "../statements/all.ts";
import { type Area, type AreaName, areaNames, generatedAreas } from "./areas.ts";
import { Draft, leaves, type Pen } from "./draft.ts";
import { randomObject } from "./objects.ts";
import { Random, type Weighted } from "./random.ts";
import { situations } from "./situations/all.ts";
import { writers } from "./statements/all.ts";
import { taskOptions } from "./statements/tasks.ts";
import type { Op } from "./writer.ts";

export interface FreshProgram {
  /** `AREA-SEED-INDEX`. */
  readonly id: string;
  readonly area: AreaName;
  readonly program: Program;
}

/** The area of program `index` of any seed. */
export function areaOf(index: number): AreaName {
  return areaNames[index % areaNames.length] as AreaName;
}

/** Program `index` of `seed`. */
export function freshProgram(seed: number, index: number): FreshProgram {
  const area = areaOf(index);
  const random = new Random(`${seed}/${index}`);
  for (;;) {
    const program = write(random, generatedAreas[area], pens[area]);
    if (countStatements(program.main) <= mostStatements) {
      return { id: `${area}-${seed}-${index}`, area, program };
    }
  }
}

/** Beyond this, programs take long and say little more. */
const mostStatements = 250;

/** How many statements there are in this, at all depths. */
export function countStatements(node: unknown): number {
  if (typeof node !== "object" || node === null) return 0;
  const own = "op" in node ? 1 : 0;
  return Object.values(node).reduce((sum: number, child) => sum + countStatements(child), own);
}

const pens = Object.fromEntries(
  areaNames.map((name) => [name, penWith(generatedAreas[name].weights)]),
) as Record<AreaName, Pen>;

/** A pen that writes statements as often as the weights say. */
function penWith(weights: Area["weights"]): Pen {
  const all = Object.entries(weights) as Weighted<Op>[];
  const instant = all.filter(([op]) => instantStatements.has(op));
  return (draft) => {
    const choices = draft.place.instant ? instant : all;
    // What there is nothing to write about gives nothing.
    for (let attempt = 0; attempt < 20; attempt++) {
      const written = writers[draft.random.weighted(choices)](draft);
      if (written === undefined) continue;
      const statements = Array.isArray(written) ? written : [written as Statement];
      draft.left -= statements.length;
      return statements;
    }
    return [{ op: "log", msg: draft.name("p") }];
  };
}

function write(random: Random, area: Area, pen: Pen): Program {
  const draft = new Draft(random, pen, {
    statements: random.weighted([
      [random.int(8, 20), 4],
      [random.int(20, 45), 4],
      [random.int(45, 100), 2],
    ]),
    depth: random.pick([3, 3, 4, 5, 6]),
  });
  for (let more = random.pick([1, 1, 2, 2, 3]); more > 0; more--) {
    draft.declare(randomObject(draft, area.objects));
  }
  const main: Statement[] = [];
  for (let more = random.pick([1, 1, 2, 2, 3]); more > 0; more--) {
    const part = random.chance(area.situated) ? situation(draft, area) : freePart(draft);
    main.push(...(random.chance(0.4) ? draft.guarded(part) : part));
    if (leaves(main.at(-1))) break;
  }
  const program = { objects: draft.declared, main: ended(draft, main) };
  return random.chance(0.08) ? { options: { eager_factory: true }, ...program } : program;
}

function situation(draft: Draft, area: Area): Statement[] {
  return situations[draft.random.weighted(area.situations)](draft);
}

/** Some tasks, and what main does meanwhile: anything. */
function freePart(draft: Draft): Statement[] {
  const { random } = draft;
  const part: Statement[] = [];
  for (let more = random.int(1, 4); more > 0 && draft.left > 0; more--) {
    part.push({ op: "spawn", ...taskOptions(draft), ...draft.namedBody("t") });
    if (random.chance(0.2)) part.push({ op: "sleep", ticks: random.pick([0, 0, 1]) });
  }
  for (let more = random.int(1, 4); more > 0 && draft.left > 0; more--) {
    if (random.chance(0.5)) part.push({ op: "sleep", ticks: random.pick([0, 0, 1, 1, 2]) });
    part.push(...draft.statements(1, 1).filter((one) => !leaves(one)));
  }
  return part;
}

/** How main ends: it lets all come to an end, waits for them, leaves them behind, or fails. */
function ended(draft: Draft, main: Statement[]): Statement[] {
  const { random, tasks } = draft;
  const some = random.sample(tasks, 6);
  const how = random.weighted([
    ["sleep", 5],
    ["await", 1.5],
    ["leave", 2],
    ["raise", 0.4],
  ]);
  switch (how) {
    case "sleep": {
      const body = random.chance(0.6) ? draft.guarded(main) : main;
      const states = some.map((name): Statement => ({ op: "state", var: name }));
      return [...body, { op: "sleep", ticks: random.int(4, 9) }, ...states];
    }
    case "await":
      return [
        ...main,
        ...some.flatMap((name): Statement[] => [
          { op: "try", body: [{ op: "await", var: name }], except: [{ on: "any", body: [] }] },
        ]),
      ];
    case "leave":
      return main;
    case "raise":
      return [...main, { op: "raise", ...draft.error() }];
  }
}
