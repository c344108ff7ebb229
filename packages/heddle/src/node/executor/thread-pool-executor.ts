/*
 * ThreadPoolExecutor: jobs on threads of this process.
 */
import { availableParallelism } from "node:os";
import type { ResourceLimits, WorkerOptions } from "node:worker_threads";
import { PoolExecutor } from "../../executor/pool-executor.ts";
import type { PoolOptions } from "../../executor/pool-options.ts";
import { areStrings, checkOption, isObject } from "./check-option.ts";
import { nodeSurroundings } from "./node-surroundings.ts";
import { openThreadLink } from "./thread-link.ts";

export interface ThreadPoolOptions extends PoolOptions {
  /** Limits of each thread's memory, in MiB, as `worker_threads` has them. A thread beyond them dies alone. */
  resourceLimits?: ResourceLimits;
  /** Options of Node's command line for the threads, such as `["--no-warnings"]`, of which Node allows some for threads; those of the
   * process if not given. */
  execArgv?: readonly string[];
}

/**
 * A pool of threads (`worker_threads`) for work that computes, or blocks: the loop goes on meanwhile. Each
 * thread has memory and modules of its own; what crosses is copied, moved (`transfer`) or shared
 * (SharedArrayBuffer). A thread takes some 40 ms to start, with the first job that needs it.
 *
 * A pool that is made in a run belongs to it, and is shut down at its end. A thread without a job does not keep
 * the process alive. Throws TypeError or RangeError for options that are none. Counterparts:
 * `concurrent.futures.ThreadPoolExecutor` and `InterpreterPoolExecutor`, `gevent.threadpool.ThreadPool`.
 *
 * @example
 * const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
 * const sum = yield* pool.submit((n: number) => {
 *   let total = 0;
 *   for (let i = 1; i <= n; i++) total += i;
 *   return total;
 * }, 1e8);
 * yield* pool.shutdown();
 */
export class ThreadPoolExecutor extends PoolExecutor {
  constructor(options: ThreadPoolOptions = {}) {
    super(
      options,
      "ThreadPoolExecutor",
      availableParallelism(),
      nodeSurroundings((listener, name) =>
        openThreadLink({ ...threadOptions(options), name }, listener),
      ),
      ["resourceLimits", "execArgv"],
    );
    const { execArgv, resourceLimits } = options;
    checkOption("ThreadPoolExecutor", "execArgv", "an array of strings", areStrings(execArgv));
    const isLimits = isObject(resourceLimits ?? {});
    checkOption("ThreadPoolExecutor", "resourceLimits", "an object of limits in MiB", isLimits);
  }
}

function threadOptions({ resourceLimits, execArgv }: ThreadPoolOptions): WorkerOptions {
  return {
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
    ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
  };
}

/** The pool behind `toThread`: it serves every run, and belongs to none. */
export class SharedThreadPool extends ThreadPoolExecutor {
  protected override get belongsToRun(): boolean {
    return false;
  }
}
