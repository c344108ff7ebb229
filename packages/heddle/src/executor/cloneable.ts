/*
 * Which part of a value cannot be sent.
 *
 * The engine says "()=>{} could not be cloned", and not where in the value that stands. What can be cloned
 * differs from runtime to runtime, and a Proxy cannot be told from what it stands for. So nothing is known
 * here about types: parts are given to structuredClone, which alone decides, first all items of a
 * container, then halves of them, until one is left; and so on within it. A level costs at most twice
 * the clone of what it holds.
 */
import { Transfer, type Transferable } from "./transfer.ts";

/** Containers within each other that are entered. */
const DEPTH = 500;
/** Characters of a path: its begin and its end tell where it is. */
const LONGEST = 200;
const ADVICE =
  "Only data goes to a worker and back: plain objects, arrays, Map, Set, Date, Error, bytes; of a class's " +
  "instance its fields alone";

/**
 * The error for a value that structured clone has refused with `error`: names the first part that cannot
 * be cloned, by its path from `path`. `list` is what was to be transferred, `clone` what refuses what cannot be
 * cloned. Never throws.
 */
export function explainUncloneable(
  value: unknown,
  path: string,
  error: unknown,
  list: readonly Transferable[] = [],
  clone: (value: unknown) => unknown = structuredClone,
): TypeError {
  let found: string | undefined;
  try {
    found = new Search(list, path, clone).run(value, error);
  } catch {
    // Whatever a Proxy or getter does: the engine's own words must do.
  }
  const what = path === "" ? "this" : path;
  const detail = found ?? `${messageOf(error).replace(/\.$/, "")}. ${ADVICE}`;
  return new TypeError(`${what} cannot be sent: ${detail}`, { cause: error });
}

/** What engines say of a port that is not in the list. */
const TRANSFERABLE = new Error("it can be transferred");

/** One part: its value, or else what reading it has thrown. */
interface Part {
  readonly trail: string;
  readonly value?: unknown;
  readonly thrown?: unknown;
}

class Search {
  readonly #listed: ReadonlySet<unknown>;
  readonly #start: string;
  readonly #entered = new Set<object>();
  #depth = 0;
  /** Bad parts that were passed over: entered before, as happens in a cycle … */
  #repeated = 0;
  /** … and those that are to be transferred, or lie too deep. */
  #unsearched = 0;
  /** Of its bad parts all were entered before: the culprit if there is no surer one, such as a Proxy. */
  #suspect: string | undefined;

  readonly #clone: (value: unknown) => unknown;

  constructor(list: readonly Transferable[], path: string, clone: (value: unknown) => unknown) {
    this.#clone = clone;
    // Buffers can be copied, too, unless they are gone already.
    this.#listed = new Set(list.filter((each) => !(each instanceof ArrayBuffer)));
    // "arguments" and "[0].f" make "arguments[0].f"; "argument 1" makes no such name.
    this.#start = /^[\w$.[\]]*$/.test(path) ? path : "";
  }

  run(value: unknown, error: unknown): string | undefined {
    return this.#port(value, error) ?? this.#among([{ trail: "", value }]) ?? this.#suspect;
  }

  /** Node dies of cloning a port that is closed, which cannot be seen: so ports are looked for, not tried. */
  #port(value: unknown, error: unknown): string | undefined {
    const isGone = /detached|closed|neutered/i.test(messageOf(error));
    const seen = new Set<unknown>();
    const left: Part[] = [{ trail: "", value }];
    for (let part = left.pop(); part !== undefined; part = left.pop()) {
      const { value: each } = part;
      if (typeof each !== "object" || each === null || seen.has(each)) continue;
      seen.add(each);
      if (!isPort(each)) for (const inner of partsOf(each, part.trail).reverse()) left.push(inner);
      else if (!this.#listed.has(each)) return this.#blame(part, TRANSFERABLE);
      else if (isGone) {
        return `${this.#name(part)} is a MessagePort that is closed, or was transferred before: each can be sent once`;
      }
    }
    return undefined;
  }

