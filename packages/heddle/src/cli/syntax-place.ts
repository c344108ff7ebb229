/*
 * Where the text is that could not be parsed.
 *
 * tsx says it in its message, CommonJS in the stack. Of an ES module Node keeps it to itself until it
 * prints the error and dies, so another Node is made to do that: it loads the same modules, and before
 * it would run the first of them, it ends. A program that is fine to load there did not fail by its
 * syntax, but while it ran (JSON.parse, a dynamic import).
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { hasProgramFrames } from "./error-report.ts";
import type { ProgramFile } from "./program-file.ts";

const transformError = /^(.+):(\d+):(\d+): ERROR: (.+)$/m;
const sourceLine = /^((?:file:|[\\/]|[A-Za-z]:).*):(\d+)\n.*\n(\s*)\^/m;

/**
 * `file:line:column: syntax error: …` if the program was never begun because this error was met
 * while loading it; else undefined. Lines and columns count from 1.
 */
export function describeSyntaxError(error: unknown, program: ProgramFile): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const transform = transformError.exec(error.message);
  if (transform !== null) {
    const [, file = "", line, column, what] = transform;
    return `${file}:${line}:${Number(column) + 1}: syntax error: ${what}${adviceFor(error)}`;
  }
  if (!(error instanceof SyntaxError)) return undefined;
  const place = placeIn(error.stack ?? "");
  if (place !== undefined) return `${place}: syntax error: ${error.message}`;
  if (hasProgramFrames(error)) return undefined;
  const { status, stderr } = loadElsewhere(program);
  if (status === 0) return undefined;
  return `${placeIn(stderr) ?? program.path}: syntax error: ${error.message}`;
}

function adviceFor(error: Error): string {
  if (!error.message.includes('await is currently not supported with the "cjs"')) return "";
  return '. Make this an ES module: "type": "module" in package.json, or a file named .mts';
}

/** The place at the top of what Node prints: `file:3`, the line, and a mark under the column. */
function placeIn(text: string): string | undefined {
  const match = sourceLine.exec(text);
  if (match === null) return undefined;
  const [, file = "", line, margin = ""] = match;
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  return `${path}:${line}:${margin.length + 1}`;
}

function loadElsewhere(program: ProgramFile) {
  // All modules are loaded before the first is run, and that first one ends the process.
  const source = [
    `import "data:text/javascript,process.exit(0)";`,
    `import ${JSON.stringify(pathToFileURL(program.realPath).href)};`,
  ].join("\n");
  const loader = program.isTypeScript ? ["--import", import.meta.resolve("tsx")] : [];
  const args = [...loader, "--input-type=module", "--eval", source];
  return spawnSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
}
