/**
 * How values, errors and states of futures are written in a trace (LANGUAGE.md, section 4), and
 * the errors that programs raise themselves.
 *
 * Traces carry Python's class names. heddle has asyncio's names too; only where JavaScript has a
 * word of its own (RangeError for ValueError) is there something to translate. An error that no
 * program can cause by right, such as a TypeError, is shown with its message: it will differ from
 * the expected trace in any case, and so explains itself.
 */
import * as heddle from "heddle";
import type { ErrorSpec, Json, UserErrorName } from "./program.ts";

/** An error that a program raises itself: ErrA, ErrB or ErrC. */
class UserError extends Error {
  readonly value: Json | undefined;

  constructor(name: UserErrorName, value: Json | undefined) {
    super();
    this.name = name;
    this.value = value;
  }
}

/** Makes the error that `{"error": CLASS, "value" | "msg": …}` describes. */
export function makeError(spec: ErrorSpec): Error {
  if (spec.error === "ExceptionGroup") {
    return new heddle.ExceptionGroup("group", spec.errors.map(makeError));
  }
  if (spec.error !== "CancelledError") return new UserError(spec.error, spec.value);
  return spec.msg === undefined ? new heddle.CancelledError() : new heddle.CancelledError(spec.msg);
}

/** Does the `on` of an except clause select this error? */
export function matches(on: string, error: unknown): boolean {
  if (on === "any") return true;
  if (on === "Exception") return !(error instanceof heddle.CancelledError);
  return className(error) === on;
}

const namesInPython = new Map([["RangeError", "ValueError"]]);

const namesAlike = new Set([
  "TimeoutError",
  "InvalidStateError",
  "RuntimeError",
  "LookupError",
  "QueueFull",
  "QueueEmpty",
  "QueueShutDown",
  "BrokenBarrierError",
]);

function className(error: unknown): string {
  if (error instanceof heddle.CancelledError) return "CancelledError";
  if (error instanceof heddle.ExceptionGroup) return "ExceptionGroup";
  if (!(error instanceof Error)) return typeof error;
  return namesInPython.get(error.name) ?? error.name;
}

/** The rendering of a value or an error. `undefined` is Python's None. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isInteger(value)) throw new Error(`traces have no number like ${value}`);
      return String(value);
  }
  if (value instanceof Error) return showError(value);
  throw new Error(`traces cannot show ${Object.prototype.toString.call(value)}`);
}

function showError(error: Error): string {
  if (error instanceof heddle.ExceptionGroup) {
    return `ExceptionGroup[${error.errors.map(show).join(", ")}]`;
  }
  if (error instanceof heddle.CancelledError) {
    return Object.hasOwn(error, "message")
      ? `CancelledError('${error.message}')`
      : "CancelledError";
  }
  if (error instanceof UserError) {
    return error.value === undefined ? error.name : `${error.name}(${show(error.value)})`;
  }
  const name = className(error);
  const expected = namesAlike.has(name) || namesInPython.has(error.name);
  return expected ? name : `${name}: ${error.message}`;
}

/** The state of a future; looking at it changes nothing. */
export function stateOf(future: heddle.Future<unknown>): string {
  if (!future.done()) return "pending";
  if (future.cancelled()) return "cancelled";
  const error = future.exception();
  return error ? `raised ${show(error)}` : `returned ${show(future.result())}`;
}
