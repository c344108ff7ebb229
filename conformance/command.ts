/**
 * The command `npm run conformance`: runs programs through heddle, compares the traces with those
 * of CPython, prints what is equal, and the first differences.
 */
import { writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Case, readArea, readCases, UsageError } from "./corpus.ts";
import { plantFaults } from "./faults/plant.ts";
import { Children, type Runner } from "./fresh/children.ts";
import { CPythonUnavailable } from "./fresh/cpython.ts";
import { differenceOf } from "./fresh/difference.ts";
import { type Outcome, runFresh } from "./fresh/run-fresh.ts";
import { freshProgram } from "./generator/generate.ts";
import { type FreshOptions, type Options, parseCommand, usage } from "./options.ts";
import type { Program } from "./program.ts";
import { showProgress } from "./report/progress.ts";
import { sideBySide } from "./report/side-by-side.ts";
import { seconds, table } from "./report/table.ts";
import { shrink } from "./shrink.ts";
import { isSameTrace, traceOf } from "./trace.ts";

export type Print = (line: string) => void;

/** Starts what runs programs on both sides; rejects with CPythonUnavailable. */
export type StartRunner = (
  count: number,
  limit?: number,
) => Promise<Runner & { readonly version: string; close(): void }>;

/** A program that is not equal. */
interface Difference {
  readonly id: string;
  readonly program: Program;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
  /** The options that run it again. */
  readonly again: string | undefined;
}

/** Executes the command; gives the exit status. */
export async function conformance(
  args: string[],
  print: Print,
  complain: Print,
  start: StartRunner = Children.start,
): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command.kind === "faults") return await plantFaults(command.options, print, complain);
    if (command.kind === "compare") return await new Run(command.options, print, start).run();
    print(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof CPythonUnavailable)) throw error;
    complain(`conformance: ${error.message}`);
    return 2;
  }
}

class Run {
  readonly #options: Options;
  readonly #print: Print;
  readonly #start: StartRunner;
  readonly #differences: Difference[] = [];
  #passed = 0;
  #failed = 0;

  constructor(options: Options, print: Print, start: StartRunner) {
    this.#options = options;
    this.#print = print;
    this.#start = start;
  }

  async run(): Promise<number> {
    const { corpus, file, fresh, shrink: shrinks } = this.#options;
    // Before anything is run, so that a file that cannot be read is known at once.
    const stored = file === undefined ? corpus.map(area) : [{ name: file, cases: readCases(file) }];
    if (stored.length > 0) await this.#runStored(stored);
    if (fresh) await this.#runFresh(fresh);
    if (this.#differences.length > 0) {
      if (shrinks) await this.#showShrunk();
      else this.#show();
    }
    this.#print(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed > 0 ? 1 : 0;
  }

  #keep(difference: Difference): void {
    if (this.#differences.length < this.#options.show) this.#differences.push(difference);
  }

  // ---- the corpus, or a file

