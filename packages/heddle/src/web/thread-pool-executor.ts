/*
 * ThreadPoolExecutor: jobs in Web Workers.
 */
import { RuntimeError } from "../coroutine/errors.ts";
import { PoolExecutor } from "../executor/pool-executor.ts";
import type { PoolOptions } from "../executor/pool-options.ts";
import type { Surroundings } from "../executor/surroundings.ts";
import { type BundledModules, checkModules, functionLoader, referenceTo } from "./load-function.ts";
import { openWebLink } from "./web-link.ts";
import type { WebWorker } from "./web-worker-like.ts";

export interface ThreadPoolOptions extends PoolOptions {
  /**
   * The workers' file, a module that calls `serveJobs`; or a function that makes a worker of it, so that bundlers
   * see `new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })` in your source and bundle it.
   * If not given, heddle's own file, beside the module that heddle/web is loaded from.
   */
  worker?: URL | string | (() => WebWorker);
  /** Modules of a bundle, for what `runCoroutineThreadsafe` calls back in the page; as in `serveJobs`. */
  modules?: BundledModules;
}

declare const Worker: new (
  url: URL | string,
  options: { type: "module"; name?: string },
) => WebWorker;

/** Longest delay of `setTimeout`. */
const LONGEST = 2 ** 31 - 1;

/**
 * A pool of Web Workers, for work that computes: the page goes on meanwhile. As the ThreadPoolExecutor of
 * heddle/node, with these differences:
 *
 * - functions are exports of modules (`moduleFunction`); an inline one is a TypeError;
 * - `ThreadsafeCall.wait` throws RuntimeError: await the call;
 * - an error that nobody caught ends a worker, and fails its job with BrokenExecutorError; so does a file
 *   that cannot be loaded, and `self.close()`. Only outside of secure contexts (https, localhost) nobody tells of
 *   a worker that closes: its job waits for ever there, unless it has a deadline or is cancelled;
 * - a rejection that nobody handles stays in the worker's console.
 *
 * Import maps do not reach into workers: a module that is not bundled imports others there by URLs.
 *
 * A pool that is made in a run belongs to it, and is shut down at its end; in others its workers
 * stay until `shutdown`, or end after `idleTimeout`. At most `navigator.hardwareConcurrency` workers if not given. Throws TypeError or
 * RangeError for options that are none.
 *
 * @example
 * const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
 * const sum = moduleFunction<(n: number) => number>(new URL("./work.js", import.meta.url), "sum");
 * const total = yield* pool.submit(sum, 1e8);
 * yield* pool.shutdown();
 */
export class ThreadPoolExecutor extends PoolExecutor {
  constructor(options: ThreadPoolOptions = {}) {
    super(options, "ThreadPoolExecutor", processors(), webSurroundings(options), [
      "worker",
      "modules",
    ]);
  }
}

function processors(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return navigator?.hardwareConcurrency ?? 2;
}

function webSurroundings({ worker, modules = {} }: ThreadPoolOptions = {}): Surroundings {
  const open = workerMaker(worker);
  checkModules("new ThreadPoolExecutor()", modules);
  return {
    open(listener, name) {
      if (typeof Worker === "undefined") {
        throw new RuntimeError("there are no Web Workers here; in Node import from heddle/node");
      }
      return openWebLink(() => open(name), listener);
    },
    reference: referenceTo,
    load: functionLoader(modules),
    now: () => performance.now(),
    after(ms, fn) {
      const timer = setTimeout(fn, Math.min(ms, LONGEST));
      return () => clearTimeout(timer);
    },
  };
}

function workerMaker(worker: ThreadPoolOptions["worker"]): (name: string) => WebWorker {
  if (typeof worker === "function") return worker;
  if (worker !== undefined && typeof worker !== "string" && !(worker instanceof URL)) {
    throw new TypeError(
      "new ThreadPoolExecutor(): worker must be the URL of a file, or a function that makes a Web Worker, got " +
        (worker === null ? "null" : typeof worker),
    );
  }
  return (name) => {
    if (worker !== undefined) return new Worker(worker, { type: "module", name });
    // Bundlers recognise this as it stands, without a name.
    return new Worker(new URL("./web-worker.js", import.meta.url), { type: "module" });
  };
}

/** The pool behind `toThread`: it serves every run, and belongs to none. */
export class SharedThreadPool extends ThreadPoolExecutor {
  protected override get belongsToRun(): boolean {
    return false;
  }
}
