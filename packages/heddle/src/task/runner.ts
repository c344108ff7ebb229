/*
 * Runner: several programs, one after another, on one loop of their own.
 */
import { type Context, copyContext } from "../context/context.ts";
import { RuntimeError } from "../coroutine/errors.ts";
import type { Coroutine } from "../coroutine/types.ts";
import type { Runnable } from "./as-coroutine.ts";
import { EventLoop } from "./event-loop.ts";
import { type RunOptions, run } from "./run.ts";
import { shutDown } from "./shut-down.ts";

export interface RunnerOptions {
  /** Debug mode for the runner's loop; also by HEDDLE_DEBUG=1. */
  debug?: boolean;
  /** The loop to use, which is then closed by `close()`; a new one if not given. */
  loop?: EventLoop;
}

/**
 * Runs programs on a loop and in a context that last from one to the next. SIGINT cancels the main
 * task that is running; the second one ends the process. Counterpart: `asyncio.Runner`.
 *
 * @example
 * await using runner = new Runner();
 * const connection = await runner.run(connect());
 * await runner.run(talk(connection));       // on the same loop
 */
export class Runner implements AsyncDisposable {
  readonly #options: RunnerOptions;
  #loop: EventLoop | null = null;
  #context: Context | null = null;
  #running = false;
  #closing: Promise<void> | null = null;

  constructor(options: RunnerOptions = {}) {
    this.#options = options;
  }

  /**
   * Run `main` as `run()` does; what it leaves behind is cancelled and awaited, the loop stays. Context
   * variables that it sets are there in the next run, unless `context` is another one. Rejects with
   * RuntimeError if the runner is closed or runs already.
   */
  async run<T>(
    main: Runnable<T>,
    options: Omit<RunOptions, "loop" | "debug"> & { context?: Context } = {},
  ): Promise<T> {
    if (this.#running) throw new RuntimeError("Runner.run() cannot be called while it runs");
    const loop = this.getLoop();
    this.#running = true;
    try {
      const { context = this.#context as Context, ...others } = options;
      return await run(main, { handleSigint: true, ...others, loop, context });
    } finally {
      this.#running = false;
    }
  }

  /** The runner's loop, which is made when it is first needed. Throws RuntimeError if it is closed. */
  getLoop(): EventLoop {
    if (this.#closing !== null) throw new RuntimeError("Runner is closed");
    if (this.#loop === null) {
      this.#loop = this.#options.loop ?? new EventLoop();
      if (this.#options.debug !== undefined) this.#loop.setDebug(this.#options.debug);
      this.#context = copyContext();
    }
    return this.#loop;
  }

  /**
   * Cancel and await what is left on the loop, close async generators and the default executor, and close
   * the loop. Closing twice is closing once. Rejects with RuntimeError while a run is in progress.
   */
  async close(): Promise<void> {
    if (this.#running) throw new RuntimeError("Runner.close() cannot be called while it runs");
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const loop = this.#loop;
    if (loop === null || loop.isClosed()) return;
    try {
      await run(() => shutDownLoop(loop), { loop, handleSigint: false });
    } finally {
      loop.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function* shutDownLoop(loop: EventLoop): Coroutine<void> {
  yield* shutDown(loop.orphans, loop);
  yield* loop.shutdownAsyncGenerators();
  yield* loop.shutdownDefaultExecutor();
}
