/** What the command and its children say to each other. */
import type { Program } from "../program.ts";

/** Run these programs on CPython and on heddle, and compare the traces. */
export interface Job {
  readonly number: number;
  readonly programs: Programs;
}

/** Programs of a seed by their indices, which the child generates itself; or programs as they are. */
export type Programs =
  | { readonly seed: number; readonly indices: readonly number[] }
  | { readonly given: readonly Program[] };

/** What a child is at. */
export type Side = "CPython" | "heddle";

export type Reply =
  | { readonly kind: "ready"; readonly version: string }
  | { readonly kind: "unavailable"; readonly reason: string }
  /** With CPython's trace, where the job is one program: heddle may not come back. */
  | { readonly kind: "begins"; readonly side: Side; readonly expected?: readonly string[] }
  | { readonly kind: "done"; readonly number: number; readonly result: Result };

/** The outcome of a job. */
export interface Result {
  /** One for each program that is not equal. */
  readonly differences: readonly Difference[];
  /** Milliseconds. */
  readonly times: Readonly<Record<Side, number>>;
}

export interface Difference {
  /** Which of the job's programs it is. */
  readonly position: number;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}
