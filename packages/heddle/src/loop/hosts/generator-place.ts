/*
 * Where a suspended generator stands: on Node, by the engine's own inspector.
 *
 * JavaScript itself does not tell. The inspector knows the internals of a generator object, and Node gives
 * every thread a session with its own inspector, with no port and no second process. It is opened for one look
 * and closed: what it has seen is released then. Nothing stops meanwhile, as a session without breakpoints
 * never pauses, and a debugger that is attached has a session of its own.
 *
 * Scripts have numbers there. Their URLs are told only to who enables the debugger, which takes some
 * milliseconds: once for each script, then they are remembered.
 *
 * Where source maps are on (tsx, `--enable-source-maps`), the place is the one in the original. Where there is
 * no inspector (other runtimes, a Node built without it or that may not use it) the answer is null.
 */
import { type CodePlace, pathOf } from "../code-place.ts";

interface Session {
  connect(): void;
  disconnect(): void;
  on(event: string, listener: (message: { params: Script }) => void): void;
  post(method: string, params: object, callback: (error: unknown, result: never) => void): void;
}

interface Script {
  readonly scriptId: string;
  readonly url: string;
}

/** Lines and columns from 0. */
interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface RemoteObject {
  readonly subtype?: string;
  readonly objectId: string;
  readonly value?: unknown;
}

interface Property {
  readonly name: string;
  readonly value?: RemoteObject;
}

interface Properties {
  readonly result: readonly Property[];
  readonly internalProperties?: readonly Property[];
}

interface SourceMap {
  findEntry(
    line: number,
    column: number,
  ): { originalSource?: string; originalLine: number; originalColumn: number };
}

interface Builtins {
  "node:inspector": { Session: new () => Session; [LOOKED_AT]?: object };
  "node:module": { findSourceMap(url: string): SourceMap | undefined };
}

const { process: host } = globalThis as {
  process?: { getBuiltinModule?<K extends keyof Builtins>(name: K): Builtins[K] | undefined };
};

/** The inspector's own module is what both this code and the inspector's expressions can reach. */
const LOOKED_AT = Symbol.for("heddle.lookedAt");
const EXPRESSION = `process.getBuiltinModule("node:inspector")[Symbol.for("heddle.lookedAt")]`;

const urls = new Map<string, string>();

/** Where `generator` was suspended; where it was written if it runs or has ended; null if it cannot be told. */
export function generatorPlace(generator: object): CodePlace | null {
  try {
    const inspector = host?.getBuiltinModule?.("node:inspector");
    if (inspector === undefined) return null;
    const session = new inspector.Session();
    session.connect();
    try {
      inspector[LOOKED_AT] = generator;
      return look(session);
    } finally {
      delete inspector[LOOKED_AT];
      session.disconnect();
    }
  } catch {
    // There is no inspector, or it is not allowed: a report goes without.
    return null;
  }
}

function look(session: Session): CodePlace | null {
  const { result } = ask<{ result: RemoteObject }>(session, "Runtime.evaluate", {
    expression: EXPRESSION,
    silent: true,
  });
  if (result.subtype !== "generator") return null;
  const internals = propertiesOf(session, result).internalProperties;
  const generated = named(internals, "[[GeneratorFunction]]");
  const location = named(internals, "[[GeneratorLocation]]")?.value as Location | undefined;
  if (generated === undefined || location === undefined) return null;
  const { scriptId, lineNumber, columnNumber } = location;
  const name = named(propertiesOf(session, generated).result, "name")?.value;
  const functionName = typeof name === "string" && name !== "" ? name : "(anonymous)";
  const url = urlOf(session, scriptId);
  const original = host
    ?.getBuiltinModule?.("node:module")
    ?.findSourceMap(url)
    ?.findEntry(lineNumber, columnNumber);
  if (original?.originalSource === undefined) {
    return { functionName, file: pathOf(url), line: lineNumber + 1, column: columnNumber + 1 };
  }
  const { originalSource, originalLine, originalColumn } = original;
  return {
    functionName,
    file: pathOf(originalSource),
    line: originalLine + 1,
    column: originalColumn + 1,
  };
}

function propertiesOf(session: Session, { objectId }: RemoteObject): Properties {
  return ask(session, "Runtime.getProperties", { objectId, ownProperties: true });
}

function named(properties: readonly Property[] = [], name: string): RemoteObject | undefined {
  return properties.find((property) => property.name === name)?.value;
}

function urlOf(session: Session, scriptId: string): string {
  const known = urls.get(scriptId);
  if (known !== undefined) return known;
  session.on("Debugger.scriptParsed", ({ params }) => {
    if (params.scriptId === scriptId) urls.set(scriptId, params.url);
  });
  ask(session, "Debugger.enable", {});
  return urls.get(scriptId) ?? "";
}

/** A session with one's own thread answers before `post` returns. */
function ask<R>(session: Session, method: string, params: object): R {
  let answer: R | undefined;
  let failure: unknown = new Error(`the inspector did not answer ${method}`);
  session.post(method, params, (error, result) => {
    failure = error;
    answer = result;
  });
  if (failure) throw failure;
  return answer as R;
}
