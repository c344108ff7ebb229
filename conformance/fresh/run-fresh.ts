/** Runs fresh programs, in batches of one area each, and counts what is equal. */
import { type AreaName, areaNames } from "../generator/areas.ts";
import { areaOf } from "../generator/generate.ts";
import { Lost, type Runner } from "./children.ts";
import { tracesOf } from "./difference.ts";
import type { Side } from "./messages.ts";

/** Small enough to be run one by one if one of them hangs, large enough to be worth a message. */
const batchSize = 40;

/** So many programs that hang are enough to know. */
const mostLost = 10;

interface Found {
  readonly index: number;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

interface Tally {
  programs: number;
  different: number;
  readonly times: Record<Side, number>;
}

export interface Outcome {
  readonly areas: ReadonlyMap<AreaName, Tally>;
  readonly total: Tally;
  /** The first programs, by their index, that are not equal. */
  readonly found: readonly Found[];
  /** How many programs were not run, because too many hung. */
  readonly skipped: number;
}

export interface FreshRun {
  readonly seed: number;
  readonly indices: readonly number[];
  /** How many of the differing programs to keep. */
  readonly keep: number;
  readonly runner: Runner;
  /** How many batches are given to the runner at once. */
  readonly jobs: number;
  readonly onProgress: (done: number, different: number) => void;
}

/** The first `count` indices whose programs are of these areas. */
export function indicesOf(count: number, areas: readonly string[]): number[] {
  const indices: number[] = [];
  for (let index = 0; indices.length < count; index++) {
    if (areas.includes(areaOf(index))) indices.push(index);
  }
  return indices;
}

export async function runFresh(options: FreshRun): Promise<Outcome> {
  const { seed, indices, keep, runner, jobs, onProgress } = options;
  const areas = new Map<AreaName, Tally>();
  const total = newTally();
  let found: Found[] = [];
  let lost = 0;
  let skipped = 0;

  async function run(batch: readonly number[]): Promise<void> {
    if (lost >= mostLost) {
      skipped += batch.length;
      return;
    }
    try {
      const { differences, times } = await runner.run({ seed, indices: batch });
      count(
        batch,
        differences.map(({ position, ...traces }) => ({ index: batch[position]!, ...traces })),
        times,
      );
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      if (batch.length > 1) {
        for (const index of batch) await run([index]);
        return;
      }
      lost++;
      count(batch, [{ index: batch[0]!, ...tracesOf(error) }], { CPython: 0, heddle: 0 });
    }
  }

  function count(batch: readonly number[], different: Found[], times: Tally["times"]): void {
    const area = areaOf(batch[0]!);
    const tally = areas.get(area) ?? newTally();
    areas.set(area, tally);
    for (const one of [tally, total]) {
      one.programs += batch.length;
      one.different += different.length;
      one.times.CPython += times.CPython;
      one.times.heddle += times.heddle;
    }
    if (different.length > 0) {
      found = [...found, ...different].sort((a, b) => a.index - b.index).slice(0, keep);
    }
    onProgress(total.programs, total.different);
  }

  const waiting = batches(indices);
  const work = async () => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      await run(batch);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const inOrder = areaNames.flatMap((name): [AreaName, Tally][] => {
    const tally = areas.get(name);
    return tally ? [[name, tally]] : [];
  });
  return { areas: new Map(inOrder), total, found, skipped };
}

function newTally(): Tally {
  return { programs: 0, different: 0, times: { CPython: 0, heddle: 0 } };
}

/** Batches of one area each, in the order in which they are full. */
function batches(indices: readonly number[]): number[][] {
  const full: number[][] = [];
  const filling = new Map<AreaName, number[]>();
  for (const index of indices) {
    const area = areaOf(index);
    const batch = filling.get(area) ?? [];
    batch.push(index);
    if (batch.length < batchSize) filling.set(area, batch);
    else {
      full.push(batch);
      filling.delete(area);
    }
  }
  return [...full, ...filling.values()];
}
