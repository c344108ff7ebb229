/*
 * ProcessPoolExecutor: jobs in processes of their own.
 */
import { availableParallelism } from "node:os";
import { PoolExecutor } from "../../executor/pool-executor.ts";
import type { PoolOptions } from "../../executor/pool-options.ts";
import { areStrings, checkOption, isObject } from "./check-option.ts";
import { nodeSurroundings } from "./node-surroundings.ts";
import { openProcessLink } from "./process-link.ts";

export interface ProcessPoolOptions extends PoolOptions {
  /** Options of Node's command line for the processes; those of this process if not given. */
  execArgv?: readonly string[];
  /** Their environment; that of this process if not given. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Their working directory. */
  cwd?: string;
}

/** What is about this process alone. */
const ITS_OWN = /^--(?:inspect|debug|eval|print|test)|^-[ep]/;

/**
 * A pool of child processes, for work that may take its process with it: native addons that crash, memory that
 * runs out. As ThreadPoolExecutor, with more between the two sides: everything is copied (`transfer` has no effect, a
 * SharedArrayBuffer is a TypeError), a process takes some 100 ms to start and a job some 20 µs. Ctrl-C is the
 * parent's matter; a worker whose parent dies cancels its job, and ends
 * within a second (one that computes, after it).
 *
 * Throws TypeError or RangeError for options that are none. Counterpart:
 * `concurrent.futures.ProcessPoolExecutor`.
 */
export class ProcessPoolExecutor extends PoolExecutor {
  constructor(options: ProcessPoolOptions = {}) {
    super(
      options,
      "ProcessPoolExecutor",
      availableParallelism(),
      nodeSurroundings((listener) => openProcessLink(forkOptions(options), listener)),
      ["execArgv", "env", "cwd"],
    );
    const { execArgv, env, cwd } = options;
    checkOption("ProcessPoolExecutor", "execArgv", "an array of strings", areStrings(execArgv));
    checkOption("ProcessPoolExecutor", "cwd", "a path", typeof (cwd ?? "") === "string");
    checkOption("ProcessPoolExecutor", "env", "an object of strings", isObject(env ?? {}));
  }
}

function forkOptions({ execArgv, env, cwd }: ProcessPoolOptions) {
  return {
    execArgv: execArgv ?? process.execArgv.filter((option) => !ITS_OWN.test(option)),
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
  };
}
