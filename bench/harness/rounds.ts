// Runs one work: in every round each contestant once, in a fresh process, in an order that rotates,
// so that whatever else the machine does meets all of them. A figure is the best of the rounds; a
// ratio is taken of the bests, and of each round's pair to show how far the figure can be trusted.
import type { Contestant, Work } from "../works.ts";
import { type Line, runProgram, runServer } from "./process.ts";
import type { Launch, Toolchains } from "./toolchains.ts";

export interface Outcome {
  readonly contestant: Contestant;
  /** The cost of one operation in each round, in the work's unit; undefined where it failed. */
  readonly costs: (number | undefined)[];
  /** The line of the best round. */
  best?: Line;
  failure?: string;
}

export interface Skipped {
  readonly contestant: Contestant;
  readonly why: string;
}

export interface Result {
  readonly work: Work;
  readonly outcomes: readonly Outcome[];
  readonly skipped: readonly Skipped[];
}

export interface Plan {
  readonly toolchains: Toolchains;
  readonly contestants: ReadonlySet<Contestant>;
  readonly quick: boolean;
  readonly rounds: number | undefined;
  /** No program is started after this moment of performance.now(). */
  readonly deadline: number;
  readonly progress: (text: string) => void;
}

export async function runWork(work: Work, plan: Plan): Promise<Result> {
  const skipped: Skipped[] = [];
  const starters: { launch: Launch; outcome: Outcome }[] = [];
  for (const contestant of work.contestants) {
    if (!plan.contestants.has(contestant)) continue;
    const launch =
      work.onlyOnLinux && process.platform !== "linux"
        ? { missing: "memory is measured on Linux only" }
        : plan.toolchains.launch(contestant, work.programs);
    if ("missing" in launch) skipped.push({ contestant, why: launch.missing });
    else starters.push({ launch, outcome: { contestant, costs: [] } });
  }

  const rounds = plan.rounds ?? (plan.quick ? 1 : work.rounds);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < starters.length; i++) {
      const { launch, outcome } = starters[(i + round) % starters.length]!;
      if (outcome.failure) continue;
      if (performance.now() > plan.deadline) {
        if (round === 0)
          skipped.push({ contestant: outcome.contestant, why: "the minute was over" });
        continue;
      }
      plan.progress(`${work.name}: round ${round + 1} of ${rounds}: ${outcome.contestant}`);
      await runOnce(work, launch, outcome, round, plan);
    }
  }
  return { work, outcomes: starters.map((starter) => starter.outcome), skipped };
}

async function runOnce(work: Work, launch: Launch, outcome: Outcome, round: number, plan: Plan) {
  const parameters = { WORK: work.name, ...(plan.quick ? work.quick : work.full) };
  const fewer = work.except?.[outcome.contestant]?.N;
  if (fewer && parameters.N) parameters.N = Math.min(fewer, parameters.N);
  const limit = plan.quick ? 20_000 : 180_000;
  try {
    const line =
      work.load !== undefined
        ? await runServer(launch, plan.toolchains.load(work.load), parameters, limit)
        : await runProgram(launch, parameters, limit);
    const cost = costOf(work, line);
    if (outcome.best === undefined || cost < costOf(work, outcome.best)) outcome.best = line;
    outcome.costs[round] = cost;
  } catch (error) {
    outcome.failure = (error as Error).message;
  }
}

/** The cost of one operation in the work's unit. */
export function costOf(work: Work, line: Line): number {
  const { bytes, growth, late } = line.extra;
  const cost = { ns: (line.ms * 1e6) / line.n, bytes, growth, "ms late": late }[work.unit];
  if (cost === undefined || !Number.isFinite(cost)) {
    throw new Error(`the line of ${work.name} has no ${work.unit}: ${JSON.stringify(line)}`);
  }
  return cost;
}