  /** What is wrong in one of these parts. */
  #among(parts: readonly Part[]): string | undefined {
    const [first] = parts;
    if (first === undefined) return undefined;
    const broken = parts.find((each) => "thrown" in each);
    if (broken !== undefined) {
      const thrown = messageOf(broken.thrown);
      return `${this.#name(broken)} is a getter that throws: ${thrown}. ${ADVICE}`;
    }
    const refused = refusalOf(
      parts.length === 1 ? first.value : parts.map(({ value }) => value),
      this.#clone,
    );
    if (refused === undefined) return undefined;
    if (parts.length === 1) return this.#within(first, refused.error);
    const middle = parts.length >> 1;
    return this.#among(parts.slice(0, middle)) ?? this.#among(parts.slice(middle));
  }

  /** What is wrong with a part that was refused. */
  #within(part: Part, error: unknown): string | undefined {
    const { value } = part;
    if (this.#listed.has(value) || this.#depth >= DEPTH) {
      this.#unsearched++;
      return undefined;
    }
    if (typeof value !== "object" || value === null) return this.#blame(part, error);
    if (this.#entered.has(value)) {
      this.#repeated++;
      return undefined;
    }
    this.#entered.add(value);
    const repeated = this.#repeated;
    const unsearched = this.#unsearched;
    this.#depth++;
    const found = this.#among(partsOf(value, part.trail));
    this.#depth--;
    if (found !== undefined || this.#unsearched > unsearched) return found;
    if (this.#repeated === repeated) return this.#blame(part, error);
    this.#suspect ??= this.#blame(part, error);
    return undefined;
  }

  #blame(part: Part, error: unknown): string {
    return `${this.#name(part)} is ${describe(part.value)}. ${adviceFor(part.value, error)}`;
  }

  #name({ trail }: Part): string {
    const name = (this.#start + trail).trim().replace(/^\./, "") || "it";
    return name.length > LONGEST
      ? `${name.slice(0, LONGEST / 2)}…${name.slice(-LONGEST / 2)}`
      : name;
  }
}

function partsOf(value: object, trail: string): Part[] {
  if (value instanceof Transfer || tagOf(value) === "Module" || ArrayBuffer.isView(value))
    return [];
  try {
    if (value instanceof Map) {
      return [...value].flatMap(([key, each], index) => [
        { trail: `${trail} (key ${index})`, value: key },
        {
          trail: `${trail}.get(${typeof key === "string" ? JSON.stringify(key) : index})`,
          value: each,
        },
      ]);
    }
    if (value instanceof Set) {
      return [...value].map((each, index) => ({ trail: `${trail} (item ${index})`, value: each }));
    }
    const keys = value instanceof Error ? ["cause"] : Object.keys(value);
    return keys.map((key) => partOf(value, key, trail));
  } catch {
    return []; // a Proxy of these
  }
}

function partOf(value: object, key: string, above: string): Part {
  const isIndex = Array.isArray(value) && /^\d+$/.test(key);
  const isName = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key);
  const trail = above + (isIndex ? `[${key}]` : isName ? `.${key}` : `[${JSON.stringify(key)}]`);
  try {
    return { trail, value: Reflect.get(value, key) };
  } catch (thrown) {
    return { trail, thrown };
  }
}

/** The error of cloning it. */
function refusalOf(
  value: unknown,
  clone: (value: unknown) => unknown,
): { error: unknown } | undefined {
  try {
    clone(value);
    return undefined;
  } catch (error) {
    return { error };
  }
}

function describe(value: unknown): string {
  if (value instanceof Transfer) return "what transfer() gave";
  if (typeof value === "function") {
    return /^class\b/.test(Function.prototype.toString.call(value)) ? "a class" : "a function";
  }
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  if (isDetached(value)) return `a detached ${tagOf(value)}`;
  const tag = tagOf(value);
  if (tag === "Module") return "a module";
  const name = classNameOf(value) ?? tag;
  // Of all that is made of fields alone, and whose fields are fine, only Proxies are refused.
  if (tag === "Object" || tag === "Array") return `a Proxy (of ${article(name)} ${name})`;
  return `${article(name)} ${name}`;
}

function adviceFor(value: unknown, error: unknown): string {
  if (value instanceof Transfer) return "Put transfer() around the whole argument, not into it";
  if (value instanceof Promise) return "Await it first, and send what it gives";
  if (isDetached(value))
    return "Its bytes were moved to another thread before: each can be sent once";
  const isMovable = typeof value === "object" && /transfer/i.test(messageOf(error));
  return isMovable ? "It can only be moved: wrap the argument, transfer(argument, [it])" : ADVICE;
}

/** Buffers of no bytes are seldom, and refused ones are detached. */
function isDetached(value: unknown): value is object {
  return (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) && value.byteLength === 0;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function classNameOf(value: object): string | undefined {
  const { constructor: made } = value;
  return typeof made === "function" && made.name !== "" ? made.name : undefined;
}

/** To Node 20 its tag is that of an EventTarget. */
function isPort(value: object): boolean {
  return tagOf(value) === "MessagePort" || classNameOf(value) === "MessagePort";
}

function article(name: string): string {
  return /^[aeiou]/i.test(name) ? "an" : "a";
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "an error that cannot be shown";
  }
}
