/**
 * CPython 3.14 in this process (pyodide: CPython compiled to WebAssembly, from the package of that
 * name, without any download), with the reference interpreter loaded.
 */
import { readFileSync } from "node:fs";
import type { Program } from "../program.ts";

export interface CPython {
  /** "3.14.2", say. */
  readonly version: string;
  /** The trace of each program; where the reference interpreter fails itself, its stack. */
  traces(programs: readonly Program[]): string[][];
}

/** CPython cannot run here; the message is one line that says why. */
export class CPythonUnavailable extends Error {
  override name = "CPythonUnavailable";
}

const reference = new URL("../reference/interpret.py", import.meta.url);

const glue = `
import json, sys, traceback
sys.path.insert(0, "/reference")
import interpret
interpret.quiet()

def trace_of(program):
    try:
        return interpret.run_program(program)
    except BaseException:
        return ["! " + line for line in traceback.format_exc().splitlines()]

def traces_of(programs):
    return json.dumps([trace_of(program) for program in json.loads(programs)])
`;

/** Loads CPython: about two seconds. Throws CPythonUnavailable. */
export async function loadCPython(): Promise<CPython> {
  try {
    const { loadPyodide } = await import("pyodide");
    const python = await loadPyodide();
    python.FS.mkdir("/reference");
    python.FS.writeFile("/reference/interpret.py", readFileSync(reference, "utf8"));
    python.runPython(glue);
    const tracesOf = python.globals.get("traces_of") as (programs: string) => string;
    return {
      version: python.runPython("sys.version.split()[0]") as string,
      traces: (programs) => JSON.parse(tracesOf(JSON.stringify(programs))) as string[][],
    };
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new CPythonUnavailable(`CPython (the package pyodide) cannot be loaded: ${reason}`);
  }
}
