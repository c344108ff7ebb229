/**
 * A child process of the command: CPython and heddle beside each other. It gets jobs and answers them,
 * one at a time; whoever started it notices if it does not come back.
 */
import { freshProgram } from "../generator/generate.ts";
import type { Program } from "../program.ts";
import { isSameTrace, traceOf } from "../trace.ts";
import { CPythonUnavailable, loadCPython } from "./cpython.ts";
import type { Difference, Job, Programs, Reply, Side } from "./messages.ts";

function say(reply: Reply): void {
  process.send?.(reply);
}

function programsOf(job: Programs): readonly Program[] {
  if ("given" in job) return job.given;
  return job.indices.map((index) => freshProgram(job.seed, index).program);
}

const times: Record<Side, number> = { CPython: 0, heddle: 0 };

/** Runs one side's part of the job and takes its time. */
async function side<T>(name: Side, run: () => T | Promise<T>): Promise<T> {
  const begin = performance.now();
  const value = await run();
  times[name] = performance.now() - begin;
  return value;
}

async function serve(): Promise<void> {
  const python = await loadCPython();
  process.on("message", async ({ number, programs: chosen }: Job) => {
    const programs = programsOf(chosen);
    say({ kind: "begins", side: "CPython" });
    const expected = await side("CPython", () => python.traces(programs));
    const [first] = expected.length === 1 ? expected : [];
    say({ kind: "begins", side: "heddle", ...(first ? { expected: first } : {}) });
    const actual = await side("heddle", async () => {
      const traces: string[][] = [];
      for (const program of programs) traces.push(await traceOf(program));
      return traces;
    });
    const differences = programs.flatMap((_program, position): Difference[] => {
      const pair = { expected: expected[position] ?? [], actual: actual[position] ?? [] };
      return isSameTrace(pair.expected, pair.actual) ? [] : [{ position, ...pair }];
    });
    say({ kind: "done", number, result: { differences, times } });
  });
  say({ kind: "ready", version: python.version });
}

process.on("disconnect", () => process.exit());
try {
  await serve();
} catch (error) {
  if (!(error instanceof CPythonUnavailable)) throw error;
  say({ kind: "unavailable", reason: error.message });
}
