/*
 * What a run of tests comes to, whoever ran them: vitest on Node, the bundle elsewhere.
 */

export interface TestOutcome {
  /** Relative to the project's root. */
  readonly file: string;
  /** With the names of the suites around it: "Lock > is fair". Empty for what befell the whole file. */
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped";
  /** Why it was skipped, if the test says so. */
  readonly note?: string | undefined;
  readonly errors: readonly string[];
}

/** The failure of a file as a whole: it could not be loaded, hung, or ended its process. */
export function fileFailure(file: string, message: string): TestOutcome {
  return { file, name: "", state: "failed", errors: [message] };
}
