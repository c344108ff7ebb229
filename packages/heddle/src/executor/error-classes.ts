/*
 * The error classes that are found again by name on the other side.
 *
 * heddle's own go by a key of their own ("heddle.TimeoutError"): half of npm has a class TimeoutError, and
 * such a foreign one must not arrive as an instance of heddle's. They are listed by hand, for a bundler
 * may rename a class, or leave out those that nobody imports; a test compares the list with the exports.
 */
import { LookupError } from "../context/context.ts";
import { GeneratorExit, RuntimeError, StopIteration } from "../coroutine/errors.ts";
import {
  BrokenResourceError,
  ClosedResourceError,
  EndOfChannel,
  WouldBlock,
} from "../queue/channel-errors.ts";
import { QueueEmpty, QueueFull, QueueShutDown } from "../queue/errors.ts";
import { ConnectionResetError, IncompleteReadError, LimitOverrunError } from "../stream/errors.ts";
import { BrokenBarrierError } from "../sync/barrier.ts";
import {
  CancelledError,
  DeadlockError,
  ExceptionGroup,
  InvalidStateError,
  TimeoutError,
} from "../task/errors.ts";
import { BrokenExecutorError } from "../task/executor.ts";

export type ErrorClass = abstract new (...args: never[]) => Error;

const OWN = "heddle.";

const builtins: Record<string, ErrorClass> = {
  AggregateError,
  DOMException,
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

const heddles: Record<string, ErrorClass> = {
  BrokenBarrierError,
  BrokenExecutorError,
  BrokenResourceError,
  CancelledError,
  ClosedResourceError,
  ConnectionResetError,
  DeadlockError,
  EndOfChannel,
  ExceptionGroup,
  GeneratorExit,
  IncompleteReadError,
  InvalidStateError,
  LimitOverrunError,
  LookupError,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  RuntimeError,
  StopIteration,
  TimeoutError,
  WouldBlock,
};

const classes = new Map<string, ErrorClass>();
const keys = new Map<unknown, string>();

for (const [name, each] of Object.entries(builtins)) addErrorClass(name, each);
for (const [name, each] of Object.entries(heddles)) addErrorClass(OWN + name, each);

function addErrorClass(key: string, errorClass: ErrorClass): void {
  classes.set(key, errorClass);
  keys.set(errorClass, key);
}

/** @internal An error class of heddle's that another room exports. */
export function registerOwnErrorClass(name: string, errorClass: ErrorClass): void {
  addErrorClass(OWN + name, errorClass);
}

/**
 * Errors of this class arrive from a worker as its instances. Without it they arrive as instances of
 * the nearest class that is known (the builtin ones and heddle's are), under their own name.
 *
 * Call it on the side where the errors arrive, with a class of the same name as on the other. No
 * constructor runs there: an instance gets the class's prototype, the message, the stack and the
 * fields that are data; private fields (`#field`) it lacks.
 *
 * Throws TypeError for what is no named subclass of Error, RangeError for a second class of one name.
 *
 * @example
 * registerErrorClass(PaymentError);
 */
export function registerErrorClass(errorClass: ErrorClass): void {
  if (typeof errorClass !== "function" || !(errorClass.prototype instanceof Error)) {
    const got = typeof errorClass === "function" ? errorClass.name || "a function" : errorClass;
    throw new TypeError(`registerErrorClass(): expected a subclass of Error, got ${String(got)}`);
  }
  if (keys.has(errorClass)) return;
  const { name } = errorClass;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      "registerErrorClass(): the class has no name, and errors find their class by it",
    );
  }
  if (classes.has(name)) {
    throw new RangeError(
      `registerErrorClass(): there is another class ${name} already, and errors find their class by ` +
        "its name: give one of the two another name",
    );
  }
  addErrorClass(name, errorClass);
}

/** The key of a class: what names it in an encoded error. */
export function keyOf(errorClass: unknown): string | undefined {
  const key = keys.get(errorClass);
  if (key !== undefined || typeof errorClass !== "function") return key;
  const { name } = errorClass;
  return typeof name === "string" && name !== "" && name !== "Object" ? name : undefined;
}

export function classOf(key: string): ErrorClass | undefined {
  return classes.get(key);
}

/** The name of a class, of its key. */
export function nameOf(key: string): string {
  return key.startsWith(OWN) ? key.slice(OWN.length) : key;
}

/** The key of CancelledError. */
export const CANCELLED_KEY = `${OWN}CancelledError`;
