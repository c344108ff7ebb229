/*
 * Runs one file of tests where there is no vitest: in Bun, Deno and Chromium.
 *
 * The tests' `describe`, `test`, `expect` and `vi` are vitest's own code, which is bundled with them;
 * it runs in browsers as it is. What is missing is the process around it, the worker: it loads the
 * file, resets mocks between tests, collects errors that nobody caught and tells the outcomes. This
 * is that worker. As in vitest, each file has a process (in Chromium a page) of its own, so what it
 * leaves behind meets nobody.
 */
import "./worker-state.ts";
import { GLOBAL_EXPECT, getState, type MatcherState, setState } from "@vitest/expect";
import {
  type File,
  startTests,
  type Task,
  type TaskResult,
  type VitestRunner,
} from "@vitest/runner";
import { vi } from "vitest";
import type { TestOutcome } from "../summary.ts";
import { MARK, type Message } from "./messages.ts";

export interface Settings {
  readonly grep: string | null;
  /** Milliseconds. */
  readonly testTimeout: number;
  readonly hookTimeout: number;
}

/** What the globals of these runtimes are here used for; no two have the same. */
interface RuntimeGlobals {
  /** Chromium: how to reach the command. */
  heddleTell?: (line: string) => Promise<void>;
  process?: {
    argv: string[];
    on(event: string, listener: (error: unknown) => void): void;
    exit(status: number): never;
    stdout: { write(text: string, written: () => void): void };
  };
  addEventListener?(type: string, listener: (event: Uncaught) => void): void;
  Bun?: { gc(synchronously: boolean): void };
  gc?: () => void;
}

const globals = globalThis as RuntimeGlobals;
const { Bun } = globals;
// Tests replace the global ones, and not each puts them back.
const { setInterval, clearInterval, setTimeout } = globalThis;
// Node, Deno and Chromium have it by --expose-gc.
if (Bun) globals.gc ??= () => Bun.gc(true);

/** A browser's event for what nobody caught: an error, or a rejection. */
interface Uncaught {
  readonly error?: unknown;
  readonly message?: string;
  readonly reason?: unknown;
}

type Files = Readonly<Record<string, () => Promise<unknown>>>;

/** Run the file that the command named, and tell what came of it. */
export async function runTests(files: Files, settings: Settings): Promise<void> {
  const file =
    globals.process?.argv[2] ?? new URL(import.meta.url).searchParams.get("file") ?? "(none)";
  // vitest's own timers keep no process alive, and a test may wait for nothing but a promise.
  const alive = setInterval(() => {}, 1000);
  const uncaught = collectUncaught();
  const [ran] = await startTests([`/${file}`], runnerOf(files, settings));
  const outcomes = ran === undefined ? [] : outcomesOf(ran, settings.grep !== null);
  // What was rejected last is told in a later turn of the native loop, in browsers after some timers.
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const error of uncaught) {
    outcomes.push({
      file,
      name: "",
      state: "failed",
      errors: [`nobody caught: ${stackOf(error)}`],
    });
  }
  await tell({ outcomes });
  clearInterval(alive);
  globals.process?.exit(0);
}

function runnerOf(files: Files, settings: Settings): VitestRunner {
  return {
    config: {
      root: "/",
      setupFiles: [],
      name: undefined,
      passWithNoTests: false,
      testNamePattern: settings.grep === null ? undefined : new RegExp(settings.grep),
      allowOnly: false,
      sequence: { seed: 0, hooks: "stack", setupFiles: "parallel" },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: settings.testTimeout,
      hookTimeout: settings.hookTimeout,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: true,
    },
    importFile(path) {
      const load = files[path.slice(1)];
      if (!load) throw new Error(`the bundle holds no file ${path.slice(1)}`);
      return load();
    },
    onBeforeRunTask: (test) => void tell({ begins: test.name }),
    onBeforeTryTask() {
      vi.restoreAllMocks();
      vi.unstubAllGlobals();
      setState(
        {
          assertionCalls: 0,
          isExpectingAssertions: false,
          isExpectingAssertionsError: null,
          expectedAssertionsNumber: null,
          expectedAssertionsNumberErrorGen: null,
        },
        expectOf(),
      );
    },
    onAfterTryTask() {
      const state = getState<MatcherState>(expectOf());
      const { expectedAssertionsNumber: expected } = state;
      if (typeof expected === "number" && state.assertionCalls !== expected) {
        throw state.expectedAssertionsNumberErrorGen?.();
      }
      if (state.isExpectingAssertions && state.assertionCalls === 0) {
        throw state.isExpectingAssertionsError;
      }
    },
  };
}

/** The `expect` whose state these hooks read: `expect.assertions(n)` counts there. */
function expectOf(): Parameters<typeof getState>[0] {
  return (globalThis as unknown as Record<symbol, Parameters<typeof getState>[0]>)[GLOBAL_EXPECT]!;
}

function collectUncaught(): unknown[] {
  const uncaught: unknown[] = [];
  if (globals.process) {
    globals.process.on("uncaughtException", (error) => uncaught.push(error));
    globals.process.on("unhandledRejection", (error) => uncaught.push(error));
  } else {
    globals.addEventListener?.("error", (event) => uncaught.push(event.error ?? event.message));
    globals.addEventListener?.("unhandledrejection", ({ reason }) => uncaught.push(reason));
  }
  return uncaught;
}

/** With a pattern, what was not chosen looks like what was skipped: neither is told. */
function outcomesOf(ran: File, chosen: boolean): TestOutcome[] {
  const outcomes: TestOutcome[] = [];
  const visit = (task: Task, path: readonly string[]) => {
    const { state, errors = [] } = task.result ?? {};
    if (task.type === "suite") {
      if (errors.length > 0) outcomes.push(outcome(path, "failed", errors));
      for (const child of task.tasks) visit(child, [...path, child.name]);
    } else if (state === "pass") outcomes.push(outcome(path, "passed", []));
    else if (state === "fail") outcomes.push(outcome(path, "failed", errors));
    else if (!chosen) outcomes.push(outcome(path, "skipped", [], noteOf(task)));
  };
  const outcome = (
    path: readonly string[],
    state: TestOutcome["state"],
    errors: NonNullable<TaskResult["errors"]>,
    note?: string,
  ): TestOutcome => ({
    file: ran.name,
    name: path.join(" > "),
    state,
    note,
    errors: errors.map((error) => [stackOf(error), error.diff].filter(Boolean).join("\n")),
  });
  visit(ran, []);
  return outcomes;
}

/** What was given to `skip()`; its type does not have it. */
function noteOf({ result }: Task): string | undefined {
  return (result as { note?: string } | undefined)?.note;
}

/** Message and frames; JavaScriptCore's stack has no message. */
function stackOf(error: unknown): string {
  const { name = "Error", message, stack } = (error ?? {}) as Partial<Error>;
  if (message === undefined) return String(error);
  const head = `${name}: ${message}`;
  if (!stack) return head;
  return stack.includes(message) ? stack : `${head}\n${stack}`;
}

function tell(message: Message): Promise<void> {
  const line = JSON.stringify(message);
  if (globals.heddleTell) return globals.heddleTell(line);
  return new Promise((told) => globals.process?.stdout.write(`\n${MARK}${line}\n`, told));
}
