/**
 * Reads programs with their expected traces: the corpus, one file for each area, or any other
 * file of JSON lines `{"id", "program", "trace"}`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Program } from "./program.ts";
import { instantStatements, suspendingStatements } from "./statements/all.ts";

/** A program and the trace that CPython gives. */
export interface Case {
  readonly id: string;
  readonly program: Program;
  readonly trace: readonly string[];
}

/** The command cannot do what it was asked for; the message is one line for the user. */
export class UsageError extends Error {
  override name = "UsageError";
}

const corpus = new URL("corpus/", import.meta.url);

/** The areas of the corpus. */
export function corpusAreas(): string[] {
  const names = readdirSync(corpus).filter((name) => name.endsWith(".jsonl"));
  return names.map((name) => basename(name, ".jsonl")).sort();
}

/** The cases of an area of the corpus. */
export function readArea(area: string): Case[] {
  return readCases(fileURLToPath(new URL(`${area}.jsonl`, corpus)));
}
/** The cases of a file; a line that is no case is a UsageError that names the line. */
export function readCases(path: string): Case[] {
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`);
  const cases: Case[] = [];
  for (const [index, line] of readText(path).split("\n").entries()) {
    if (line.trim() !== "") cases.push(parseCase(line, `${path}:${index + 1}`));
  }
  if (cases.length === 0) throw new UsageError(`${path} has no programs in it`);
  return cases;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

function parseCase(line: string, place: string): Case {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new UsageError(`${place}: not JSON: ${(error as Error).message}`);
  }
  const { id, program, trace } = (parsed ?? {}) as Partial<Case>;
  if (typeof id !== "string") throw new UsageError(`${place}: "id" must be a string`);
  if (!Array.isArray(program?.main)) {
    throw new UsageError(`${place}: "program" must be an object with a list "main"`);
  }
  if (!Array.isArray(trace) || !trace.every((entry) => typeof entry === "string")) {
    throw new UsageError(`${place}: "trace" must be a list of strings`);
  }
  const unknown = unknownStatement(program);
  if (unknown !== undefined) throw new UsageError(`${place}: no statement is called "${unknown}"`);
  return { id, program, trace };
}

/** The first `op` anywhere in the program that the language does not have. */
function unknownStatement(node: unknown): string | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  const { op } = node as { op?: unknown };
  if (typeof op === "string" && !instantStatements.has(op) && !suspendingStatements.has(op)) {
    return op;
  }
  for (const child of Object.values(node)) {
    const unknown = unknownStatement(child);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}
