/*
 * Errors that nobody can catch: of callbacks, of tasks that nobody awaited, of a handler itself.
 *
 * They go to the loop's exception handler, as in asyncio; without one, to the host's report (stderr).
 */
import type { Host } from "./host.ts";

/** What an exception handler is told. Counterpart: the context dict of asyncio's handlers. */
export interface ExceptionContext {
  message: string;
  exception?: unknown;
  task?: object;
  future?: object;
  handle?: object;
  /** Where the task was made; in debug mode. */
  creationStack?: string;
}

/** Hears of errors that nobody can catch. */
// biome-ignore lint/suspicious/noExplicitAny: the loop's own class, which this room does not know.
export type ExceptionHandler = (loop: any, context: ExceptionContext) => void;

/** @internal The part of a loop that hears of errors. */
export class ExceptionReporter {
  /** @internal */
  readonly host: Host;
  #exceptionHandler: ExceptionHandler | null = null;

  /** @internal */
  constructor(host: Host) {
    this.host = host;
  }

  /**
   * Set who hears of errors that nobody can catch: in callbacks, in tasks that nobody awaited. null
   * restores the default, which writes to stderr. Counterpart: `loop.set_exception_handler`.
   */
  setExceptionHandler(handler: ExceptionHandler | null): void {
    if (handler !== null && typeof handler !== "function") {
      throw new TypeError(`an exception handler is a function or null, got ${typeof handler}`);
    }
    this.#exceptionHandler = handler;
  }

  getExceptionHandler(): ExceptionHandler | null {
    return this.#exceptionHandler;
  }

  /** What happens without a handler: the message, what it is about and the error go to stderr. */
  defaultExceptionHandler(context: ExceptionContext): void {
    const lines = [context.message];
    for (const [key, value] of Object.entries(context)) {
      if (key === "message" || key === "exception" || key === "creationStack") continue;
      lines.push(`  ${key}: ${String(value)}`);
    }
    if ("exception" in context) lines.push(describeError(context.exception));
    if (context.creationStack !== undefined) lines.push(`created at:\n${context.creationStack}`);
    this.host.report(lines.join("\n"));
  }

  /** Report an error that nobody can catch. Counterpart: `loop.call_exception_handler`. */
  callExceptionHandler(context: ExceptionContext): void {
    if (this.#exceptionHandler === null) {
      this.defaultExceptionHandler(context);
      return;
    }
    try {
      this.#exceptionHandler(this, context);
    } catch (error) {
      this.defaultExceptionHandler({
        message: `The exception handler failed (${String(error)}) while it handled: ${context.message}`,
        exception: context.exception,
      });
    }
  }
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by ${describeError(error.cause)}`;
}
