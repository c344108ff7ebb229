/*
 * A function as its source, for another thread to compile.
 *
 * Threads share no variables, so a function that uses one from around it cannot travel; JavaScript would say
 * so only when it has arrived, by a ReferenceError, or not at all if the thread has a variable of that name.
 * Here it is found before anything runs, and the error names all of them. What the function brings along is
 * the concern of read-function.ts, what is supplied in the other thread that of supplied.ts.
 */

import { boundedCache } from "./bounded-cache.ts";
import { placesIn } from "./function-place.ts";
import type { Outside } from "./outside-walk.ts";
import { type Reading, readFunction, UnreadableFunction } from "./read-function.ts";

type AnyFunction = (...args: never[]) => unknown;

/** One that is submitted again and again is read once … */
const byFunction = new WeakMap<AnyFunction, string>();
/** … and so is one that is made anew each time, as a closure in a loop is. */
const byText = boundedCache<string>(1_000);

/**
 * A JavaScript expression that gives `fn` in another thread, by `compileFunction`. Throws TypeError if `fn`
 * depends on what stands around it, or has no source. `call` is what the user called, for the message.
 */
export function sourceOf(fn: AnyFunction, call: string): string {
  return byFunction.get(fn) ?? readSource(fn, call);
}

function readSource(fn: AnyFunction, call: string): string {
  if (typeof fn !== "function") {
    throw new TypeError(`${call}() needs a function; got ${fn === null ? "null" : typeof fn}`);
  }
  const text = Function.prototype.toString.call(fn);
  const name = typeof fn.name === "string" ? fn.name : "";
  const key = `${name}\n${text}`;
  const source = byText.get(key) ?? byText.set(key, write(fn, name, text, call));
  byFunction.set(fn, source);
  return source;
}

const MODULE =
  'export the function from a module and hand over moduleFunction(import.meta.resolve("./work.js"), "name")';

function write(fn: AnyFunction, name: string, text: string, call: string): string {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) throw sourceless(name, call);
  let reading: Reading;
  try {
    reading = readFunction(text);
  } catch (error) {
    if (!(error instanceof UnreadableFunction)) throw error;
    const [place] = placesIn(fn, text, [Math.max(error.index, 0)]);
    throw new TypeError(
      `${call}(): the function's source cannot be read as strict JavaScript (${place}): ${error.message}. ` +
        `Write it so, or ${MODULE}`,
      { cause: error },
    );
  }
  if (reading.form === "class") {
    throw new TypeError(
      `${call}(): ${name === "" ? "a class" : `"${name}" is a class, and a class`} cannot be handed over. ` +
        `Write a function that has the class inside of it, or ${MODULE}`,
    );
  }
  if (reading.outside.length > 0) throw refusal(fn, text, reading.outside, call);
  return expression(name, text, reading);
}

function sourceless(name: string, call: string): TypeError {
  if (name.startsWith("bound ")) {
    return new TypeError(
      `${call}(): "${name}" was made by bind(), and has no source to hand over. ` +
        `Pass what is bound as arguments, or ${MODULE}`,
    );
  }
  const subject = name === "" ? "a native function" : `"${name}" is a native function, and`;
  return new TypeError(
    `${call}(): ${subject} has no source to hand over. Call it inside of a function of your own`,
  );
}

/** Kinds other than variables and imports, of which one is enough. */
const reasons: Readonly<Record<string, string>> = {
  this: 'which does not travel with it. Pass what it needs of "this" as an argument, or ',
  arguments: "which an arrow function has from around it. Give it parameters: (...args) => …, or ",
  "new.target": "which an arrow function has from around it. Pass it as an argument, or ",
  super: "and its class does not travel with it. Pass what it needs as an argument, or ",
  "private name":
    "a private name of the class around it, which does not travel with it. Pass the value as an argument, or ",
  "import.meta":
    "and it leaves its module. Pass what it needs, such as import.meta.url, as an argument, or ",
  eval: "which may use anything around it. Say (0, eval)(…), which sees globals alone, or ",
  "relative import":
    "and it leaves its module, to which that is relative. Pass the result of import.meta.resolve() as an argument, or ",
};

function refusal(
  fn: AnyFunction,
  text: string,
  outside: readonly Outside[],
  call: string,
): TypeError {
  const where = (some: readonly Outside[]) => {
    const places = placesIn(
      fn,
      text,
      some.map(({ index }) => index),
    );
    return new Set(places).size === 1 ? places[0] : places.join(", ");
  };
  const head = `${call}(): the function uses `;
  const variables = outside.filter(({ kind }) => kind === "variable");
  const imports = outside.filter(({ kind }) => kind === "import");
  // With an eval nothing is known of what is whose.
  const evaluation = outside.find(({ kind }) => kind === "eval");
  const isAlone = variables.length + imports.length === 0;
  const other = evaluation ?? (isAlone ? outside.find(({ kind }) => kind in reasons) : undefined);
  if (other !== undefined) {
    return new TypeError(
      `${head}${other.name} (${where([other])}), ${reasons[other.kind]}${MODULE}`,
    );
  }
  const parts: string[] = [];
  const advice: string[] = [];
  if (variables.length > 0) {
    const many = variables.length > 1;
    const are = many ? "are variables" : "is a variable";
    parts.push(`${listed(variables)}, which ${are} outside of it (${where(variables)})`);
    advice.push(many ? "pass them as arguments" : "pass it as an argument");
    if (imports.length === 0)
      advice.push('import it inside (await import("…")) if it is of a package');
  }
  if (imports.length > 0) {
    const are = imports.length > 1 ? "are imports" : "is an import";
    parts.push(`${listed(imports)}, which ${are} of its module (${where(imports)})`);
    advice.push('import packages inside of it, as in const { sleep } = await import("heddle")');
  }
  return new TypeError(
    `${head}${parts.join(", and ")}. Nothing around a function travels with it: ${advice.join(", ")}, or ${MODULE}`,
  );
}

function listed(outside: readonly Outside[]): string {
  const names = outside.map(({ name }) => name);
  const last = names.pop() ?? "";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}

/** Keeps the lines as they were, and the name, which arrows and methods have from what is around them. */
function expression(name: string, text: string, reading: Reading): string {
  const { form, parameters } = reading;
  const isMethod = form === "method" || form === "get" || form === "set";
  const start = isMethod ? parameters : 0;
  const body = edited(text, start, reading);
  if (!isMethod && (reading.hasOwnName || name === "")) return `(${body})`;
  const key = JSON.stringify(name.replace(form === "method" ? "" : /^[gs]et /, ""));
  if (!isMethod) return `({[${key}]:${body}})[${key}]`;
  const lines = "\n".repeat(text.slice(0, start).split("\n").length - 1);
  if (form !== "method") {
    return `Object.getOwnPropertyDescriptor({${form}[${key}]${lines}${body}},${key}).${form}`;
  }
  const before = `${reading.isAsync ? "async" : ""}${reading.isGenerator ? "*" : ""}`;
  return `({${before}[${key}]${lines}${body}})[${key}]`;
}

function edited(text: string, from: number, { edits }: Reading): string {
  let done = from;
  let result = "";
  for (const { start, end, text: replacement } of [...edits].sort((a, b) => a.start - b.start)) {
    result += text.slice(done, start) + replacement;
    done = end;
  }
  return result + text.slice(done);
}