  async #runStored(suites: readonly { name: string; cases: readonly Case[] }[]): Promise<void> {
    const rows = [["area", "programs", "equal", "different", "time"]];
    for (const { name, cases } of suites) {
      const begin = performance.now();
      let equal = 0;
      for (const { id, program, trace: expected } of cases) {
        const actual = await traceOf(program);
        if (isSameTrace(expected, actual)) equal += 1;
        else this.#keep({ id, program, expected, actual, again: undefined });
      }
      const different = cases.length - equal;
      this.#passed += equal;
      this.#failed += different;
      const time = seconds(performance.now() - begin);
      rows.push([name, `${cases.length}`, `${equal}`, `${different}`, time]);
    }
    this.#printAll(table(rows));
  }

  // ---- fresh programs

  async #runFresh(fresh: FreshOptions): Promise<void> {
    if (this.#options.corpus.length > 0) this.#print("");
    const begin = performance.now();
    let runner: Awaited<ReturnType<StartRunner>>;
    try {
      runner = await this.#start(fresh.jobs);
    } catch (error) {
      if (fresh.asked || !(error instanceof CPythonUnavailable)) throw error;
      this.#print(`no fresh programs: ${error.message}`);
      return;
    }
    const progress = showProgress("fresh programs", "different", fresh.indices.length);
    let outcome: Outcome;
    try {
      const keep = this.#options.show;
      outcome = await runFresh({ ...fresh, keep, runner, onProgress: progress.update });
    } finally {
      progress.end();
      runner.close();
    }
    const time = seconds(performance.now() - begin);
    this.#print(`fresh programs of seed ${fresh.seed}, CPython ${runner.version}, ${time}:`);
    this.#reportFresh(fresh.seed, outcome);
  }

  #reportFresh(seed: number, { areas, total, found, skipped }: Outcome): void {
    const rows = [...areas, ["all", total] as const].map(([name, tally]) => [
      name,
      `${tally.programs}`,
      `${tally.programs - tally.different}`,
      `${tally.different}`,
      seconds(tally.times.CPython),
      seconds(tally.times.heddle),
    ]);
    const head = ["area", "programs", "equal", "different", "CPython", "heddle"];
    this.#printAll(table([head, ...rows]));
    if (skipped > 0) this.#print(`${skipped} were not run: too many never came to their end`);
    this.#passed += total.programs - total.different;
    this.#failed += total.different;
    for (const { index, expected, actual } of found) {
      const { id, program } = freshProgram(seed, index);
      const again = `--seed ${seed} --index ${index}`;
      this.#keep({ id, program, expected, actual, again });
    }
  }

  // ---- differences

  #show(): void {
    this.#print(`\nThe first differences, ${this.#differences.length} of ${this.#failed}:`);
    for (const { id, expected, actual, again } of this.#differences) {
      this.#print(`\n${id}`);
      this.#printAll(sideBySide(expected, actual));
      const options = again ?? this.#sameOptions();
      this.#print(`to make it small: npm run conformance -- ${options} --shrink`);
    }
    this.#print("");
  }

  /** The options that find the differences of stored programs again. */
  #sameOptions(): string {
    const { file, corpus } = this.#options;
    return file === undefined ? `--corpus --areas ${corpus.join(",")}` : `--file ${file}`;
  }

  async #showShrunk(): Promise<void> {
    // A program that hangs is tried again and again: a short time must do.
    const runner = await this.#start(1, 3_000);
    const shrunk: string[] = [];
    try {
      for (const { id, program } of this.#differences) {
        const both = (one: Program) => differenceOf(runner, one);
        if (!(await both(program))) {
          this.#print(`\n${id}: CPython's trace is heddle's, and not the one that is stored`);
          continue;
        }
        const small = await shrink(program, async (one) => (await both(one)) !== undefined);
        const traces = await both(small);
        this.#print(`\n${id}, made as small as it can be:`);
        this.#print(JSON.stringify(small));
        this.#printAll(sideBySide(traces!.expected, traces!.actual, { whole: true }));
        shrunk.push(
          JSON.stringify({ id: `${id}-shrunk`, program: small, trace: traces!.expected }),
        );
      }
    } finally {
      runner.close();
    }
    if (shrunk.length > 0) await this.#write(shrunk);
  }

  async #write(lines: readonly string[]): Promise<void> {
    const path = this.#options.write ?? fileURLToPath(usualFile);
    await mkdir(dirname(path), { recursive: true });
    writeFileSync(path, `${lines.join("\n")}\n`);
    const shown = relative(process.cwd(), path);
    this.#print(`\nwritten: ${shown}; to run it: npm run conformance -- --file ${shown}\n`);
  }

  #printAll(lines: readonly string[]): void {
    for (const line of lines) this.#print(line);
  }
}

const usualFile = new URL("../node_modules/.cache/heddle/shrunk.jsonl", import.meta.url);

function area(name: string): { name: string; cases: readonly Case[] } {
  return { name, cases: readArea(name) };
}
