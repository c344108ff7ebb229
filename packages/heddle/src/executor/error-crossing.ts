/*
 * Errors, from one side to the other.
 *
 * Structured clone keeps of an error only the message, the stack, the cause, and the name if it is a
 * builtin one; JSON keeps nothing. So an error is taken apart into plain data, and put together on the other
 * side as an instance of the class of the same name (error-classes.ts).
 *
 * It is put together without its constructor, whose arguments nobody knows: a real Error, which
 * `Error.isError`, debuggers and structured clone know as one, gets the class's prototype. Two classes
 * cannot be had in this way, for their methods look for what only their constructors make: DOMException
 * and ExceptionGroup.
 *
 * The errors that one drags along (`cause`, `errors`, fields) stand in one flat list: nested, a chain of
 * causes as long as a retry loop makes them would overflow the stack of JSON.stringify.
 */
import { StacklessError } from "../coroutine/errors.ts";
import { ExceptionGroup, isCancelled } from "../task/errors.ts";
import { CANCELLED_KEY, classOf, type ErrorClass, keyOf, nameOf } from "./error-classes.ts";
import {
  DataEncoder,
  decodeData,
  type EncodedData,
  type EncodedFields,
  read,
  UNREADABLE,
} from "./error-data.ts";

export { type ErrorClass, registerErrorClass } from "./error-classes.ts";

/** One thrown thing: an error, or else a `value`. */
export interface EncodedThrown {
  /** The keys of its class and of those above: `["MyError", "TypeError", "Error"]`. */
  classes?: string[];
  name?: string;
  /** Missing where the error has none, which differs from an empty one. */
  message?: string;
  stack?: string;
  cause?: EncodedData;
  /** Of an AggregateError or ExceptionGroup. */
  errors?: EncodedData[];
  /** Its own enumerable fields. */
  fields?: EncodedFields;
  /** What was thrown and is no error. */
  value?: EncodedData;
}

/** An error as plain data: survives structured clone and JSON. */
export interface EncodedError extends EncodedThrown {
  /** The errors that it drags along. Data names them by their place: 1 is the first, 0 the error itself. */
  others?: EncodedThrown[];
}

/** Errors that one error may drag along. */
const MOST_ERRORS = 10_000;
/** Classes above each other. */
const MOST_CLASSES = 50;
/** Properties that are no fields, or are treated by themselves. */
const SPECIAL: ReadonlySet<string> = new Set(["message", "stack"]);
const SPECIAL_OF_GROUPS: ReadonlySet<string> = new Set([...SPECIAL, "errors"]);

/**
 * Take apart what was thrown. Never throws: what cannot be held (functions, sockets, getters that throw,
 * fields beyond 1 MiB in all) is left out; a thrown value of which nothing can be held becomes a
 * TypeError that says what it was.
 */
export function encodeError(error: unknown): EncodedError {
  const found: object[] = [];
  const places = new Map<object, number>();
  const placeOf = (value: object): number | undefined => {
    const place = places.get(value);
    if (place !== undefined || found.length > MOST_ERRORS || !isError(value)) return place;
    places.set(value, found.length);
    return found.push(value) - 1;
  };
  const data = new DataEncoder(placeOf);
  const encoded: EncodedError = {};
  if (isError(error)) {
    placeOf(error);
    Object.assign(encoded, encodeOne(error, data));
  } else {
    found.push(encoded); // it takes the place 0, as an error would
    Object.assign(encoded, encodeValue(error, data));
  }
  const others: EncodedThrown[] = [];
  for (let place = 1; place < found.length; place++) {
    others.push(encodeOne(found[place] as object, data));
  }
  if (others.length > 0) encoded.others = others;
  return encoded;
}

function encodeOne(error: object, data: DataEncoder): EncodedThrown {
  const classes = keysOf(error);
  const encoded: EncodedThrown = { classes, name: text(read(error, "name")) ?? "Error" };
  const message = text(read(error, "message"));
  if (message !== undefined && (message !== "" || hasOwn(error, "message"))) {
    encoded.message = message;
  }
  const stack = read(error, "stack");
  if (typeof stack === "string") encoded.stack = stack;
  const isGroup = classes.includes("AggregateError");
  const fields = data.fields(error, isGroup ? SPECIAL_OF_GROUPS : SPECIAL);
  if (Object.keys(fields).length > 0) encoded.fields = fields;
  // One that was assigned, and not given to the constructor, is a field.
  if (has(error, "cause") && !("cause" in fields)) {
    const cause = data.encode(read(error, "cause"));
    if (cause !== undefined) encoded.cause = cause;
  }
  if (isGroup) encoded.errors = data.members(read(error, "errors"));
  return encoded;
}

function encodeValue(value: unknown, data: DataEncoder): EncodedThrown {
  const plain = data.encode(value);
  if (plain !== undefined) return { value: plain };
  if (typeof value === "object" && value !== null) {
    const fields = data.fields(value);
    if (Object.keys(fields).length > 0) return { value: { object: fields } };
  }
  const error = new TypeError(`${describe(value)} was thrown, which is no error and no data`);
  return encodeOne(error, data);
}

/**
 * Put together what `encodeError` took apart. `where` is added to the stack as a last line, such as "thread 2 of
 * ThreadPoolExecutor". Never throws: for what is no encoded error it gives a TypeError that says so.
 */
