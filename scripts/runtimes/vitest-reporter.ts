/*
 * A reporter for vitest: tells which files begin and what came of each, a line of JSON at a time, in
 * the file that HEDDLE_TOLD names. So of a run that hangs it is known where, and what had passed.
 */
import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import type { SerializedError } from "vitest";
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";
import { root } from "./sources.ts";
import { fileFailure, type TestOutcome } from "./summary.ts";

export type Told =
  | { readonly begins: string }
  /** Of the file that ends; of no file, what nobody caught: then the whole run ends. */
  | { readonly ends: string; readonly outcomes: readonly TestOutcome[] };

export default class OutcomeReporter implements Reporter {
  onTestModuleQueued(module: TestModule): void {
    tell({ begins: fileOf(module) });
  }

  onTestModuleEnd(module: TestModule): void {
    tell({ ends: fileOf(module), outcomes: outcomesOf(module) });
  }

  onTestRunEnd(_modules: unknown, unhandled: readonly SerializedError[]): void {
    const outcomes = unhandled.map((error) => fileFailure("", `nobody caught: ${text(error)}`));
    tell({ ends: "", outcomes });
  }
}

function tell(told: Told): void {
  appendFileSync(process.env.HEDDLE_TOLD ?? "", `${JSON.stringify(told)}\n`);
}

function fileOf(module: TestModule): string {
  return relative(root, module.moduleId).replaceAll("\\", "/");
}

function outcomesOf(module: TestModule): TestOutcome[] {
  const file = fileOf(module);
  const suites: readonly (TestModule | TestSuite)[] = [module, ...module.children.allSuites()];
  const failed = suites.flatMap((suite): TestOutcome[] => {
    const errors = suite.errors();
    const name = suite.type === "module" ? "" : suite.fullName;
    return errors.length === 0 ? [] : [{ file, name, state: "failed", errors: errors.map(text) }];
  });
  return [...failed, ...[...module.children.allTests()].map((test) => outcomeOf(file, test))];
}

function outcomeOf(file: string, test: TestCase): TestOutcome {
  const { state, errors = [], ...result } = test.result();
  const name = test.fullName;
  if (state === "passed" || state === "failed")
    return { file, name, state, errors: errors.map(text) };
  return {
    file,
    name,
    state: "skipped",
    note: "note" in result ? result.note : undefined,
    errors: [],
  };
}

function text({ name, message, stack, diff }: SerializedError): string {
  return [stack ?? `${name}: ${message}`, diff].filter(Boolean).join("\n");
}
