/*
 * `heddle run`.
 *
 * The program's default export is its main coroutine; a program without one is its own top level,
 * and calls `run` itself or is no coroutine program at all. Either way the process ends as Node would
 * end it, when nothing is left to be done, or here: by an error that nobody caught, or by SIGINT.
 */
import { writeSync } from "node:fs";
import { end, FAILED, INTERRUPTED, USAGE } from "./end.ts";
import { reportError } from "./error-report.ts";
import { hasRun, isInterruption, listenForInterrupts } from "./interrupts.ts";
import { findHeddle, type Heddle, loadProgram } from "./load-program.ts";
import { complainOfMain, complainOfNothing } from "./main-function.ts";
import { findProgram, type ProgramFile, UsageError } from "./program-file.ts";

