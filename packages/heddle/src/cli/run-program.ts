/*
 * `heddle run`.
 *
 * The program's default export is its main coroutine; a program without one is its own top level,
 * and calls `run` itself, or is no coroutine program at all. Either way the process ends as Node
 * would end it, when nothing is left to be done, or here: by an error that nobody caught, by SIGINT,
 * or because there was nothing to run.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type * as Heddle from "../index.ts";
import { end, FAILED, INTERRUPTED, USAGE } from "./end.ts";
import { reportError } from "./error-report.ts";
import { findHeddle } from "./find-heddle.ts";
import { hasRun, isInterruption, listenForInterrupts } from "./interrupts.ts";
import { loadProgram, type Program } from "./load-program.ts";
import { complainOfMain, complainOfNothing } from "./main-function.ts";
import { findProgram, type ProgramFile, UsageError } from "./program-file.ts";
import { noteRaisedPlaces } from "./raised-places.ts";

type Main = Parameters<typeof Heddle.run>[0];

/** Frames that an error keeps. Node's 10 are soon full: the engine shows two for each `yield*`. */
const FRAMES = 50;

/** Run the program in the file `name`, with `args` after it in process.argv. */
export async function runProgram(
  name: string,
  args: string[],
  options: { debug: boolean },
): Promise<void> {
  let file: ProgramFile;
  try {
    file = findProgram(name);
  } catch (error) {
    if (error instanceof UsageError) return end(USAGE, `heddle: ${error.message}`);
    throw error;
  }
  process.argv.splice(1, process.argv.length, file.path, ...args);
  // By the environment, because a program may call run() itself.
  if (options.debug) process.env.HEDDLE_DEBUG = "1";
  const debug = process.env.HEDDLE_DEBUG === "1";
  if (Error.stackTraceLimit === 10) Error.stackTraceLimit = FRAMES;

  const fail = (error: unknown) =>
    isInterruption(error) ? end(INTERRUPTED) : end(FAILED, reportError(error, debug));
  process.on("uncaughtException", (error) => {
    // As in Node: a program that listens for these decides what becomes of it.
    if (process.listenerCount("uncaughtException") === 1) void fail(error);
  });
  listenForInterrupts();
  noteRaisedPlaces();
  const heddle = findHeddle(file);

  let program: Program | undefined;
  atNaturalEnd(() => {
    if (program === undefined) {
      const wait = "a top-level await in it waits for something that nothing can bring any more";
      return [FAILED, `it never finished loading: ${wait}`];
    }
    if (program.main !== undefined || hasRun()) return undefined;
    const wrong = complainOfNothing(program.exports, readFileSync(file.realPath, "utf8"));
    return wrong === undefined ? undefined : [USAGE, wrong];
  }, name);

  try {
    program = await loadProgram(file, heddle);
  } catch (error) {
    const { describeSyntaxError } = await import("./syntax-place.ts");
    const syntax = describeSyntaxError(error, file);
    return syntax === undefined ? fail(error) : end(USAGE, syntax);
  }
  const { main } = program;
  if (main === undefined) return;
  const wrong = complainOfMain(main);
  if (wrong !== undefined) return end(USAGE, `heddle: ${name}: ${wrong}`);
  try {
    const { run } = (await import(pathToFileURL(heddle).href)) as typeof Heddle;
    await run(main as Main, debug ? { debug } : {});
  } catch (error) {
    await fail(error);
  }
}

/**
 * When the process ends with status 0 because nothing is left to be done, `check` may say that
 * something is wrong all the same: a status and why.
 */
function atNaturalEnd(check: () => [status: number, why: string] | undefined, name: string): void {
  let idle = false;
  process.on("beforeExit", () => {
    idle = true;
  });
  process.on("exit", (status) => {
    if (!idle || status !== 0) return;
    const [complaint, why] = check() ?? [0, ""];
    if (complaint === 0) return;
    process.stderr.write(`heddle: ${name}: ${why}\n`);
    process.exitCode = complaint;
  });
}
