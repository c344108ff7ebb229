/*
 * Where in the user's files a part of a function stands, for an error message.
 *
 * The engine's inspector knows where a function begins; it is opened for one look and closed, as in
 * loop/hosts/generator-place.ts, and a debugger that is attached has a session of its own. The script's text
 * is searched for the function's, which gives the exact place of each part of it. If the script was compiled,
 * its source map leads back: the one that Node has loaded, or the one that the script names, for vitest and
 * others keep theirs to themselves. Without an inspector the line is counted from the function's first.
 */

import { readFileSync } from "node:fs";
import type { Session } from "node:inspector";
import { findSourceMap, SourceMap, type SourceMapPayload } from "node:module";
import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { pathOf } from "../../loop/code-place.ts";

interface Script {
  readonly url: string;
  readonly sourceMapURL?: string | undefined;
  readonly source: string;
  /** Where in the source the function begins. */
  readonly start: number;
}

type AnyFunction = (...args: never[]) => unknown;

/** A word for the place of each index into the source of `fn`: "src/app.ts:12", or "line 3 of the function". */
export function placesIn(fn: AnyFunction, source: string, indices: readonly number[]): string[] {
  const script = scriptOf(fn, source);
  const map = script && mapOf(script);
  return indices.map((index) => {
    if (script === null) return `line ${lineAt(source, index) + 1} of the function`;
    const position = script.start + index;
    const line = lineAt(script.source, position);
    const column = position - (script.source.lastIndexOf("\n", position - 1) + 1);
    const entry = map?.findEntry(line, column);
    if (entry && "originalSource" in entry && entry.originalSource) {
      return `${shortPath(originalPath(entry.originalSource, script.url))}:${entry.originalLine + 1}`;
    }
    return `${shortPath(pathOf(script.url))}:${line + 1}`;
  });
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length - 1;

/** From the working directory, if it is in there. */
function shortPath(path: string): string {
  if (!isAbsolute(path)) return path;
  const short = relative(process.cwd(), path);
  return short.startsWith("..") || isAbsolute(short) ? path : short;
}

/** Relative ones are relative to the script. */
function originalPath(source: string, script: string): string {
  if (isAbsolute(source) || URL.canParse(source)) return pathOf(source);
  const base = URL.canParse(script) ? script : `file://${script}`;
  return URL.canParse(source, base) ? pathOf(new URL(source, base).href) : source;
}

/** What both this code and the inspector's expressions can reach is the inspector's own module. */
const LOOKED_AT = Symbol.for("heddle.lookedAt");
const EXPRESSION = `process.getBuiltinModule("node:inspector")[Symbol.for("heddle.lookedAt")]`;

function scriptOf(fn: AnyFunction, source: string): Script | null {
  try {
    const inspector = process.getBuiltinModule("node:inspector");
    const session = new inspector.Session();
    session.connect();
    try {
      Reflect.set(inspector, LOOKED_AT, fn);
      return look(session, source);
    } finally {
      Reflect.deleteProperty(inspector, LOOKED_AT);
      session.disconnect();
    }
  } catch {
    // There is no inspector, or it is not allowed: the message counts lines.
    return null;
  }
}

function look(session: Session, source: string): Script | null {
  // A session with one's own thread answers before `post` returns; Bun and Deno say later that they cannot.
  let script: Script | null = null;
  session.post(
    "Runtime.evaluate",
    { expression: EXPRESSION, silent: true },
    (failure, evaluated) => {
      if (failure) return;
      const { objectId } = evaluated.result;
      if (objectId === undefined) return;
      session.post(
        "Runtime.getProperties",
        { objectId, ownProperties: true },
        (failure, properties) => {
          if (failure) return;
          const location: unknown = properties.internalProperties?.find(
            ({ name }) => name === "[[FunctionLocation]]",
          )?.value?.value;
          if (isLocation(location)) script = scriptAt(session, location, source);
        },
      );
    },
  );
  return script;
}

/** Lines and columns from 0; a function begins, for the engine, with its parameters. */
interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

const isLocation = (value: unknown): value is Location =>
  typeof value === "object" && value !== null && "scriptId" in value && "lineNumber" in value;

function scriptAt(session: Session, location: Location, source: string): Script | null {
  const { scriptId, lineNumber, columnNumber } = location;
  let script: Script | null = null;
  session.on("Debugger.scriptParsed", ({ params }) => {
    if (params.scriptId !== scriptId) return;
    session.post("Debugger.getScriptSource", { scriptId }, (failure, answer) => {
      if (failure) return;
      const { scriptSource } = answer;
      const parameters = indexAt(scriptSource, lineNumber - params.startLine, columnNumber);
      const start = scriptSource.lastIndexOf(source, parameters);
      if (start < 0 || start + source.length < parameters || params.url === "") return;
      script = { url: params.url, sourceMapURL: params.sourceMapURL, source: scriptSource, start };
    });
  });
  // It tells of every script that there is; those of other sessions are not concerned.
  session.post("Debugger.enable");
  return script;
}

function indexAt(text: string, line: number, column: number): number {
  let start = 0;
  for (let passed = 0; passed < line; passed += 1) start = text.indexOf("\n", start) + 1;
  return start + column;
}

function mapOf({ url, sourceMapURL }: Script): SourceMap | undefined {
  try {
    const loaded = findSourceMap(url);
    if (loaded || !sourceMapURL) return loaded;
    const payload: SourceMapPayload = JSON.parse(mapText(sourceMapURL, url));
    return new SourceMap(payload);
  } catch {
    // The map is not there, or no map: then it is the place in the script.
    return undefined;
  }
}

function mapText(sourceMapURL: string, script: string): string {
  const [, encoding, data] = /^data:[^,]*?(;base64)?,(.*)$/s.exec(sourceMapURL) ?? [];
  if (data === undefined) {
    return readFileSync(fileURLToPath(new URL(sourceMapURL, script)), "utf8");
  }
  return encoding ? Buffer.from(data, "base64").toString("utf8") : decodeURIComponent(data);
}