export function decodeError(encoded: EncodedError, where?: string): unknown {
  try {
    const list: EncodedThrown[] = [encoded, ...(encoded.others ?? [])];
    const errors = list.map((each) => (each.classes === undefined ? undefined : newError(each)));
    list.forEach((each, place) => {
      const error = errors[place];
      if (error !== undefined) complete(error, each, errors, place === 0 ? where : undefined);
    });
    if (errors[0] !== undefined) return errors[0];
    if (encoded.value === undefined) throw new TypeError("it has neither classes nor a value");
    return decodeData(encoded.value, errors);
  } catch (error) {
    return new TypeError("an error came that cannot be read: is the other side another version?", {
      cause: error,
    });
  }
}

/** An error of the right class, still empty. */
function newError({ classes = [], message = "", name = "" }: EncodedThrown): Error {
  const level = classes.findIndex((key) => classOf(key) !== undefined);
  const known = classOf(classes[level] ?? "Error") ?? Error;
  const error = is(known, DOMException)
    ? new DOMException(message, name)
    : is(known, ExceptionGroup)
      ? new ExceptionGroup("", [undefined])
      : newPlainError();
  return Object.setPrototypeOf(
    error,
    (level === 0 ? known : stranger(classes[0], known)).prototype,
  );
}

/** Without the message, of which there may be none. */
function newPlainError(): Error {
  const error = new StacklessError("");
  Reflect.deleteProperty(error, "message");
  return error;
}

function is(errorClass: ErrorClass, base: ErrorClass): boolean {
  return errorClass === base || errorClass.prototype instanceof base;
}

/** In the place of a class that is unknown here: consoles show the name of what `constructor` is. */
function stranger(key: string | undefined, known: ErrorClass): { prototype: object } {
  class Stranger {}
  Object.setPrototypeOf(Stranger, known);
  Object.setPrototypeOf(Stranger.prototype, known.prototype);
  return Object.defineProperty(Stranger, "name", { value: nameOf(key ?? "Error") });
}

function complete(
  error: Error,
  encoded: EncodedThrown,
  errors: readonly unknown[],
  where: string | undefined,
): void {
  const { message, fields = {} } = encoded;
  if (message !== undefined && !(error instanceof DOMException)) define(error, "message", message);
  for (const [key, each] of Object.entries(fields)) {
    define(error, key, decodeData(each, errors), true);
  }
  const name = nameFor(encoded);
  if (error.name !== name) define(error, "name", name);
  if (encoded.cause !== undefined) define(error, "cause", decodeData(encoded.cause, errors));
  if (encoded.errors !== undefined) {
    define(error, "errors", decodeData(encoded.errors, errors));
  }
  const stack = stackFor(encoded, name);
  define(error, "stack", where === undefined ? stack : `${stack}\n    in ${where}`);
}

/** Its name; of a class that is unknown here and gives itself none, the class's. */
function nameFor({ classes = [], name = "Error", fields = {} }: EncodedThrown): string {
  const [own, ...above] = classes;
  if (own === undefined || classOf(own) !== undefined || "name" in fields) return name;
  return above.some((key) => nameOf(key) === name) ? nameOf(own) : name;
}

/**
 * The stack, beginning with name and message. Firefox and Safari have only the frames; V8 keeps the name
 * and the message that the error had when it was made, and a class gives the name after that.
 */
function stackFor(encoded: EncodedThrown, name: string): string {
  const { stack = "", message = "", classes = [] } = encoded;
  if (stack.startsWith(name) && !/^[\w$]/.test(stack.slice(name.length))) return stack;
  const title = name === "" || message === "" ? name + message : `${name}: ${message}`;
  for (const key of [...classes, "Error"]) {
    const head = message === "" ? nameOf(key) : `${nameOf(key)}: ${message}`;
    const rest = stack.slice(head.length);
    if (stack.startsWith(head) && (rest === "" || rest.startsWith("\n"))) return title + rest;
  }
  const frames = /^\s+at /m.exec(stack);
  const rest = frames === null ? stack : stack.slice(frames.index).replace(/^\n/, "");
  return rest === "" ? title : `${title}\n${rest}`;
}

/** Errors of other realms and DOMExceptions are errors, too. */
function isError(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  try {
    if (value instanceof Error) return true;
    return /^\[object (Error|DOMException)\]$/.test(Object.prototype.toString.call(value));
  } catch {
    return false; // a Proxy that is revoked
  }
}

function keysOf(error: object): string[] {
  const keys: string[] = [];
  try {
    let each: object | null = Object.getPrototypeOf(error);
    for (; each !== null && keys.length < MOST_CLASSES; each = Object.getPrototypeOf(each)) {
      const key = hasOwn(each, "constructor") ? keyOf(read(each, "constructor")) : undefined;
      if (key !== undefined) keys.push(key);
    }
    // Of another copy of heddle.
    if (isCancelled(error) && !keys.includes(CANCELLED_KEY)) keys.unshift(CANCELLED_KEY);
  } catch {
    // A Proxy's trap has thrown: what is known must do.
  }
  if (!keys.includes("Error")) keys.push("Error");
  return keys;
}

function has(object: object, key: string): boolean {
  try {
    return key in object;
  } catch {
    return false;
  }
}

function hasOwn(object: object, key: string): boolean {
  try {
    return Object.hasOwn(object, key);
  } catch {
    return false;
  }
}

function text(value: unknown): string | undefined {
  if (value === undefined || value === UNREADABLE) return undefined;
  try {
    return String(value);
  } catch {
    return undefined;
  }
}

function describe(value: unknown): string {
  if (typeof value === "function")
    return `the function ${text(read(value, "name")) || "without name"}`;
  if (typeof value === "symbol") return String(value);
  const made = typeof value === "object" && value !== null ? read(value, "constructor") : undefined;
  const name = typeof made === "function" ? text(read(made, "name")) : undefined;
  return `an object of class ${name ?? "Object"}`;
}

function define(error: Error, key: string, value: unknown, enumerable = false): void {
  Reflect.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
}
