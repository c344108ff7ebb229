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
  /** Whose method failed, and what called it. */
  protocol?: object;
  transport?: object;
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
      lines.push(`  ${key}: ${textOf(value)}`);
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
        message: `The exception handler failed (${textOf(error)}) while it handled: ${context.message}`,
        exception: context.exception,
      });
    }
  }
}

/** The error with its stack, its causes and, for a group, its members. Never throws. */
function describeError(error: unknown, seen = new Set<unknown>()): string {
  if (!(error instanceof Error)) return textOf(error);
  if (seen.has(error)) return "(the same error again)";
  seen.add(error);
  const parts = [error.stack ?? textOf(error)];
  if (error instanceof AggregateError && Array.isArray(error.errors)) {
    for (const member of error.errors) parts.push(indented(describeError(member, seen)));
  }
  if (error.cause !== undefined) parts.push(`caused by ${describeError(error.cause, seen)}`);
  return parts.join("\n");
}

function indented(text: string): string {
  return `  ${text.replaceAll("\n", "\n  ")}`;
}

/** `String(value)`, for values that cannot be made one too. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
