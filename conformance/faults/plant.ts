/**
 * `npm run conformance -- --faults`: plants one fault after the other in heddle and lets fresh programs
 * find it. A fault that none finds means that the programs are not good enough.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Print } from "../command.ts";
import { UsageError } from "../corpus.ts";
import { loadCPython } from "../fresh/cpython.ts";
import { areaOf, freshProgram } from "../generator/generate.ts";
import type { FaultOptions } from "../options.ts";
import type { Program } from "../program.ts";
import { showProgress } from "../report/progress.ts";
import { seconds, table } from "../report/table.ts";
import { type Fault, faults } from "./faults.ts";
import { bundle, planted, StaleFault } from "./source.ts";

/** A program with CPython's trace. */
export interface StoredCase {
  readonly program: Program;
  readonly expected: readonly string[];
}

/** What a child says. */
export type Report = { readonly kind: "begins" | "different"; readonly position: number };

/** Milliseconds that a program may take: most take less than one. */
const limit = 10_000;

/** What came of a fault: the first program that noticed, and how. */
interface Finding {
  readonly position: number;
  readonly how: "differs" | "hangs" | "crashes";
}

/** Executes the command; gives the exit status. */
export async function plantFaults(
  { seed, indices, jobs, only }: FaultOptions,
  print: Print,
  complain: Print,
): Promise<number> {
  const chosen = chooseFaults(only);
  const folder = mkdtempSync(join(tmpdir(), "heddle-faults-"));
  try {
    const begin = performance.now();
    const python = await loadCPython();
    const programs = indices.map((index) => freshProgram(seed, index).program);
    const traces = python.traces(programs);
    const all = programs.map((program, i) => ({ program, expected: traces[i]! }));

    // What differs without any fault says nothing about one.
    const control = await runAll(folder, all);
    const cases = all.filter((_case, position) => !control.includes(position));
    const kept = indices.filter((_index, position) => !control.includes(position));
    const file = join(folder, "cases.json");
    writeFileSync(file, JSON.stringify(cases));
    print(
      `${cases.length} fresh programs of seed ${seed}, CPython ${python.version}; ` +
        `${control.length} that differ without any fault are left out`,
    );

    const findings = new Map<Fault, Finding | undefined>();
    const progress = showProgress("faults", "found", chosen.length);
    const waiting = [...chosen];
    const work = async () => {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
        findings.set(fault, await find(folder, file, fault));
        progress.update(findings.size, [...findings.values()].filter(Boolean).length);
      }
    };
    await Promise.all(Array.from({ length: jobs }, work));
    progress.end();

    const rows = chosen.map((fault) => {
      const finding = findings.get(fault);
      const place = [fault.name, fault.file];
      if (finding === undefined) return [...place, "not found", "", ""];
      const area = areaOf(kept[finding.position]!);
      return [...place, `${finding.position + 1}`, area, finding.how];
    });
    for (const line of table([["fault", "file", "found after", "area", "how"], ...rows]))
      print(line);
    const missed = chosen.filter((fault) => findings.get(fault) === undefined);
    for (const { name, why } of missed) complain(`not found: ${name}: ${why}`);
    const time = seconds(performance.now() - begin);
    print(`${chosen.length - missed.length} of ${chosen.length} faults found, ${time}`);
    return missed.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The faults of these names, or all; each must fit heddle's sources. */
function chooseFaults(only: readonly string[] | undefined): readonly Fault[] {
  const unknown = only?.find((name) => !faults.some((fault) => fault.name === name));
  if (unknown !== undefined) {
    const names = faults.map(({ name }) => name).join(", ");
    throw new UsageError(`there is no fault "${unknown}"; the faults are ${names}`);
  }
  const chosen = only ? faults.filter(({ name }) => only.includes(name)) : faults;
  try {
    chosen.forEach(planted);
  } catch (error) {
    throw error instanceof StaleFault ? new UsageError(error.message) : error;
  }
  return chosen;
}

/** The positions of the programs that differ on heddle as it is. */
async function runAll(folder: string, cases: readonly StoredCase[]): Promise<number[]> {
  const module = join(folder, "control.mjs");
  const file = join(folder, "all.json");
  writeFileSync(file, JSON.stringify(cases));
  await bundle(module);
  const different: number[] = [];
  const end = await watch([module, file, "all"], (position) => different.push(position));
  if (end) throw new UsageError(`heddle without any fault ${end.how}: nothing can be found so`);
  return different;
}

async function find(folder: string, cases: string, fault: Fault): Promise<Finding | undefined> {
  const module = join(folder, `${fault.name}.mjs`);
  await bundle(module, fault);
  let position: number | undefined;
  const end = await watch([module, cases, "first"], (first) => {
    position = first;
  });
  return position === undefined ? end : { position, how: "differs" };
}

/** Runs a child to its end; says where it hung or crashed, if it did. */
function watch(
  args: string[],
  onDifferent: (position: number) => void,
): Promise<Finding | undefined> {
  return new Promise((resolve) => {
    const child = fork(new URL("child.ts", import.meta.url), args, {
      execArgv: ["--import", import.meta.resolve("tsx")],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    let at = 0;
    let timer: NodeJS.Timeout | undefined;
    const hung = () => {
      resolve({ position: at, how: "hangs" });
      child.kill("SIGKILL");
    };
    const restart = () => {
      clearTimeout(timer);
      timer = setTimeout(hung, limit);
    };
    restart();
    child.on("message", ({ kind, position }: Report) => {
      if (kind === "different") onDifferent(position);
      else at = position;
      restart();
    });
    child.on("exit", (status) => {
      clearTimeout(timer);
      resolve(status === 0 ? undefined : { position: at, how: "crashes" });
    });
  });
}
